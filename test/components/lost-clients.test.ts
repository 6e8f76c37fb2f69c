/** Clients of a recorded server that hang up: the others are answered all the same. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, describe, expect, test } from 'vitest';
import lostClients from '../../recorder/component/lost-clients-worker.ts';
import type { Address } from '../../recorder/network/messages.ts';
import { replay } from '../../replayer/replay.ts';
import type { ServedRequest } from '../../traces/requests.ts';
import { Scratch } from '../recorder/scratch.ts';
import { httpServer, recordServer } from './http-server.ts';

const scratch = new Scratch('lost-clients');
afterAll(() => scratch.remove());

/** Sends what there is of a request, and goes: in one go, so that it is gone before anything can be answered. */
function abandon({ host, port }: Address, request: string): void {
  const socket = connect(port, host, () => {
    socket.write(request);
    socket.destroySoon();
  });
}

const HALF_BODY = 'POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc';
const HALF_CHUNKED =
  'POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';

/** Records a server that is left by a client with each request, and then asked by another one. */
async function left(module: Uint8Array, requests: readonly string[]) {
  let heard: ((request: ServedRequest) => void) | undefined;
  const failures: (string | null)[] = [];
  const run = await recordServer(
    scratch,
    module,
    async (client, address) => {
      for (const request of requests) {
        const done = new Promise<ServedRequest>((resolve) => {
          heard = resolve;
        });
        abandon(address, request);
        failures.push((await done).failure);
        expect((await client.send('POST', '/after', ['it'])).body.toString()).toBe('/after\nit');
      }
    },
    { onRequest: (request) => request.path !== '/after' && heard?.(request) },
  );
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  expect((await replay({ trace: run.trace })).status).toBe('identical');
  return failures;
}

test('of WASI 0.3: in the middle of a body, and before the answer', async () => {
  const file = join(import.meta.dirname, 'fixtures/http-server-0.3.wat');
  const module = await parse(readFileSync(file, 'utf8'));
  const wait = `GET /wait/${'x'.repeat(30)} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const failures = await left(module, [HALF_BODY, HALF_CHUNKED, wait]);
  expect(failures).toEqual(Array(3).fill('the client is gone'));
});

test('of WASI 0.2: in the middle of a body', async () => {
  await left(await httpServer(), [HALF_BODY, HALF_CHUNKED]);
});

test('of WASI 0.2: while it is answered', async () => {
  const run = await recordServer(scratch, await httpServer(), async (client, { host, port }) => {
    const socket = connect(port, host, () =>
      socket.write('GET /flood HTTP/1.1\r\nHost: a\r\n\r\n'),
    );
    socket.once('data', () => socket.destroy());
    expect((await client.send('POST', '/after', ['it'])).body.toString()).toBe('/after\nit');
    await new Promise<void>((resolve) =>
      socket.closed ? resolve() : socket.once('close', () => resolve()),
    );
    expect((await client.send('POST', '/after', ['it'])).body.toString()).toBe('/after\nit');
  });
  expect((await replay({ trace: run.trace })).status).toBe('identical');
});

describe("in the shim's thread, what is on its way to a client that is gone", () => {
  lostClients();
  /** @param answer gets a response whose client goes once `leave` is called */
  async function answered(
    answer: (response: ServerResponse, leave: () => void) => PassThrough,
  ): Promise<PassThrough> {
    const body = Promise.withResolvers<PassThrough>();
    const server = createServer((_: IncomingMessage, response) => {
      body.resolve(answer(response, () => client.destroy()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.resume();
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const stream = await body.promise;
    if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
    await new Promise((resolve) => server.close(resolve));
    return stream;
  }

  test('is ended where it stood', async () => {
    const stream = await answered((response, leave) => {
      const body = new PassThrough();
      body.pipe(response);
      body.write('some');
      leave();
      return body;
    });
    expect(stream.writableFinished).toBe(false);
  });

  test('is ended at once where it comes later', async () => {
    const stream = await answered((response, leave) => {
      const body = new PassThrough();
      response.once('close', () => body.pipe(response));
      leave();
      return body;
    });
    expect(stream.writableFinished).toBe(false);
  });

  test('is left alone where the client stayed', async () => {
    const stream = await answered((response) => {
      const body = new PassThrough();
      response.setHeader('connection', 'close');
      body.pipe(response);
      body.end('all');
      return body;
    });
    expect(stream.writableFinished).toBe(true);
  });
});
