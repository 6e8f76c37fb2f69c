/** A component of 20 MB: esbuild with the standard adapter. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import { preview1Adapter } from '../recorder/component/preview1-adapter.ts';
import { PREVIEW1_MODULE } from '../wasi/preview1.ts';

export function largeComponent(): Promise<Uint8Array> {
  const packaged = createRequire(import.meta.url).resolve('@esbuild/wasi-preview1/package.json');
  const module = readFileSync(join(dirname(packaged), 'esbuild.wasm'));
  return componentNew(module, [[PREVIEW1_MODULE, preview1Adapter()]]);
}
