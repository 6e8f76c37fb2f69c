/** Builds the project as it is shipped, and compiles the children of the benchmark to JavaScript. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const OUTPUT = join(import.meta.dirname, 'results/build');

export interface Built {
  /** The command line's program. */
  readonly cli: string;
  /** The folder in which the files of this repository lie as .js. */
  readonly sources: string;
}

export function build(): Built {
  rmSync(OUTPUT, { recursive: true, force: true });
  run(join(ROOT, 'build.mjs'));
  run(join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', import.meta.dirname);
  return { cli: join(ROOT, 'dist/cli/main.js'), sources: OUTPUT };
}

function run(...args: string[]): void {
  execFileSync(process.execPath, args, { stdio: 'inherit' });
}
