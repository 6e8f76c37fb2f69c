/**
 * What answers a component of WASI 0.3: preview3-shim, with the standard streams, the end of the program and
 * the limits of this run put in. Loaded in the guest's thread only, and for such components only.
 */
import * as clocks from '@bytecodealliance/preview3-shim/clocks';
import * as filesystem from '@bytecodealliance/preview3-shim/filesystem';
import { future } from '@bytecodealliance/preview3-shim/future';
import * as http from '@bytecodealliance/preview3-shim/http';
import * as random from '@bytecodealliance/preview3-shim/random';
import * as sockets from '@bytecodealliance/preview3-shim/sockets';
import { readableByteStreamFromReader, StreamReader } from '@bytecodealliance/preview3-shim/stream';
import { systemCode } from '../../errors.ts';
import type { ForwardedStreams, ShimTypes, TakingClass } from './forwarded-streams.ts';
import { guardFilesystem } from './guarded-filesystem.ts';
import type { ShimOptions } from './preview2-host.ts';
import { type Client, mendedClient } from './preview3-client.ts';
import { laterClocks } from './preview3-time.ts';
import { type Interfaces, LATER } from './provided-interfaces.ts';
import { readSomeLater, writeAll } from './standard-streams.ts';

/**
 * @param earlier what answers WASI 0.2; some of it answers 0.3 as well
 * @param forwarded keeps what the program passes on unread
 * @returns the interfaces of WASI 0.3 that the generated program wants
 */
export function preview3Imports(
  options: ShimOptions,
  earlier: Interfaces,
  forwarded: ForwardedStreams,
): Interfaces {
  const { config, net, time } = options;
  const preopens = Object.fromEntries(config.preopens.map(({ host, guest }) => [guest, host]));
  // the shim's types are those of its version for browsers
  (filesystem._setPreopens as (entries: object) => void)(preopens);
  if (!net) denyNetwork();
  forwarded.watchHttp(http.types as unknown as ShimTypes);
  forwarded.watchTaking(filesystem.types.Descriptor as unknown as TakingClass);
  forwarded.watchTaking(sockets.types.TcpSocket as unknown as TakingClass);
  const imports: Interfaces = {
    [`wasi:cli/environment${LATER}`]: {
      ...earlier['wasi:cli/environment'],
      getInitialCwd: () => undefined,
    },
    [`wasi:cli/exit${LATER}`]: { ...earlier['wasi:cli/exit'] },
    [`wasi:cli/stdin${LATER}`]: { readViaStream: () => standardInput(config.stdin) },
    [`wasi:cli/stdout${LATER}`]: standardOutput('stdout', options),
    [`wasi:cli/stderr${LATER}`]: standardOutput('stderr', options),
    ...terminals(earlier),
    ...named('clocks', time ? laterClocks(time) : clocks),
    ...named('filesystem', filesystem),
    ...named('http', {
      ...http,
      client: mendedClient(http.client as unknown as Client, (request) => forwarded.sends(request)),
    }),
    ...named('random', config.random ? seeded(earlier) : random),
    ...named('sockets', sockets),
  };
  const readOnly = config.preopens.filter((one) => one.readOnly).map(({ guest }) => guest);
  guardFilesystem(imports, LATER, new Set(readOnly));
  return imports;
}

/** What a package exports, by the names of its interfaces: `monotonicClock` is `monotonic-clock`. */
function named(name: string, exported: object): Interfaces {
  return Object.fromEntries(
    Object.entries(exported).map(([camel, one]) => [
      `wasi:${name}/${camel.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}${LATER}`,
      one as Record<string, unknown>,
    ]),
  );
}

/** A recorded program does not run on a terminal. */
function terminals(earlier: Interfaces): Interfaces {
  return Object.fromEntries(
    ['input', 'output', 'stdin', 'stdout', 'stderr'].map((one) => [
      `wasi:cli/terminal-${one}${LATER}`,
      { ...earlier[`wasi:cli/terminal-${one}`] },
    ]),
  );
}

function seeded(earlier: Interfaces): object {
  const { insecureSeed } = earlier['wasi:random/insecure-seed'] ?? {};
  return {
    random: earlier['wasi:random/random'],
    insecure: earlier['wasi:random/insecure'],
    insecureSeed: { getInsecureSeed: insecureSeed },
  };
}

/** Changes the shim: this is for a thread that runs one component. */
function denyNetwork(): void {
  const denied = (tag: string) => () => {
    throw Object.assign(new Error('the network is off'), { payload: { tag } });
  };
  const { TcpSocket, UdpSocket } = sockets as unknown as Record<'TcpSocket' | 'UdpSocket', object>;
  Object.assign(TcpSocket, { create: denied('access-denied') });
  Object.assign(UdpSocket, { create: denied('access-denied') });
  Object.assign(sockets.ipNameLookup, { resolveAddresses: denied('access-denied') });
  Object.assign(http.client, { send: denied('HTTP-request-denied') });
}

/** `read-via-stream: func() -> tuple<stream<u8>, future<result<_, error-code>>>` */
function standardInput(fd: number): readonly [object, object] {
  const { tx, rx } = future();
  const end = { done: true as const, value: undefined };
  const chunks = {
    async next() {
      try {
        const value = await readSomeLater(fd);
        if (value.length > 0) return { done: false as const, value };
        await tx.write({ tag: 'ok', val: undefined });
        return end;
      } catch (thrown) {
        await tx.write({ tag: 'err', val: errorCode(thrown) });
        throw thrown;
      }
    },
    // a reader that wants no more has had no error
    async return() {
      await tx.write({ tag: 'ok', val: undefined }).catch(() => undefined);
      return end;
    },
    [Symbol.asyncIterator]: () => chunks,
  };
  return [new StreamReader(chunks), rx];
}

/** `write-via-stream: func(data: stream<u8>) -> future<result<_, error-code>>` */
function standardOutput(stream: 'stdout' | 'stderr', { config, onOutput }: ShimOptions) {
  return {
    async writeViaStream(data: object) {
      try {
        for await (const bytes of readableByteStreamFromReader(data, { name: stream })) {
          writeAll(config[stream], bytes);
          onOutput(stream, bytes);
        }
        return { tag: 'ok', val: undefined };
      } catch (thrown) {
        return { tag: 'err', val: errorCode(thrown) };
      }
    },
  };
}

function errorCode(thrown: unknown): 'pipe' | 'io' {
  return systemCode(thrown) === 'EPIPE' ? 'pipe' : 'io';
}
