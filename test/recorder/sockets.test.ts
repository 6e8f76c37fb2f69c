/** Servers, recorded with clients of their own, and replayed when their ports are closed. */
import { once } from 'node:events';
import { Agent, get, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import type { Address } from '../../recorder/network/messages.ts';
import { TraceReader } from '../../traces/reader.ts';
import { program } from '../guests/assemble.ts';
import { pattern } from '../guests/guest.ts';
import { compileWat } from '../guests/wat.ts';
import { replayed } from '../replayer/replayed.ts';
import { eventsOf } from '../traces/edit-trace.ts';
import { type RecordedRun, Scratch } from './scratch.ts';

const scratch = new Scratch('sockets');
afterAll(() => scratch.remove());

const wasm = (name: string) => join(import.meta.dirname, `../../examples/wasm/${name}.wasm`);

type Options = Partial<Parameters<Scratch['record']>[0]>;

/**
 * Records a server.
 * @param visit what its clients do
 * @param until interrupt it when it has printed this
 */
async function served(
  name: string,
  options: Options,
  visit: (address: Address) => Promise<void>,
  until?: string,
): Promise<RecordedRun> {
  const listening = Promise.withResolvers<Address>();
  const run = scratch.record(
    {
      module: wasm(name),
      paranoid: true,
      timeoutMs: 200_000,
      ...options,
      tcpListen: ['127.0.0.1:0'],
      onListening: ([address]) => address && listening.resolve(address),
    },
    { until },
  );
  await visit(await listening.promise);
  return run;
}

async function replaysAlike(run: RecordedRun): Promise<void> {
  const again = await replayed(run.trace);
  expect(again).toMatchObject({ status: 'identical', events: run.events });
  expect(again.stdout.equals(run.stdout)).toBe(true);
}

describe('an HTTP server', () => {
  test('serves 1000 requests over several connections that are kept', async () => {
    const files = { 'a.txt': 'first file\n', 'b.txt': 'b'.repeat(5000) };
    const preopens = [{ host: scratch.folder(files), guest: '/' }];
    const answers: string[] = [];
    let connections = 0;
    const run = await served('httpd-O0g', { args: ['1000'], preopens }, async (address) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      const ask = async (path: string) => {
        const asked = get({ ...address, path, agent });
        asked.on('socket', () => connections++);
        const [response] = await once(asked, 'response');
        answers.push(`${response.statusCode} ${await text(response)}`);
      };
      const paths = ['/a.txt', '/b.txt', '/none'];
      await Promise.all(Array.from({ length: 1000 }, (_, i) => ask(paths[i % 3] ?? '')));
      agent.destroy();
    });
    expect(run).toMatchObject({ outcome: { kind: 'exit', code: 0 } });
    expect(run.stdout.toString()).toBe('1000 requests\n');
    expect(connections).toBe(1000);
    const counted = Object.groupBy(answers, (answer) => answer);
    expect(Object.entries(counted).map(([answer, all]) => [answer, all?.length])).toEqual(
      expect.arrayContaining([
        ['200 first file\n', 334],
        [`200 ${'b'.repeat(5000)}`, 333],
        ['404 no such file\n', 333],
      ]),
    );
    const accepts = eventsOf(run.trace).filter(
      (event) => event.kind === 'call' && event.name === 'sock_accept' && event.result === 0,
    );
    expect(accepts.length).toBeLessThanOrEqual(8);
    await replaysAlike(run);
  });

  test('takes a large upload', async () => {
    const body = pattern(8 << 20);
    let answer = '';
    const run = await served('httpd-O0g', { paranoid: false }, async (address) => {
      const asked = request({ ...address, method: 'POST', path: '/' });
      asked.end(body);
      const [response] = await once(asked, 'response');
      answer = await text(response);
    });
    let sum = 0;
    for (const byte of body) sum = (Math.imul(sum, 31) + byte) >>> 0;
    expect(answer).toBe(`${body.length} bytes, ${sum.toString(16).padStart(8, '0')}\n`);
    await replaysAlike(run);
  });
});

