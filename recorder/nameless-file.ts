/** Temporary files without a name: nothing of them stays, not even after `kill -9`. */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class NamelessFile {
  /** Two descriptors, each with an offset of its own. */
  readonly write: number;
  readonly read: number;

  /** @throws system errors where the folder for temporary files cannot be written */
  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-'));
    try {
      const path = join(folder, 'file');
      this.write = openSync(path, 'wx', 0o600);
      this.read = openSync(path, 'r');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  close(): void {
    closeSync(this.write);
    closeSync(this.read);
  }
}
