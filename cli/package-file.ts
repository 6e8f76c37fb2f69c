/** Files that come with the program: one folder up from here in the sources, two in the built package. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WasiRrError } from '../index.ts';

/** @param path relative to the package's root */
export function packageFile(path: string): string {
  const found = [`../${path}`, `../../${path}`]
    .map((relative) => fileURLToPath(new URL(relative, import.meta.url)))
    .find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new WasiRrError(
    'MODULE_NOT_FOUND',
    `${path} is missing from this installation of wasi-rr. Install it again.`,
  );
}
