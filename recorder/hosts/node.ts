/** The host of Node itself (`node:wasi`, libuv underneath). */
import { WASI } from 'node:wasi';
import type { Host, HostConfig, HostFunction } from './host.ts';
import { sizesGet, stringSizes, stringsGet } from './strings.ts';
import { systemTime } from './system-time.ts';

const NOSYS = 52;

/** What node:wasi answers to an address outside the memory. */
const OVERFLOW = 61;

export function nodeHost(config: HostConfig): Host {
  const wasi = new WASI({
    version: 'preview1',
    preopens: Object.fromEntries(config.preopens.map(({ guest, host }) => [guest, host])),
    stdin: config.stdin,
    stdout: config.stdout,
    stderr: config.stderr,
  });
  let memory: WebAssembly.Memory;
  const view = () => new DataView(memory.buffer);
  const sizes = { args: stringSizes(config.args), environ: stringSizes(config.env) };
  const functions = new Map(Object.entries(wasi.wasiImport as Record<string, HostFunction>));
  functions.delete('proc_exit');
  // node:wasi takes strings only; ours may hold any byte
  functions.set('args_sizes_get', sizesGet(sizes.args, view, OVERFLOW));
  functions.set('args_get', stringsGet(config.args, view, OVERFLOW));
  functions.set('environ_sizes_get', sizesGet(sizes.environ, view, OVERFLOW));
  functions.set('environ_get', stringsGet(config.env, view, OVERFLOW));
  // node:wasi would send the signal to this whole process
  functions.set('proc_raise', () => NOSYS);
  return {
    functions,
    sizes,
    time: systemTime,
    bind(bound) {
      memory = bound;
      // the exports of an instance are not needed, only its memory
      wasi.finalizeBindings({ exports: {} }, { memory: bound });
    },
  };
}
