// Compiles the WAT files of the program, each into a module of TypeScript beside it: `npm run build:wasm`. A test
// compares them.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import wabt from 'wabt';

export const WAT_FILES = [
  'wasm/xxh64.wat',
  'replayer/profile/call-tree.wat',
  'replayer/timetravel/pattern-filter.wat',
];

/** Known to wabt but missing from its typings. */
const FEATURES = { bulk_memory: true, multi_memory: true } as const;

/** @returns where the module goes, and its text */
export async function compiled(file: string): Promise<{ path: URL; text: string }> {
  const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const module = (await wabt()).parseWat(basename(file), source, FEATURES);
  const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
  const name = basename(file, '.wat').replaceAll('-', '_').toUpperCase();
  return {
    path: new URL(`../${file.replace(/\.wat$/, '-module.ts')}`, import.meta.url),
    text: `/** ${basename(file)}, compiled by build-modules.ts. Do not edit. */\nexport const ${name}_MODULE_BASE64 =\n  '${base64}';\n`,
  };
}

if (import.meta.main) {
  for (const file of WAT_FILES) {
    const { path, text } = await compiled(file);
    writeFileSync(path, text);
  }
}
