/** A temporary copy of everything a program needs, so that all of it can be taken away again. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Preopen } from '../../index.ts';
import type { Program } from './program.ts';

export class Workspace implements Disposable {
  private readonly root = mkdtempSync(join(tmpdir(), 'wasi-rr-real-'));
  readonly wasm: string;
  readonly stdin: string;
  readonly preopens: readonly Preopen[];

  constructor(program: Program) {
    this.wasm = join(this.root, basename(program.wasm));
    copyFileSync(program.wasm, this.wasm);
    this.stdin = join(this.root, 'stdin');
    if (program.stdin === undefined) writeFileSync(this.stdin, '');
    else copyFileSync(program.stdin, this.stdin);
    this.preopens = Object.entries(program.folders).map(([guest, fill], i) => {
      const host = join(this.root, `folder${i}`);
      mkdirSync(host);
      fill(host);
      return { host, guest };
    });
  }

  /** A path beside the program and its folders. */
  path(name: string): string {
    return join(this.root, name);
  }

  /** SHA-256 of every file that the guest could see, by guest path. */
  files(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const { host, guest } of this.preopens) {
      for (const name of globSync('**', { cwd: host }).sort()) {
        const path = join(host, name);
        if (!statSync(path).isFile()) continue;
        found[join(guest, name)] = createHash('sha256').update(readFileSync(path)).digest('hex');
      }
    }
    return found;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
