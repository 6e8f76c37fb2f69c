/**
 * The reference for components: the same program of jco's, with the same shims, without the boundary.
 * `node plain-component.ts [--dir HOST::GUEST]… COMPONENT.wasm [args…]`; a core module runs through the adapter.
 * Exit code: 0 or 1; 134 after a trap, with `[trap] …` on stderr.
 */
import { readFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GIVEN } from '../recorder/component/generated-patches.ts';
import { preview1Adapter } from '../recorder/component/preview1-adapter.ts';
import { preview2Imports } from '../recorder/component/preview2-host.ts';
import { quickGlobal } from '../recorder/component/quick-global.ts';
import { HOOKS, transpiled } from '../recorder/component/transpiled.ts';
import { binaryKind } from '../wasm/binary.ts';

const words = process.argv.slice(2);
const preopens: { host: string; guest: string }[] = [];
while (words[0] === '--dir') {
  const [, value = ''] = words.splice(0, 2);
  const [host = '', guest = ''] = value.split('::');
  preopens.push({ host, guest });
}
const [file = '', ...args] = words;
const bytes = readFileSync(file);
const adapter = binaryKind(bytes) === 'component' ? undefined : preview1Adapter();
const { program, modules } = await transpiled(basename(file), bytes, {
  adapter,
  async: false,
  imports: [],
});
// what the recorder puts something of its own in the place of
(globalThis as Record<symbol, unknown>)[Symbol.for(HOOKS)] = {
  WebAssembly,
  DataView,
  Uint8Array,
  Uint16Array,
  TextEncoder,
  liftedStream: (stream: object) => stream,
  // with `BENCH_QUICK_GLOBAL` as the recorder has it, so that what is left is the boundary
  globalThis: process.env.BENCH_QUICK_GLOBAL ? quickGlobal(WebAssembly) : globalThis,
  ...GIVEN,
};
const imports = preview2Imports({
  config: {
    args: [basename(file), ...args].map((text) => Buffer.from(text)),
    env: [],
    preopens,
    stdin: 0,
    stdout: 1,
    stderr: 2,
  },
  net: false,
  time: undefined,
  onOutput: () => undefined,
  onSpliced: () => undefined,
  onExit: (code) => process.exit(code),
});
const { instantiate } = (await import(pathToFileURL(program).href)) as {
  instantiate(
    getModule: (name: string) => WebAssembly.Module,
    imports: object,
  ): Record<string, { run?: () => unknown }>;
};
const compiled = new Map(
  [...modules].map(([name, module]) => [
    name,
    new WebAssembly.Module(module as Uint8Array<ArrayBuffer>),
  ]),
);
const component = instantiate((name) => compiled.get(name) as WebAssembly.Module, imports);
try {
  const name = Object.keys(component).find((one) => one.startsWith('wasi:cli/run@')) ?? '';
  const started = performance.now();
  component[name]?.run?.();
  if (process.env.BENCH_TIME) writeSync(2, `${performance.now() - started}\n`);
} catch (error) {
  if (error === undefined) process.exit(1);
  writeSync(2, `[trap] ${error}\n`);
  process.exit(134);
}
// the shims keep a thread
process.exit(0);