describe('an echo server', () => {
  test('is slowed down by a client that does not read, and slows down the client', async () => {
    const body = Buffer.from(pattern(32 << 20).buffer);
    let stalled = 0;
    const got: Buffer[] = [];
    const run = await served('echo-O0g', { paranoid: false }, async ({ host, port }) => {
      const client = connect(port, host);
      stalled = await whenStalled(client, body);
      for await (const chunk of client) got.push(chunk);
    });
    // what the systems' buffers hold, on the way there and back
    expect(stalled).toBeGreaterThan(0);
    expect(stalled).toBeLessThan(body.length / 2);

    expect(Buffer.concat(got).equals(body)).toBe(true);
    expect(run.stdout.toString()).toBe(`client 0: ${body.length} bytes\n`);
    await replaysAlike(run);
  });

  test('learns that a client is gone', async () => {
    const run = await served('echo-O0g', { args: ['2'] }, async ({ host, port }) => {
      const rude = connect(port, host);
      rude.write('hello');
      await once(rude, 'data');
      rude.resetAndDestroy();
      const polite = connect(port, host);
      polite.end('bye');
      polite.resume();
      await once(polite, 'end');
    });
    expect(run.stdout.toString()).toBe(
      'client 0: Connection reset by peer after 5 bytes\nclient 1: 3 bytes\n',
    );
    await replaysAlike(run);
  });

  test('ends when it is told to while it waits for somebody', async () => {
    const visit = async ({ host, port }: Address) => {
      const client = connect(port, host).resume();
      client.end('x');
      await once(client, 'end');
    };
    // the next one never comes
    const run = await served('echo-O0g', { args: ['2'] }, visit, 'client 0');
    expect(run).toMatchObject({ outcome: { kind: 'interrupted', by: 'test' }, stuck: false });
    expect(await replayed(run.trace)).toMatchObject({ status: 'prefix', events: run.events });
  });

  test('ends when it is told to while it waits for what a client says', async () => {
    const stop = new AbortController();
    let client: Socket | undefined;
    const run = await served('echo-O0g', { signal: stop.signal }, async ({ host, port }) => {
      client = connect(port, host);
      client.write('x');
      await once(client, 'data');
      client.on('error', () => {});
      stop.abort('test');
    });
    expect(run).toMatchObject({ outcome: { kind: 'interrupted', by: 'test' }, stuck: false });
    client?.destroy();
  });
});

describe('what cannot be listened on', () => {
  const recordAt = async (tcpListen: string[], options: Options = {}) =>
    scratch.record({
      module: await compileWat(program('(func (export "_start"))')),
      tcpListen,
      ...options,
    });

  test('an address in use is named before anything runs', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(recordAt(['127.0.0.1:0', `127.0.0.1:${port}`])).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: expect.stringContaining(`127.0.0.1:${port}: another program`),
    });
    other.close();
  });

  test.each([
    '8080',
    'host',
    ':80',
    '127.0.0.1:',
    '1:2:3',
    '127.0.0.1:99999',
    'a b:80',
    '::1:80',
    '',
  ])('no address: "%s"', async (text) => {
    await expect(recordAt([text])).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });

  test('an address that this machine has not', async () => {
    await expect(recordAt(['192.0.2.1:80'])).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  });

  test('other hosts', async () => {
    await expect(recordAt(['127.0.0.1:0'], { host: 'node' })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
  });
});

test('a trace tells where it listened, IPv6 too; descriptors go from 3 on', async () => {
  const run = await scratch.record({
    module: await compileWat(program('(func (export "_start"))')),
    tcpListen: ['localhost:0', '[::1]:0'],
  });
  const reader = new TraceReader(run.trace);
  expect(reader.meta.listening).toEqual([
    expect.stringMatching(/^(127\.0\.0\.1|\[::1\]):\d+$/),
    expect.stringMatching(/^\[::1\]:\d+$/),
  ]);
  reader.close();
});

/** Writes all and ends, piece by piece. @returns bytes that are on their way when no more go for half a second */
async function whenStalled(socket: Socket, bytes: Uint8Array): Promise<number> {
  let gone = 0;
  const next = () => {
    const piece = bytes.subarray(gone, gone + (64 << 10));
    if (piece.length === 0) socket.end();
    else {
      socket.write(piece, () => {
        gone += piece.length;
        next();
      });
    }
  };
  next();
  for (let before = -1; before !== gone || gone === 0; ) {
    before = gone;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return gone;
}
