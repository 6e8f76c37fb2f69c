/**
 * The reference: a program under plain `node:wasi`, as a bare script would run it.
 * `node --no-warnings plain-wasi.ts [--dir HOST::GUEST]… [--env NAME=VALUE]… [--argv0 NAME] MODULE.wasm [args…]`
 * Exit code: the program's; 134 after a trap, with `[trap] …` on stderr.
 *
 * Parses its options itself: importing node:util opens stderr, which makes a pipe there non-blocking, and
 * then the guest's writes fail with EAGAIN where nobody reads fast enough.
 */
import { readFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { WASI } from 'node:wasi';

const words = process.argv.slice(2);
const preopens: Record<string, string> = {};
const env: Record<string, string> = {};
let argv0: string | undefined;
while (words[0]?.startsWith('--')) {
  const [option, value = ''] = words.splice(0, 2);
  const [left = '', right = ''] = value.split(option === '--dir' ? '::' : /=(.*)/s);
  if (option === '--dir') preopens[right] = left;
  else if (option === '--env') env[left] = right;
  else if (option === '--argv0') argv0 = value;
  else throw new Error(`unknown option ${option}`);
}
const [file = '', ...args] = words;
const wasi = new WASI({
  version: 'preview1',
  args: [argv0 ?? basename(file), ...args],
  env,
  preopens,
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
