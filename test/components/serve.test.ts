/** HTTP servers: real clients over connections that are kept, while the server is recorded. */
import { connect, createServer } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { RequestView } from '../../cli/log/request-view.ts';
import type { Address } from '../../recorder/network/messages.ts';
import { coreLayout } from '../../replayer/component/core-layout.ts';
import { replay } from '../../replayer/replay.ts';
import { openSession } from '../../replayer/session/session.ts';
import { TraceReader } from '../../traces/reader.ts';
import { RequestSpans } from '../../traces/requests.ts';
import { infoContent } from '../../tui/panes/info.ts';
import { TraceRows } from '../../tui/trace/rows.ts';
import type { HttpResponse } from '../../wasi/component/http-responses.ts';
import { Scratch } from '../recorder/scratch.ts';
import { command, component } from './component-wat.ts';
import { httpServer, recordServer } from './http-server.ts';

const scratch = new Scratch('serve');
afterAll(() => scratch.remove());

function requestsOf(trace: string) {
  const reader = new TraceReader(trace);
  try {
    return reader.requests();
  } finally {
    reader.close();
  }
}

async function failedAt(trace: string): Promise<number> {
  const session = await openSession(trace);
  try {
    return (await session.failure()).event;
  } finally {
    await session.close();
  }
}

test('a thousand requests, eight at a time, in chunks both ways', async () => {
  /** What the clients got, by path. */
  const answers = new Map<string, Buffer>();
  const run = await recordServer(scratch, await httpServer(), async (client) => {
    let next = 0;
    const talk = async () => {
      for (let i = next++; i < 1000; i = next++) {
        const chunks = [`chunk of ${i}\n`, Buffer.alloc((i % 7) * 1500, i), 'end'];
        const answer = await client.send('POST', `/number/${i}`, chunks);
        expect(answer.status).toBe(201);
        expect(answer.headers['transfer-encoding']).toBe('chunked');
        expect(answer.headers['x-served-by']).toBe('wasi-rr');
        const sent = Buffer.concat(chunks.map((one) => Buffer.from(one)));
        expect(answer.body.equals(Buffer.concat([Buffer.from(`/number/${i}\n`), sent]))).toBe(true);
        answers.set(`/number/${i}`, answer.body);
      }
    };
    await Promise.all(Array.from({ length: 8 }, talk));
  });
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  const requests = requestsOf(run.trace);
  const spans = new RequestSpans(requests);
  const again = new Map<string, HttpResponse>();
  const report = await replay({
    trace: run.trace,
    onResponse: (response) => again.set(spans.at(response.event)?.path ?? '', response),
  });
  expect(report.status).toBe('identical');
  expect(again.size).toBe(1000);
  for (const [path, body] of answers) {
    const response = again.get(path);
    expect(response).toMatchObject({ status: 201, cut: false });
    expect(response?.headers.map(([name, value]) => [name, Buffer.from(value).toString()])).toEqual(
      [['x-served-by', 'wasi-rr']],
    );
    expect(Buffer.concat(response?.body ?? []).equals(body)).toBe(true);
  }
  expect(requests).toHaveLength(1000);
  expect(new Set(requests.map(({ path }) => path)).size).toBe(1000);
  for (const { method, status, failure, spans } of requests) {
    expect({ method, status, failure }).toEqual({ method: 'POST', status: 201, failure: null });
    // one after the other: what is done for one stands together
    expect(spans).toHaveLength(1);
  }
});

test('a request that makes it trap is told, and the next one gets a new instance', async () => {
  const failures: (string | null)[] = [];
  const run = await recordServer(
    scratch,
    await httpServer(),
    async (client) => {
      for (const [path, status] of [
        ['/first', 201],
        ['/trap', 500],
        ['/silent', 500],
        ['/error', 500],
        ['/trap', 500],
        ['/last', 201],
      ] as const) {
        expect((await client.send('GET', path)).status).toBe(status);
      }
    },
    { onRequest: ({ failure }) => failures.push(failure), paranoid: true },
  );
  expect(failures).toEqual([
    null,
    'unreachable',
    'the program gave no response',
    'the program gave an error',
    expect.stringContaining('unreachable'),
    null,
  ]);
  expect(run.outcome).toMatchObject({ kind: 'trap', trap: { kind: 'unreachable' } });
  expect(await failedAt(run.trace)).toBe(requestsOf(run.trace)[4]?.spans.at(-1)?.[1]);
  expect(await replay({ trace: run.trace })).toMatchObject({
    status: 'identical',
    outcome: run.outcome,
  });
  const trace = new TraceReader(run.trace);
  const { instances, main } = coreLayout(trace);
  const alike = instances.filter(({ module }) => module === instances[main]?.module);
  // one before the first trap, one before the second, one after that
  expect(alike).toHaveLength(3);
  expect(main).toBe(alike[1]?.id);
  trace.close();
});

