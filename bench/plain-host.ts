/**
 * The other reference: a program under the host of wasi-rr, as {@link ./plain-wasi.ts} runs it, unrecorded.
 * `node plain-host.ts [--dir HOST::GUEST]… [--env NAME=VALUE]… [--argv0 NAME] MODULE.wasm [args…]`
 */
import { readFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { sandboxHost } from '../recorder/hosts/sandbox/sandbox.ts';
import { throwUncatchable } from '../wasm/uncatchable.ts';

const words = process.argv.slice(2);
const preopens: { host: string; guest: string }[] = [];
const env: string[] = [];
let argv0: string | undefined;
while (words[0]?.startsWith('--')) {
  const [option, value = ''] = words.splice(0, 2);
  const [host = '', guest = ''] = value.split('::');
  if (option === '--dir') preopens.push({ host, guest });
  else if (option === '--env') env.push(value);
  else if (option === '--argv0') argv0 = value;
  else throw new Error(`unknown option ${option}`);
}
const [file = '', ...args] = words;
const bytes = (text: string) => Buffer.from(text);
const host = sandboxHost({
  args: [argv0 ?? basename(file), ...args].map(bytes),
  env: env.map(bytes),
  preopens,
  stdin: 0,
  stdout: 1,
  stderr: 2,
});

let exitCode: number | undefined;

function exit(code: number): never {
  exitCode = code;
  return throwUncatchable();
}

try {
  const module = new WebAssembly.Module(readFileSync(file));
  const functions = { ...Object.fromEntries(host.functions), proc_exit: exit };
  const instance = new WebAssembly.Instance(module, {
    wasi_snapshot_preview1: functions,
  } as WebAssembly.Imports);
  host.bind(instance.exports.memory as WebAssembly.Memory);
  (instance.exports._start as () => void)();
} catch (thrown) {
  if (exitCode === undefined) writeSync(2, `[trap] ${thrown}\n`);
  process.exitCode = exitCode ?? 134;
}
