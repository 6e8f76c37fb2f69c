/**
 * Standard output and standard error. Both are opened when something is first written: Node makes a pipe
 * non-blocking when it opens it, and a guest that is being recorded writes to the same pipes.
 */
import { escapeText } from '../index.ts';

/** Characters that are gathered before a write. */
const BATCH = 1 << 16;

class OutputStream {
  private readonly fd: 1 | 2;
  private opened: NodeJS.WriteStream | undefined;
  private pending = '';
  private ended = false;
  private error: Error | undefined;

  constructor(fd: 1 | 2) {
    this.fd = fd;
  }

  /** Nothing that is written arrives any more: what makes it may stop. */
  get closed(): boolean {
    return this.ended;
  }

  /** Why, where it is not that nobody reads any more (`| head`). */
  get failure(): Error | undefined {
    return this.error;
  }

  get isTerminal(): boolean {
    // loads what networking needs: only where it is asked
    return process.getBuiltinModule('node:tty').isatty(this.fd);
  }

  /**
   * Adds a line.
   * @returns a promise when it is time to wait for the reader
   */
  print(line: string): Promise<void> | undefined {
    this.pending += `${line}\n`;
    return this.pending.length >= BATCH || this.fd === 2 ? this.flush() : undefined;
  }

  /** Writes what was printed; resolves when it is on its way. */
  flush(): Promise<void> {
    const chunk = this.pending;
    this.pending = '';
    return chunk === '' ? Promise.resolve() : this.write(chunk);
  }

  /** Writes bytes, or text as it is, after what was printed. Never rejects: see {@link failure}. */
  write(chunk: string | Uint8Array): Promise<void> {
    if (this.pending !== '') void this.flush();
    if (this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.stream.write(chunk, (error) => {
        if (error) this.end(error);
        resolve();
      });
    });
  }

  private end(error: Error): void {
    this.ended = true;
    if (!('code' in error && error.code === 'EPIPE')) this.error ??= error;
  }

  private get stream(): NodeJS.WriteStream {
    if (this.opened === undefined) {
      this.opened = this.fd === 1 ? process.stdout : process.stderr;
      this.opened.on('error', (error) => this.end(error));
    }
    return this.opened;
  }
}

/** Data. */
export const stdout = new OutputStream(1);

/** Everything else. */
export const stderr = new OutputStream(2);

/** A message on stderr. Lines after the first are indented as they are; all are escaped. */
export function say(message: string): void {
  const lines = message.split('\n').map((line) => escapeText(line));
  void stderr.print(`wasi-rr: ${lines.join('\n')}`);
}
