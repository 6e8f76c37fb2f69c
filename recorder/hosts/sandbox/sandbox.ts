/**
 * The host of wasi-rr: WASI Preview 1 over synchronous node:fs, in the guest's thread. A guest reaches its
 * standard streams, what lies in the directories that it was given, who connects to the addresses that it may
 * listen on, clocks and random numbers; nothing else.
 */

import { highestDescriptor } from '../descriptor-limit.ts';
import { fixedTime } from '../fixed-time.ts';
import type { Host, HostConfig, HostFunction } from '../host.ts';
import { seededRandom } from '../seeded-random.ts';
import { sizesGet, stringSizes, stringsGet } from '../strings.ts';
import { systemRandom } from '../system-random.ts';
import { systemTime } from '../system-time.ts';
import { clocks } from './clocks.ts';
import { descriptorCalls } from './descriptor-calls.ts';
import { DescriptorTable } from './descriptors.ts';
import { directories } from './directories.ts';
import { ERRNO, errnoOf } from './errno.ts';
import type { Family, SandboxFunction } from './family.ts';
import { fileData } from './file-data.ts';
import { preopened, standardStream } from './given.ts';
import { SandboxMemory } from './memory.ts';
import { NetworkEnd } from './network-end.ts';
import { pathOpen } from './path-open.ts';
import { paths } from './paths.ts';
import { poll } from './poll.ts';
import { processCalls } from './process-calls.ts';
import { random } from './random.ts';
import { listening, sockets } from './sockets.ts';
import { stat } from './stat.ts';
import { times } from './times.ts';

const FAMILIES: readonly Family[] = [
  clocks,
  descriptorCalls,
  directories,
  fileData,
  pathOpen,
  paths,
  poll,
  processCalls,
  random,
  sockets,
  stat,
  times,
];

const SUCCESS = 0;

/** @throws system errors for a directory that cannot be opened */
export function sandboxHost(config: HostConfig): Host {
  const memory = new SandboxMemory();
  const table = new DescriptorTable(highestDescriptor());
  [config.stdin, config.stdout, config.stderr].forEach((stream, fd) => {
    table.set(fd, standardStream(stream));
  });
  const network = config.network && new NetworkEnd(config.network);
  // sockets come first, as in wasmtime and where systemd passes them
  const given = [...(network?.listeners ?? []).map(listening), ...config.preopens.map(preopened)];
  // where a stream is closed, its number must not become that of one of these
  given.forEach((descriptor, i) => {
    table.set(3 + i, descriptor);
  });
  const time = config.clock ? fixedTime(config.clock) : systemTime;
  const random = config.random ? seededRandom(config.random.seed) : systemRandom();
  const sizes = { args: stringSizes(config.args), environ: stringSizes(config.env) };
  const view = () => {
    if (memory.bytes.length === 0) memory.refresh();
    return memory.view;
  };
  const functions = new Map<string, HostFunction>([
    ['args_sizes_get', sizesGet(sizes.args, view, ERRNO.fault)],
    ['args_get', stringsGet(config.args, view, ERRNO.fault)],
    ['environ_sizes_get', sizesGet(sizes.environ, view, ERRNO.fault)],
    ['environ_get', stringsGet(config.env, view, ERRNO.fault)],
  ]);
  for (const family of FAMILIES) {
    for (const [name, one] of Object.entries(family({ memory, table, time, random, network }))) {
      functions.set(name, answering(memory, one));
    }
  }
  return { functions, sizes, time, bind: (bound) => memory.bind(bound) };
}

/** A host function around one of the sandbox's: errno instead of what it throws. */
function answering(memory: SandboxMemory, one: SandboxFunction): HostFunction {
  // the table of calls says what each takes, and the boundary passes exactly that
  const call = one as (...args: readonly (number | bigint | undefined)[]) => void;
  // a fixed list of parameters: rest parameters cost 40 ns a call
  return (a, b, c, d, e, f, g, h, i) => {
    if (memory.bytes.length === 0) memory.refresh();
    // V8 would collect the guest's frames for every error of node:fs, up to a hundred of them
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      call(a, b, c, d, e, f, g, h, i);
      return SUCCESS;
    } catch (thrown) {
      return errnoOf(thrown);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
}