test('a response that is not ended: the client sees that, and it is told', async () => {
  /** What comes until the server ends the connection. */
  const all = ({ host, port }: Address, path: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, host, () =>
        socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`),
      );
      let got = '';
      socket.on('data', (chunk: Buffer) => {
        got += chunk;
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(got));
    });
  const got: string[] = [];
  const run = await recordServer(scratch, await httpServer(), async (client, address) => {
    for (const path of ['/broken/1', '/unfinished/2', '/broken/3']) {
      got.push(await all(address, path));
      expect((await client.send('POST', '/after', ['it'])).body.toString()).toBe('/after\nit');
    }
  });
  // whole chunks, and none that ends it
  const chunks = got.map((one) => one.slice(one.indexOf('\r\n\r\n') + 4));
  expect(chunks.map((one) => one.replace(/[0-9a-f]+\r\n([\s\S]*?)\r\n/g, '$1'))).toEqual([
    '/broken/1\n',
    '/unfinished/2\n',
    '/broken/3\n',
  ]);
  expect(run.outcome).toMatchObject({ kind: 'trap', trap: { kind: 'unreachable' } });
  const requests = requestsOf(run.trace).filter(({ path }) => path !== '/after');
  expect(requests.map(({ status, failure }) => [status, failure])).toEqual([
    [201, 'unreachable'],
    [201, 'the program did not end its response'],
    [201, 'unreachable'],
  ]);
  const bodies: string[] = [];
  const report = await replay({
    trace: run.trace,
    onResponse: ({ body }) => bodies.push(Buffer.concat(body).toString()),
  });
  expect(report.status).toBe('identical');
  expect(bodies.filter((one) => !one.startsWith('/after')).sort()).toEqual([
    '/broken/1\n',
    '/broken/3\n',
    '/unfinished/2\n',
  ]);
});

test('log --requests', async () => {
  const run = await recordServer(scratch, await httpServer(), async (client) => {
    await client.send('POST', '/a?b=1', ['hello']);
    await client.send('GET', '/trap');
  });
  const lines = (options: object) => {
    const trace = new TraceReader(run.trace);
    try {
      const view = new RequestView(trace, options, trace.eventCount);
      return [...[...trace.events()].flatMap((event) => view.take(event)), ...view.rest()];
    } finally {
      trace.close();
    }
  };
  const text = lines({}).map((line) => stripVTControlCharacters(line));
  expect(text[0]).toMatch(/^request 1 POST \/a\?b=1 = 201 <\d+\.\d{6}> 20 calls, #\d+ to #\d+$/);
  expect(text.filter((line) => line.startsWith('  '))).toHaveLength(21);
  expect(text[1]).toContain('incoming-request.path-with-query(incoming-request#1)');
  expect(text[21]).toMatch(
    /^request 2 GET \/trap = 500 <\d+\.\d{6}> 1 call, #\d+ to #\d+: .*unreachable/,
  );
  expect(lines({ summary: true })).toHaveLength(2);
  expect(lines({ failed: true })[0]).toContain('request 2 GET /trap');
  expect(lines({ call: 'fields.append' })).toHaveLength(3);
  const json = lines({ json: true }).map((line) => JSON.parse(line) as object);
  expect(json).toMatchObject([
    { request: 1, method: 'POST', path: '/a?b=1', status: 201, callCount: 20 },
    { request: 2, path: '/trap', failure: expect.stringContaining('unreachable') as string },
  ]);
  expect((json[0] as { calls: object[] }).calls[0]).toMatchObject({
    name: 'incoming-request.path-with-query',
    result: 'some("/a?b=1")',
  });
});

test('the terminal shows where a request begins, and lists them, the failed ones first', async () => {
  const run = await recordServer(scratch, await httpServer(), async (client) => {
    await client.send('POST', '/a?b=1', ['hello']);
    await client.send('GET', '/trap');
  });
  const reader = new TraceReader(run.trace);
  try {
    const [first, second] = reader.requests();
    const begun = first?.spans[0]?.[0] ?? -1;
    expect(new TraceRows(reader, undefined).get(begun)).toMatchObject({
      text: '▶ request 1 POST /a?b=1 = 201',
    });
    const { lines } = infoContent({ reader, path: run.trace });
    const text = lines.map(({ line }) => line.map((part) => part.text).join(''));
    const at = text.indexOf('requests  2');
    expect(text[at + 1]).toContain('request 2 GET /trap = 500');
    expect(lines[at + 1]?.target).toEqual({ kind: 'event', event: second?.spans.at(-1)?.[1] });
    expect(lines[at + 2]?.target).toEqual({ kind: 'event', event: begun });
  } finally {
    reader.close();
  }
});

describe('is refused before anything is made', () => {
  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const refused = scratch.record({ module: await httpServer(), serve: `127.0.0.1:${port}` });
    await expect(refused).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: expect.stringContaining(
        `127.0.0.1:${port}: another program listens there`,
      ) as string,
    });
    server.close();
  });

  test('a command', async () => {
    const module = await component(command('(func (export "run") (result i32) i32.const 0)'));
    await expect(scratch.record({ module, serve: '127.0.0.1:0' })).rejects.toMatchObject({
      code: 'EXPORT_MISSING',
      message: expect.stringContaining('It is a command. Record it without --serve.') as string,
    });
  });

  test('a core module', async () => {
    const module = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
    await expect(scratch.record({ module, serve: '127.0.0.1:0' })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('--tcplisten') as string,
    });
  });

  test('an address that is none', async () => {
    await expect(
      scratch.record({ module: await httpServer(), serve: '8080' }),
    ).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});
