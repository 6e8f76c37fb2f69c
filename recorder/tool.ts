/** What this program is called in traces, from package.json wherever it is installed. */
import { existsSync, readFileSync } from 'node:fs';

/** This file lies one folder below package.json in the sources, two in the built package. */
const manifest = ['../package.json', '../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));

const { version } = JSON.parse(manifest ? readFileSync(manifest, 'utf8') : '{}') as {
  version?: string;
};

export const TOOL = { name: 'wasi-rr', version: version ?? 'unknown' } as const;
