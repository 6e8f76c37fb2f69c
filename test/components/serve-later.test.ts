/** HTTP servers of WASI 0.3, which answer several requests at once: whose calls are whose, and what was answered. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, expect, test } from 'vitest';
import { RequestView } from '../../cli/log/request-view.ts';
import type { Address } from '../../recorder/network/messages.ts';
import { TraceReader } from '../../traces/reader.ts';
import { Scratch } from '../recorder/scratch.ts';
import { type Client, recordServer } from './http-server.ts';
import { responsesOf } from './responses.ts';

const scratch = new Scratch('serve-later');
afterAll(() => scratch.remove());

function fixture(name: string): Promise<Uint8Array> {
  return parse(readFileSync(join(import.meta.dirname, `fixtures/${name}.wat`), 'utf8'));
}

interface Told {
  readonly path: string;
  readonly status: number | null;
  readonly callCount: number;
  readonly calls: readonly { readonly name: string; readonly result?: string }[];
}

function requestsOf(path: string): Told[] {
  const trace = new TraceReader(path);
  try {
    const view = new RequestView(trace, { json: true }, trace.eventCount);
    const lines = [...[...trace.events()].flatMap((event) => view.take(event)), ...view.rest()];
    return lines.map((line) => JSON.parse(line) as Told);
  } finally {
    trace.close();
  }
}

/** Eight at a time. */
async function all(paths: readonly string[], ask: (path: string) => Promise<void>): Promise<void> {
  const left = [...paths];
  const next = async () => {
    for (let path = left.shift(); path !== undefined; path = left.shift()) await ask(path);
  };
  await Promise.all(Array.from({ length: 8 }, next));
}

const text = (parts: readonly Uint8Array[] = []) => Buffer.concat(parts).toString();

/** Those that were made for a request say so by its path, and by how often they were made. */
function expectOwnCalls({ path, calls }: Told): void {
  const names = calls.map(({ name }) => name);
  const count = (name: string) => names.filter((one) => one === name).length;
  const asked = calls.find(({ name }) => name === 'request.get-path-with-query');
  expect(asked?.result).toBe(`some(${JSON.stringify(path)})`);
  expect(count('request.get-path-with-query')).toBe(1);
  expect(count('task.return')).toBe(1);
  expect(count('response.new')).toBe(1);
}

test('with callbacks: bodies in chunks both ways, and trailers', async () => {
  const kinds = ['plain', 'wait', 'later'];
  const paths = Array.from({ length: 36 }, (_, i) => `/${kinds[i % 3]}/${i}`);
  const sent = (path: string) => [`chunk of ${path}`, Buffer.alloc(path.length * 700, path)];
  const answered = new Map<string, string>();
  const talk = (client: Client) =>
    all(paths, async (path) => {
      const answer = await client.send('POST', path, sent(path));
      expect(answer.status).toBe(201);
      answered.set(path, answer.body.toString());
    });
  const run = await recordServer(scratch, await fixture('http-server-0.3'), talk, {
    paranoid: true,
  });
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  const requests = requestsOf(run.trace);
  expect(requests.map(({ path }) => path).sort()).toEqual([...paths].sort());
  for (const request of requests) {
    expect(request.status).toBe(201);
    expectOwnCalls(request);
    const waits = request.calls.filter(({ name }) => name === 'wait-for').length;
    expect(waits).toBe(request.path.startsWith('/plain') ? 0 : 1);
  }
  const responses = await responsesOf(run.trace);
  for (const path of paths) {
    const response = responses.get(path);
    const body = `${path}\n${text(sent(path).map((one) => Buffer.from(one)))}`;
    expect(answered.get(path)).toBe(body);
    expect(text(response?.body)).toBe(body);
    expect(response).toMatchObject({
      status: 201,
      headers: [['x-served-by', Uint8Array.from(Buffer.from('wasi-rr'))]],
      trailers: [['x-end', Uint8Array.from(Buffer.from('of it'))]],
      cut: false,
    });
  }
});

test('what never passes through the program is told, as is what it did not answer', async () => {
  const run = await recordServer(scratch, await fixture('http-server-0.3'), async (client) => {
    expect((await client.send('POST', '/same', ['as it came'])).body.toString()).toBe('as it came');
    expect((await client.send('GET', '/error')).status).toBe(500);
    expect((await client.send('GET', '/')).body.toString()).toBe('/\n');
  });
  const responses = await responsesOf(run.trace);
  expect([...responses.keys()].sort()).toEqual(['/', '/same']);
  expect(responses.get('/same')).toMatchObject({ status: 201, cut: false });
  expect(text(responses.get('/same')?.body)).toBe('as it came');
  expect(responses.get('/')).toMatchObject({ status: 201, cut: false });
});

test('a program that traps while it answers: the client sees that, and it is told', async () => {
  let got = '';
  const broken = ({ host, port }: Address) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, host, () =>
        socket.write('POST /broken HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'),
      );
      socket.on('data', (chunk: Buffer) => {
        got += chunk;
        // it waits for this
        if (got.includes('/broken')) socket.write('1\r\na\r\n');
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
    });
  const server = await fixture('http-server-0.3');
  const run = await recordServer(scratch, server, async (client, address) => {
    await broken(address);
    expect((await client.send('GET', '/')).body.toString()).toBe('/\n');
  });
  expect(requestsOf(run.trace)).toMatchObject([
    { path: '/broken', status: 201, failure: expect.stringContaining('unreachable') as string },
    { path: '/', status: 201 },
  ]);
  expect(run.outcome).toMatchObject({ kind: 'trap' });
  // what it had written, and no end
  expect(got).toMatch(/^HTTP\/1.1 201 [\s\S]*\r\n\r\n[78]\r\n\/broken/);
  expect(got).not.toContain('\r\n0\r\n');
  expect([...(await responsesOf(run.trace)).keys()]).toContain('/');
}, 60_000);

test('with stacks that are suspended at the same time', async () => {
  const paths = Array.from({ length: 16 }, (_, i) => `/${'x'.repeat((i * 5) % 7)}/${i}`);
  // jco takes what such a task returns, and calls it an error that it ends
  const talk = (client: Client) =>
    all(paths, async (path) => void (await client.send('GET', path)));
  const run = await recordServer(scratch, await fixture('http-stacks'), talk, { paranoid: true });
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  const requests = requestsOf(run.trace);
  expect(requests).toHaveLength(paths.length);
  for (const request of requests) {
    expectOwnCalls(request);
    expect(request.callCount).toBe(10);
  }
  const responses = await responsesOf(run.trace);
  expect([...responses.keys()].sort()).toEqual([...paths].sort());
});
