/** Compiles the project and the children of the benchmark to JavaScript: what is measured is what is shipped. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const OUTPUT = join(import.meta.dirname, 'results/build');

/** @returns the folder in which the files of this repository lie as .js */
export function build(): string {
  rmSync(OUTPUT, { recursive: true, force: true });
  const tsc = join(import.meta.dirname, '../node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', import.meta.dirname], { stdio: 'inherit' });
  return OUTPUT;
}
