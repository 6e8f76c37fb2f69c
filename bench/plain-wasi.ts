/**
 * The reference: a program under plain `node:wasi`, as a bare script would run it.
 * `node --no-warnings plain-wasi.ts [--dir HOST::GUEST]… [--env NAME=VALUE]… [--argv0 NAME] MODULE.wasm [args…]`
 * Exit code: the program's; 134 after a trap, with `[trap] …` on stderr.
 */
import { readFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { WASI } from 'node:wasi';

const rest = process.argv.slice(2);
const program = rest.findIndex(
  (word, i) => !word.startsWith('--') && !rest[i - 1]?.startsWith('--'),
);
const [file = '', ...args] = rest.slice(program);
const { values } = parseArgs({
  args: rest.slice(0, program),
  options: {
    dir: { type: 'string', multiple: true, default: [] },
    env: { type: 'string', multiple: true, default: [] },
    argv0: { type: 'string' },
  },
});

const wasi = new WASI({
  version: 'preview1',
  args: [values.argv0 ?? basename(file), ...args],
  env: Object.fromEntries(values.env.map((entry) => halves(entry, '='))),
  preopens: Object.fromEntries(values.dir.map((entry) => halves(entry, '::').reverse())),
  returnOnExit: true,
});
try {
  const module = new WebAssembly.Module(readFileSync(file));
  const imports = wasi.getImportObject() as WebAssembly.Imports;
  process.exitCode = wasi.start(new WebAssembly.Instance(module, imports));
} catch (error) {
  writeSync(2, `[trap] ${error}\n`);
  process.exitCode = 134;
}

function halves(entry: string, separator: string): [string, string] {
  const at = entry.indexOf(separator);
  return [entry.slice(0, at), entry.slice(at + separator.length)];
}
