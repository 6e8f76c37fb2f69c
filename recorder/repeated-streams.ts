/**
 * The standard streams of runs that are made again and again: each gets the same input, and what it prints
 * is put aside until it is known whether anyone wants it.
 */
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  read as readAsync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';

/** Bytes of input that are kept. */
const MOST_INPUT = 2 ** 30;
const CHUNK = 1 << 20;

/** Milliseconds between two looks at a pipe that is non-blocking and empty. */
const PAUSE_MS = 10;

/** File descriptors of one run. */
export interface RunStreams {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
}

/** Paths of what the last run has printed. */
export interface PrintedFiles {
  readonly stdout: string;
  readonly stderr: string;
}

export class RepeatedStreams {
  private readonly folder = mkdtempSync(join(tmpdir(), 'wasi-rr-runs-'));
  private readonly input = join(this.folder, 'stdin');
  readonly printed: PrintedFiles = {
    stdout: join(this.folder, 'stdout'),
    stderr: join(this.folder, 'stderr'),
  };

  /**
   * Reads all of the input. A terminal gives none: nobody types the same again.
   * @throws WasiRrError OPTION_INVALID for more than can be kept; the signal's reason when it is aborted
   */
  async gather(stdin: number, signal: AbortSignal | undefined): Promise<void> {
    const file = openSync(this.input, 'wx', 0o600);
    try {
      if (isOpen(stdin) && !isatty(stdin)) await copy(stdin, file, signal);
    } finally {
      closeSync(file);
    }
  }

  /** For the next run; close them after it. */
  open(): RunStreams {
    return {
      stdin: openSync(this.input, 'r'),
      stdout: openSync(this.printed.stdout, 'w', 0o600),
      stderr: openSync(this.printed.stderr, 'w', 0o600),
    };
  }

  close({ stdin, stdout, stderr }: RunStreams): void {
    for (const fd of [stdin, stdout, stderr]) closeSync(fd);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

async function copy(from: number, to: number, signal: AbortSignal | undefined): Promise<void> {
  const buffer = Buffer.alloc(CHUNK);
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  // nobody waits for it any more once all is read
  aborted.catch(() => {});
  signal?.throwIfAborted();
  for (let total = 0; ; ) {
    const length = await Promise.race([readSome(from, buffer), aborted]);
    if (length === 0) return;
    total += length;
    if (total > MOST_INPUT) {
      throw new WasiRrError(
        'OPTION_INVALID',
        'the input has no end, or is larger than 1 GiB: that cannot be kept for every run. Put it into a file in a folder that the program is given.',
      );
    }
    writeSync(to, buffer, 0, length);
  }
}

const readFrom = promisify(readAsync);

async function readSome(fd: number, buffer: Buffer): Promise<number> {
  for (;;) {
    try {
      return (await readFrom(fd, buffer, 0, buffer.length, null)).bytesRead;
    } catch (thrown) {
      if (systemCode(thrown) !== 'EAGAIN') {
        throw new WasiRrError('OPTION_INVALID', `the input cannot be read: ${messageOf(thrown)}.`, {
          cause: thrown,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
