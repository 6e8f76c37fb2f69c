/** What servers pass on without having it: kept beside the log, so that a replay has the responses whole. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, expect, test } from 'vitest';
import { RequestView } from '../../cli/log/request-view.ts';
import { TraceReader } from '../../traces/reader.ts';
import type { HttpResponse } from '../../wasi/component/http-responses.ts';
import { Scratch } from '../recorder/scratch.ts';
import { type Answer, recordServer } from './http-server.ts';
import { responsesOf } from './responses.ts';

const scratch = new Scratch('forwarded');
afterAll(() => scratch.remove());

function fixture(name: string): Promise<Uint8Array> {
  return parse(readFileSync(join(import.meta.dirname, `fixtures/${name}.wat`), 'utf8'));
}

const bodyOf = (response: HttpResponse | undefined) => Buffer.concat(response?.body ?? []);

function headerOf(response: HttpResponse | undefined, name: string): string | undefined {
  const found = response?.headers.find(([one]) => one.toLowerCase() === name);
  return found && Buffer.from(found[1]).toString();
}

/** 300,000 bytes that do not repeat, from a seed. */
function noise(seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Uint8Array.from({ length: 300_000 }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 16;
    }),
  );
}

test('of WASI 0.2: a body that is spliced, between what it writes itself, and headers', async () => {
  const answers = new Map<string, Answer>();
  const bodies = new Map([
    ['/blocking/1', [Buffer.from('first'), noise(1)]],
    ['/now/2', [noise(2), Buffer.from('last')]],
    ['/blocking/3', [Buffer.from('x')]],
  ]);
  const run = await recordServer(scratch, await fixture('splicing-server'), async (client) => {
    const ask = async ([path, chunks]: [string, Buffer[]]) => {
      const headers = { 'x-asked-for': path };
      answers.set(path, await client.send('POST', path, chunks, headers));
    };
    await Promise.all([...bodies].map(ask));
  });
  const responses = await responsesOf(run.trace);
  for (const [path, chunks] of bodies) {
    const sent = Buffer.concat([Buffer.from('<'), ...chunks, Buffer.from('>')]);
    expect(answers.get(path)?.body.equals(sent)).toBe(true);
    const response = responses.get(path);
    expect(response).toMatchObject({ status: 202, cut: false });
    expect(bodyOf(response).equals(sent)).toBe(true);
    expect(answers.get(path)?.headers['x-asked-for']).toBe(path);
    expect(headerOf(response, 'x-asked-for')).toBe(path);
    expect(headerOf(response, 'x-served-by')).toBe('wasi-rr');
  }
});

test('of WASI 0.3: whole messages, and bodies, headers and trailers of others', async () => {
  const origin = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      outgoing.writeHead(222, { 'x-from': incoming.url, trailer: 'x-end' });
      outgoing.write(`${incoming.method} `);
      outgoing.addTrailers({ 'x-end': 'of it' });
      outgoing.end(Buffer.concat(chunks));
    });
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const answers = new Map<string, Answer>();
  const paths = ['/whole/1', '/parts/2', '/parts/3', '/whole/4'];
  const sent = (path: string) => [Buffer.from(path), noise(path.length)];
  const talk: Parameters<typeof recordServer>[2] = async (client) => {
    const ask = async (path: string) =>
      void answers.set(path, await client.send('PUT', path, sent(path), { host }));
    await Promise.all(paths.map(ask));
  };
  const run = await recordServer(scratch, await fixture('proxy-0.3'), talk, { net: true });
  const short = await recordServer(
    scratch,
    await fixture('proxy-0.3'),
    async (client) => void (await client.send('PUT', '/parts/5', sent('/parts/5'), { host })),
    { net: true, payload: 1000 },
  );
  origin.closeAllConnections();
  await new Promise((resolve) => origin.close(resolve));

  const responses = await responsesOf(run.trace);
  for (const path of paths) {
    const body = Buffer.concat([Buffer.from('PUT '), ...sent(path)]);
    const answer = answers.get(path);
    expect(answer?.body.equals(body)).toBe(true);
    expect(answer?.headers['x-from']).toBe(path);
    const response = responses.get(path);
    expect(response).toMatchObject({ status: answer?.status, cut: false });
    expect(response?.status).toBe(path.startsWith('/whole') ? 222 : 203);
    expect(bodyOf(response).equals(body)).toBe(true);
    expect(headerOf(response, 'x-from')).toBe(path);
    expect(response?.trailers.map(([name, value]) => `${name}: ${Buffer.from(value)}`)).toEqual([
      'x-end: of it',
    ]);
  }
  // what was sent went on to the other server
  const reader = new TraceReader(run.trace);
  const bodies = reader.forwarded().filter(({ part }) => part === 'body');
  const size = (path: string) => Buffer.concat(sent(path)).length;
  expect(bodies.map((one) => one.size).sort()).toEqual(
    paths.flatMap((path) => [size(path), size(path) + 4]).sort(),
  );
  reader.close();

  const shown = new TraceReader(run.trace);
  const view = new RequestView(shown, {}, shown.eventCount);
  const lines = [...[...shown.events()].flatMap((event) => view.take(event)), ...view.rest()].map(
    (one) => stripVTControlCharacters(one),
  );
  shown.close();
  expect(lines.filter((one) => one.includes(' response.new('))).toHaveLength(2);
  for (const one of lines.filter((one) => one.includes(' response.new('))) {
    expect(one).toMatch(
      /; passed on unread: headers \d+ bytes "x-from: .*, body 300012 bytes "PUT \/parts.*"…, trailers 14 bytes "x-end: of it\\r\\n"$/,
    );
  }

  // as much as was asked for, and no more
  const [cut] = (await responsesOf(short.trace)).values();
  expect(cut).toMatchObject({ status: 203, cut: true });
  expect(
    bodyOf(cut).equals(Buffer.concat([Buffer.from('PUT '), ...sent('/parts/5')]).subarray(0, 1000)),
  ).toBe(true);
});
