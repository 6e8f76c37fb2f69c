/**
 * What answers a component of WASI 0.2: preview2-shim, with the standard streams, the end of the program
 * and the limits of this run put in. Loaded in the guest's thread only.
 */
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import type { GuestTime } from '../hosts/guest-time.ts';
import type { HostConfig } from '../hosts/host.ts';
import { seededRandom } from '../hosts/seeded-random.ts';
import { blockUntilSome } from './blocking-reads.ts';
import { guardFilesystem } from './guarded-filesystem.ts';
import { randomInterfaces, timedInterfaces } from './preview2-time.ts';
import type { Interfaces } from './provided-interfaces.ts';
import { spliceHere } from './spliced-streams.ts';
import { readSome, writeAll } from './standard-streams.ts';

export interface ShimOptions {
  readonly config: HostConfig;
  /** Made up; the system's where undefined. */
  readonly time: GuestTime | undefined;
  /** Whether sockets and outgoing HTTP work. */
  readonly net: boolean;
  /** Called for every chunk that was printed. */
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;
  /** Called for what went from one stream to another, not to those that print. */
  readonly onSpliced: (bytes: Uint8Array) => void;
  /** `wasi:cli/exit`. Does not return. */
  readonly onExit: (code: number) => never;
}

/** The object that the generated program wants for its imports. */
export function preview2Imports(options: ShimOptions): Interfaces {
  const { config, net, time, onExit } = options;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const env = config.env.map((entry) => {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text(entry)) ?? [];
    return [name, value] as const;
  });
  const shim = new WASIShim({
    sandbox: {
      preopens: Object.fromEntries(config.preopens.map(({ host, guest }) => [guest, host])),
      env: Object.fromEntries(env),
      args: config.args.map(text),
      enableNetwork: net,
    },
  });
  const imports = shim.getImportObject() as unknown as Interfaces;
  const readOnly = config.preopens.filter((one) => one.readOnly).map(({ guest }) => guest);
  guardFilesystem(imports, '', new Set(readOnly));
  blockUntilSome(imports);
  spliceHere(imports, options.onSpliced);
  // before the streams: a pollable of theirs is one of the clock's
  if (time) Object.assign(imports, timedInterfaces(time, imports['wasi:io/poll'] ?? {}));
  if (config.random) Object.assign(imports, randomInterfaces(seededRandom(config.random.seed)));
  if (!net) {
    // the shim throws an error of sockets, which is none of HTTP: the program would be ended for it
    const denied = () => {
      throw { tag: 'HTTP-request-denied' };
    };
    imports['wasi:http/outgoing-handler'] = { handle: denied };
  }
  imports['wasi:cli/exit'] = {
    exit: (status: { readonly tag: string }) => onExit(status.tag === 'err' ? 1 : 0),
    exitWithCode: (code: number) => onExit(code),
  };
  imports['wasi:cli/environment'] = {
    ...imports['wasi:cli/environment'],
    initialCwd: () => undefined,
  };
  for (const stream of ['stdin', 'stdout', 'stderr'] as const) {
    const getter = `get${stream[0]?.toUpperCase()}${stream.slice(1)}`;
    const made =
      stream === 'stdin'
        ? standardInput(imports, config.stdin)
        : standardOutput(imports, stream, config[stream], options);
    imports[`wasi:cli/${stream}`] = { [getter]: () => made };
    const terminal = `getTerminal${stream[0]?.toUpperCase()}${stream.slice(1)}`;
    // a recorded program does not run on a terminal: what it prints shall not depend on one
    imports[`wasi:cli/terminal-${stream}`] = { [terminal]: () => undefined };
  }
  return imports;
}

interface Source {
  read(length: bigint): Uint8Array;
  blockingRead(length: bigint): Uint8Array;
}

/** A stream of the shim's class, with other methods: jco asks for the class. */
function madeOf(imports: Interfaces, name: 'InputStream' | 'OutputStream', methods: object) {
  const streams = imports['wasi:io/streams'] as Record<string, { readonly prototype: object }>;
  return Object.assign(Object.create(streams[name]?.prototype ?? null) as object, {
    ...methods,
    subscribe: () => ready(imports),
    [Symbol.dispose]: () => undefined,
  });
}

/** A pollable that is ready. */
function ready(imports: Interfaces): unknown {
  const clock = imports['wasi:clocks/monotonic-clock'] as {
    subscribeDuration(ns: bigint): unknown;
  };
  return clock.subscribeDuration(0n);
}

/** `stream-error`, as jco has it thrown. */
function failed(imports: Interfaces, cause: unknown): object {
  const { Error: IoError } = imports['wasi:io/error'] as { Error: new (of: unknown) => unknown };
  return { tag: 'last-operation-failed', val: new IoError(cause) };
}

function standardOutput(
  imports: Interfaces,
  stream: 'stdout' | 'stderr',
  fd: number,
  { onOutput }: ShimOptions,
): object {
  const write = (bytes: Uint8Array) => {
    try {
      writeAll(fd, bytes);
    } catch (cause) {
      throw failed(imports, cause);
    }
    onOutput(stream, bytes);
  };
  const zeroes = (length: bigint) => write(new Uint8Array(Number(length)));
  const moved = (bytes: Uint8Array) => {
    write(bytes);
    return BigInt(bytes.length);
  };
  return madeOf(imports, 'OutputStream', {
    checkWrite: () => 1n << 20n,
    write,
    blockingWriteAndFlush: write,
    flush: () => undefined,
    blockingFlush: () => undefined,
    writeZeroes: zeroes,
    blockingWriteZeroesAndFlush: zeroes,
    splice: (from: Source, length: bigint) => moved(from.read(length)),
    blockingSplice: (from: Source, length: bigint) => moved(from.blockingRead(length)),
  });
}

function standardInput(imports: Interfaces, fd: number): object {
  const read = (length: bigint): Uint8Array => {
    let bytes: Uint8Array;
    try {
      bytes = readSome(fd, Number(length));
    } catch (cause) {
      throw failed(imports, cause);
    }
    if (bytes.length === 0 && length > 0n) throw { tag: 'closed' };
    return bytes;
  };
  const skip = (length: bigint) => BigInt(read(length).length);
  return madeOf(imports, 'InputStream', {
    read,
    blockingRead: read,
    skip,
    blockingSkip: skip,
  });
}
