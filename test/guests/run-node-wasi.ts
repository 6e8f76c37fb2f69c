/**
 * Runs one guest under plain `node:wasi`, as a program of its own:
 * `node --no-warnings run-node-wasi.ts NAME MODULE.wasm [FOLDER]`. FOLDER is preopened as `/`.
 * Exit code: the guest's; 134 trap, 135 uncaught exception, 125 refused, 124 a reactor's export gave
 * something else than expected. The reason is on stderr.
 */
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';
import type { ExportCall } from './guest.ts';
import { guest } from './guests.ts';

const [name = '', file = '', folder] = process.argv.slice(2);
const { input = {}, expect } = guest(name);

function end(code: number, reason: unknown): never {
  process.stderr.write(`${reason}\n`);
  process.exit(code);
}

/** What a failure inside the guest means for the exit code. */
function endByFailure(error: unknown): never {
  if (error instanceof WebAssembly.Exception) end(135, 'uncaught exception');
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) end(134, error);
  end(125, error);
}

function callExport(instance: WebAssembly.Instance, call: ExportCall): void {
  const target = instance.exports[call.name];
  if (typeof target !== 'function') end(124, `${call.name} is not exported`);
  let result: unknown;
  try {
    result = target(...call.args);
  } catch (error) {
    if ('trap' in call && String(error).includes(call.trap)) return;
    end(124, `${call.name}: ${error}`);
  }
  if ('trap' in call) end(124, `${call.name} did not trap`);
  if (!Object.is(result, call.result)) end(124, `${call.name} gave ${result}`);
}

let module: WebAssembly.Module;
try {
  module = new WebAssembly.Module(readFileSync(file));
} catch (error) {
  end(125, error);
}
const unstable = WebAssembly.Module.imports(module).some((one) => one.module === 'wasi_unstable');
const wasi = new WASI({
  version: unstable ? 'unstable' : 'preview1',
  args: ['guest.wasm', ...(input.args ?? [])],
  env: { ...input.env },
  ...(folder && { preopens: { '/': folder } }),
  // A real process exit: the default is an exception that a guest's catch_all would catch.
  returnOnExit: false,
});
try {
  const imports = wasi.getImportObject() as WebAssembly.Imports;
  const instance = new WebAssembly.Instance(module, imports);
  if (expect.ending.kind === 'reactor') {
    wasi.initialize(instance);
    for (const call of expect.ending.calls) callExport(instance, call);
  } else {
    process.exitCode = wasi.start(instance);
  }
} catch (error) {
  endByFailure(error);
}
