/** Temporary files without a name: nothing of them stays, not even after `kill -9`. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, WasiRrError } from '../errors.ts';

export class NamelessFile {
  /** Two descriptors, each with an offset of its own. */
  readonly write: number;
  readonly read: number;

  /** @throws WasiRrError OUTPUT_UNWRITABLE, as {@link append} */
  constructor() {
    [this.write, this.read] = usingTemporaryFolder(() => {
      const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-'));
      try {
        const path = join(folder, 'file');
        return [openSync(path, 'wx', 0o600), openSync(path, 'r')] as const;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  append(bytes: Uint8Array): void {
    usingTemporaryFolder(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.write, bytes, at);
    });
  }

  close(): void {
    closeSync(this.write);
    closeSync(this.read);
  }
}

function usingTemporaryFolder<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new WasiRrError(
      'OUTPUT_UNWRITABLE',
      `the folder for temporary files ${tmpdir()} cannot be used: ${messageOf(cause)}. Make room there, or set TMPDIR to another.`,
      { cause },
    );
  }
}
