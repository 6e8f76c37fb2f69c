/**
 * The standard adapter (wasmtime's `wasi-preview1-component-adapter`), which answers Preview 1 with WASI 0.2
 * and so makes a component of a core module. It comes with jco, which is too much to install for 52 KB: the
 * build puts a copy beside the program.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WasiRrError } from '../../errors.ts';

/** Of a command; build.mjs has the name too. */
const FILE = 'wasi_snapshot_preview1.command.wasm';

/** @throws WasiRrError MODULE_NOT_FOUND where it is not installed */
export function preview1Adapter(): Uint8Array {
  // chunks of the built program lie beside it or in folders
  const beside = ['./', '../', '../../'].map((folder) =>
    fileURLToPath(new URL(folder + FILE, import.meta.url)),
  );
  const found = beside.find((path) => existsSync(path)) ?? ofJco();
  if (found !== undefined) return readFileSync(found);
  throw new WasiRrError(
    'MODULE_NOT_FOUND',
    `${FILE}, which makes components of core modules, is missing from this installation of wasi-rr. Install it again.`,
  );
}

/** In a checkout. */
function ofJco(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve('@bytecodealliance/jco');
    return join(dirname(entry), '../lib', FILE);
  } catch {
    return undefined;
  }
}
