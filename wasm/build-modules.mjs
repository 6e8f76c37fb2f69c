// Compiles xxh64.wat into xxh64-module.ts: `npm run build:wasm`. A test compares the two.
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

const source = new URL('./xxh64.wat', import.meta.url);
const module = (await wabt()).parseWat('xxh64.wat', readFileSync(source, 'utf8'));
const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
writeFileSync(
  new URL('./xxh64-module.ts', import.meta.url),
  `/** xxh64.wat, compiled by build-modules.mjs. Do not edit. */\nexport const XXH64_MODULE_BASE64 =\n  '${base64}';\n`,
);
