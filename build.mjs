/**
 * Builds dist/: declarations by the TypeScript compiler, and the program as a few bundled files. A process
 * that loads a hundred small modules starts 60 ms later, and each thread pays again.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, globSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { rolldown } from 'rolldown';

const ROOT = import.meta.dirname;
const OUTPUT = join(ROOT, 'dist');
/** What is started or imported by its path; the rest lies in chunks beside `index.js`. */
const ENTRIES = [
  'index.ts',
  'worker-url.ts',
  'cli/main.ts',
  ...globSync('{recorder,replayer,tui}/**/*-worker.ts', { cwd: ROOT }),
];

rmSync(OUTPUT, { recursive: true, force: true });
const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
const bundle = await rolldown({
  cwd: ROOT,
  input: Object.fromEntries(ENTRIES.map((entry) => [entry.replace(/\.ts$/, ''), `./${entry}`])),
  platform: 'node',
  // what package.json lists is installed beside it
  external: (id) => !/^[./]/.test(id) && !id.startsWith(ROOT),
});
await bundle.write({
  dir: OUTPUT,
  format: 'esm',
  entryFileNames: '[name].js',
  // what an index.ts gave rise to is named after its folder, which is the checkout's
  chunkFileNames: ({ name }) => `${name === basename(ROOT) ? 'library' : '[name]'}-[hash].js`,
});
await bundle.close();
chmodSync(join(OUTPUT, 'cli/main.js'), 0o755);
