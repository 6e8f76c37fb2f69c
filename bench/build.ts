/** Builds the project as it is shipped, and compiles the children of the benchmark to JavaScript. */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build as bundle } from 'rolldown';
import { builtinModules } from '../builtin-modules.mjs';

const ROOT = join(import.meta.dirname, '..');
const OUTPUT = join(import.meta.dirname, 'results/build');

export interface Built {
  /** The command line's program. */
  readonly cli: string;
  /** The folder in which the files of this repository lie as .js. */
  readonly sources: string;
  /** What runs a program under the host of wasi-rr, unrecorded; in one file, as fast to start as what is shipped. */
  readonly plainHost: string;
}

/** What {@link build} has built. */
const BUILT: Built = {
  cli: join(ROOT, 'dist/cli/main.js'),
  sources: OUTPUT,
  plainHost: join(OUTPUT, 'plain-host.js'),
};

/** {@link BUILT}, as an earlier run left it; built where there is none. */
export function builtBefore(): Promise<Built> {
  return existsSync(BUILT.cli) && existsSync(BUILT.plainHost) ? Promise.resolve(BUILT) : build();
}

export async function build(): Promise<Built> {
  rmSync(OUTPUT, { recursive: true, force: true });
  run(join(ROOT, 'build.mjs'));
  run(join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', import.meta.dirname);
  await bundle({
    input: join(import.meta.dirname, 'plain-host.ts'),
    platform: 'node',
    plugins: [builtinModules],
    output: { file: BUILT.plainHost },
    logLevel: 'warn',
  });
  return BUILT;
}

function run(...args: string[]): void {
  execFileSync(process.execPath, args, { stdio: 'inherit' });
}
