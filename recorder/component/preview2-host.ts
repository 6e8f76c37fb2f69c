/**
 * What answers a component of WASI 0.2: preview2-shim, with the standard streams, the end of the program
 * and the limits of this run put in. Loaded in the guest's thread only.
 */
import { readSync, writeSync } from 'node:fs';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { systemCode } from '../../errors.ts';
import { fixedTime } from '../hosts/fixed-time.ts';
import type { HostConfig } from '../hosts/host.ts';
import { seededRandom } from '../hosts/seeded-random.ts';
import { guardFilesystem } from './preview2-filesystem.ts';
import type { Interfaces } from './preview2-interfaces.ts';
import { randomInterfaces, timedInterfaces } from './preview2-time.ts';

export interface Preview2Options {
  readonly config: HostConfig;
  /** Whether sockets and outgoing HTTP work. */
  readonly net: boolean;
  /** Called for every chunk that was printed. */
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;
  /** `wasi:cli/exit`. Does not return. */
  readonly onExit: (code: number) => never;
}

/** Bytes that one read of standard input gives at most. */
const READ_LIMIT = 64 << 10;

/** The object that the generated program wants for its imports. */
export function preview2Imports(options: Preview2Options): Interfaces {
  const { config, net, onExit } = options;
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
  guardFilesystem(imports, new Set(readOnly));
  // before the streams: a pollable of theirs is one of the clock's
  if (config.clock) {
    Object.assign(imports, timedInterfaces(fixedTime(config.clock), imports['wasi:io/poll'] ?? {}));
  }
  if (config.random) Object.assign(imports, randomInterfaces(seededRandom(config.random.seed)));
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

function standardOutput(
  imports: Interfaces,
  stream: 'stdout' | 'stderr',
  fd: number,
  { onOutput }: Preview2Options,
): object {
  const write = (bytes: Uint8Array) => {
    try {
      writeAll(fd, bytes);
    } catch (cause) {
      const { Error: IoError } = imports['wasi:io/error'] as {
        Error: new (of: unknown) => unknown;
      };
      throw { tag: 'last-operation-failed', val: new IoError(cause) };
    }
    onOutput(stream, bytes);
  };
  const zeroes = (length: bigint) => write(new Uint8Array(Number(length)));
  const splice = (from: { blockingRead(length: bigint): Uint8Array }, length: bigint) => {
    const bytes = from.blockingRead(length);
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
    splice,
    blockingSplice: splice,
  });
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (thrown) {
      if (systemCode(thrown) !== 'EAGAIN') throw thrown;
      pause();
    }
  }
}

function standardInput(imports: Interfaces, fd: number): object {
  const read = (length: bigint): Uint8Array => {
    const buffer = new Uint8Array(Math.min(Number(length), READ_LIMIT));
    if (buffer.length === 0) return buffer;
    for (;;) {
      try {
        const count = readSync(fd, buffer, 0, buffer.length, null);
        if (count === 0) throw { tag: 'closed' };
        return buffer.subarray(0, count);
      } catch (thrown) {
        if (systemCode(thrown) === 'EOF') throw { tag: 'closed' };
        if (systemCode(thrown) !== 'EAGAIN') throw thrown;
        pause();
      }
    }
  };
  const skip = (length: bigint) => BigInt(read(length).length);
  return madeOf(imports, 'InputStream', {
    read,
    blockingRead: read,
    skip,
    blockingSkip: skip,
  });
}

const waiting = new Int32Array(new SharedArrayBuffer(4));

/** Until a pipe that does not block may have room or data. */
function pause(): void {
  Atomics.wait(waiting, 0, 0, 1);
}
