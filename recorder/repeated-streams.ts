/**
 * The standard streams of runs that are made again and again: each gets the same input, and what it prints
 * is put aside until it is known whether anyone wants it.
 */
import { fstatSync, read as readAsync, readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';
import { NamelessFile } from './nameless-file.ts';

/** Bytes of input that are kept. */
const MOST_INPUT = 2 ** 30;
const CHUNK = 1 << 20;

/** Milliseconds between two looks at a pipe that is non-blocking and empty. */
const PAUSE_MS = 10;

/** What one run gets. */
export interface RunStreams {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  readonly printed: PrintedOutput;
  close(): void;
}

/** What a run has printed: file descriptors, to be read from their beginning. */
export interface PrintedOutput {
  readonly stdout: number;
  readonly stderr: number;
}

export class RepeatedStreams {
  private readonly input = new NamelessFile();

  /**
   * Reads all of the input. A terminal gives none: nobody types the same again.
   * @throws WasiRrError OPTION_INVALID for more than can be kept, OUTPUT_UNWRITABLE; the signal's reason when it is aborted
   */
  async gather(stdin: number, signal: AbortSignal | undefined): Promise<void> {
    if (isOpen(stdin) && !isatty(stdin)) await copy(stdin, this.input, signal);
  }

  /** For the next run; close them after it. */
  open(): RunStreams {
    const files = [new NamelessFile(), new NamelessFile(), new NamelessFile()] as const;
    const [stdin, stdout, stderr] = files;
    copyAll(this.input.read, stdin);
    return {
      stdin: stdin.read,
      stdout: stdout.write,
      stderr: stderr.write,
      printed: { stdout: stdout.read, stderr: stderr.read },
      close: () => {
        for (const file of files) file.close();
      },
    };
  }

  close(): void {
    this.input.close();
  }
}

/** All of it, whatever its offset. */
function copyAll(from: number, to: NamelessFile): void {
  const buffer = Buffer.alloc(Math.min(CHUNK, fstatSync(from).size));
  for (let at = 0; ; ) {
    const length = readSync(from, buffer, 0, buffer.length, at);
    if (length === 0) return;
    to.append(buffer.subarray(0, length));
    at += length;
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

async function copy(
  from: number,
  to: NamelessFile,
  signal: AbortSignal | undefined,
): Promise<void> {
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
    to.append(buffer.subarray(0, length));
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
