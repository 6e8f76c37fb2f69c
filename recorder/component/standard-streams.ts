/** Reading and writing of the process's own descriptors for a component, whether they block or not. */
import { read as readCallback, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { systemCode } from '../../errors.ts';

/** Bytes that one read of standard input gives at most. */
const READ_LIMIT = 64 << 10;

/** Milliseconds until a pipe that does not block is tried again. */
const PAUSE_MS = 1;

const readAsync = promisify(readCallback);

/** Waits until all is written. @throws what `writeSync` throws, but for EAGAIN */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (thrown) {
      if (systemCode(thrown) !== 'EAGAIN') throw thrown;
      pause();
    }
  }
}

/** Waits for some bytes. @returns none at the end, and where none are wanted */
export function readSome(fd: number, length: number): Uint8Array {
  const buffer = new Uint8Array(Math.min(length, READ_LIMIT));
  if (buffer.length === 0) return buffer;
  for (;;) {
    try {
      return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, null));
    } catch (thrown) {
      if (systemCode(thrown) === 'EOF') return buffer.subarray(0, 0);
      if (systemCode(thrown) !== 'EAGAIN') throw thrown;
      pause();
    }
  }
}

/** Reads that sit in the system, in a thread of Node's. */
let reading = 0;

/** Whether a read of {@link readSomeLater} has not ended: no thread of this process can be waited for then. */
export function isReading(): boolean {
  return reading > 0;
}

/** As {@link readSome}, without holding up the thread. */
export async function readSomeLater(fd: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(READ_LIMIT);
  for (;;) {
    reading++;
    try {
      const { bytesRead } = await readAsync(fd, buffer, 0, buffer.length, null);
      return buffer.subarray(0, bytesRead);
    } catch (thrown) {
      if (systemCode(thrown) === 'EOF') return buffer.subarray(0, 0);
      if (systemCode(thrown) !== 'EAGAIN') throw thrown;
    } finally {
      reading--;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

const waiting = new Int32Array(new SharedArrayBuffer(4));

/** Until a pipe that does not block may have room or data. */
function pause(): void {
  Atomics.wait(waiting, 0, 0, PAUSE_MS);
}
