/**
 * The file of a trace that is being written: made anew, looked after, and with room set aside for saying how
 * the trace ends when nothing more can be written.
 */
import { closeSync, openSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';
import { fileSizeLimit } from './file-size-limit.ts';
import { RING_SUFFIX } from './ring-image.ts';
import { uptimeMs } from './uptime.ts';

/** Bytes that are set aside. The end of a trace takes some frames of the write-ahead log. */
export const SPARE = 64 << 10;

/** Milliseconds between two looks at the file. */
const LOOK_MS = 250;

export class OutputFile {
  readonly path: string;
  private readonly inode: bigint;
  /** A file without a name, so that nothing of it stays whatever becomes of this process. */
  private spare: number | undefined;
  private lastLook = uptimeMs();

  /**
   * Creates the file (mode 0600), which must not exist.
   * @throws WasiRrError OUTPUT_EXISTS, OUTPUT_UNWRITABLE
   */
  constructor(path: string) {
    this.path = path;
    createExclusively(path);
    try {
      // that of another trace, or a link that somebody put there to have its target emptied
      rmSync(path + RING_SUFFIX, { force: true });
      closeSync(openSync(path + RING_SUFFIX, 'wx', 0o600));
      this.inode = statSync(path, { bigint: true }).ino;
      this.spare = openSync(`${path}-spare`, 'wx', 0o600);
      unlinkSync(`${path}-spare`);
      writeSync(this.spare, Buffer.alloc(SPARE));
    } catch (cause) {
      this.remove();
      throw unwritable(path, cause);
    }
  }

  /**
   * SQLite goes on writing to a file that has lost its name.
   * @param now look even if the last look was a moment ago
   * @throws Error where the file is not there any more
   */
  checkThere(now = false): void {
    if (!now && uptimeMs() - this.lastLook < LOOK_MS) return;
    this.lastLook = uptimeMs();
    if (statSync(this.path, { bigint: true, throwIfNoEntry: false })?.ino === this.inode) return;
    throw new Error('the file was removed or replaced while it was being written');
  }

  /** Gives back the room that was set aside. */
  freeSpare(): void {
    if (this.spare !== undefined) closeSync(this.spare);
    this.spare = undefined;
  }

  /** Once everything is in the trace. */
  removeRing(): void {
    try {
      rmSync(this.path + RING_SUFFIX, { force: true });
    } catch {
      // a folder that has become read-only; who reads a trace that has its end does not look at it
    }
  }

  /** Removes the file with what SQLite keeps beside it. */
  remove(): void {
    this.freeSpare();
    for (const suffix of ['', '-wal', '-shm']) rmSync(this.path + suffix, { force: true });
    this.removeRing();
  }
}

function createExclusively(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') {
      throw new WasiRrError(
        'OUTPUT_EXISTS',
        `${path} exists already, and a trace never overwrites anything. Remove it or choose another file.`,
        { cause },
      );
    }
    throw unwritable(path, cause);
  }
}

export function unwritable(path: string, cause: unknown): WasiRrError {
  return new WasiRrError(
    'OUTPUT_UNWRITABLE',
    `the trace ${path} cannot be created (${messageOf(cause)}). Choose another place with -o or WASI_RR_TRACE_DIR.`,
    { cause },
  );
}

/** @param cause an error of SQLite or of {@link OutputFile.checkThere} */
export function writeFailed(path: string, cause: unknown): WasiRrError {
  const code = systemCode(cause) ?? '';
  const what = messageOf(cause);
  let why = what;
  if (code === 'SQLITE_FULL') {
    why = 'the disk is full';
    if (fileSizeLimit() !== undefined) why += ', or the file may not grow (ulimit -f)';
  }
  if (code.startsWith('SQLITE_IOERR')) {
    why = `${what}: the disk fails, or the file may not grow (a quota, or ulimit -f)`;
  }
  return new WasiRrError(
    'TRACE_WRITE_FAILED',
    `the trace ${path} cannot be written on: ${why}. What was written before can be replayed. ` +
      'Make room, or choose another place with -o or WASI_RR_TRACE_DIR.',
    { cause },
  );
}
