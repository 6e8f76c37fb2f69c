/** The server of fixtures/http-server.wat, recorded while a client talks to it. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import type { Address } from '../../recorder/network/messages.ts';
import type { RecordedRun, Scratch } from '../recorder/scratch.ts';

export function httpServer(): Promise<Uint8Array> {
  return parse(readFileSync(join(import.meta.dirname, 'fixtures/http-server.wat'), 'utf8'));
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

export interface Client {
  /** @param chunks the body, sent in chunks */
  send(
    method: string,
    path: string,
    chunks?: readonly (Uint8Array | string)[],
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

/** Records a server until `talk` is done with it. */
export async function recordServer(
  scratch: Scratch,
  module: Uint8Array | string,
  talk: (client: Client, address: Address) => Promise<void>,
  options: Partial<Parameters<Scratch['record']>[0]> = {},
): Promise<RecordedRun> {
  const stop = new AbortController();
  const listening = Promise.withResolvers<Address>();
  const run = scratch.record({
    module,
    serve: '127.0.0.1:0',
    signal: stop.signal,
    onListening: ([address]) => address && listening.resolve(address),
    ...options,
  });
  run.then(
    ({ outcome }) => listening.reject(new Error(`it ended: ${JSON.stringify(outcome)}`)),
    (error: unknown) => listening.reject(error),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  try {
    const address = await listening.promise;
    await talk({ send: (...what) => send(agent, address, ...what) }, address);
  } finally {
    agent.destroy();
    stop.abort('SIGINT');
  }
  return run;
}

function send(
  agent: Agent,
  { host, port }: Address,
  method: string,
  path: string,
  chunks: readonly (Uint8Array | string)[] = [],
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host, port, method, path, headers }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const { statusCode: status, headers: given } = incoming;
        resolve({ status, headers: given, body: Buffer.concat(parts) });
      });
    });
    outgoing.on('error', reject);
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
  });
}
