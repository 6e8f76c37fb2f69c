/** A JavaScript program as a component (componentize-js): files, clocks, random numbers and fetch. */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { componentize } from '@bytecodealliance/componentize-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RecordReport, record } from '../../recorder/record.ts';
import { TraceReader } from '../../traces/reader.ts';
import { closeStreams, openStreams, printed } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';

const PROGRAM = `
  import { getArguments } from 'wasi:cli/environment@0.2.12';
  import { getDirectories } from 'wasi:filesystem/preopens@0.2.12';
  import { now } from 'wasi:clocks/wall-clock@0.2.12';
  import { getRandomBytes } from 'wasi:random/random@0.2.12';

  export const run = {
    async run() {
      const [, name, url] = getArguments();
      const [[root]] = getDirectories();
      const [bytes] = root.openAt({}, name, {}, { read: true }).read(1024n, 0n);
      const text = new TextDecoder().decode(bytes).trim();
      console.log(name + ': ' + text);
      console.log(now().seconds, getRandomBytes(4n), Date.now(), Math.random());
      const answer = await fetch(url + '/echo', { method: 'POST', body: text, headers: { 'x-ask': 'a' } });
      console.log(answer.status, answer.headers.get('x-answer'), await answer.text());
      const missing = await fetch(url + '/missing');
      console.log(missing.status, (await missing.text()).length);
      root.openAt({}, 'out.txt', { create: true }, { write: true }).write(new TextEncoder().encode('done'), 0n);
      try {
        root.openAt({}, 'nowhere', {}, { read: true });
      } catch (error) {
        console.error(error.payload ?? error);
      }
    },
  };`;

const WORLD = `
  package wasi-rr:test;
  world app {
    import wasi:cli/environment@0.2.12;
    import wasi:filesystem/preopens@0.2.12;
    import wasi:clocks/wall-clock@0.2.12;
    import wasi:random/random@0.2.12;
    import wasi:http/outgoing-handler@0.2.12;
    export wasi:cli/run@0.2.12;
  }`;

/** Those of WASI, as jco brings them. */
function witPackages(): string {
  const jco = dirname(fileURLToPath(import.meta.resolve('@bytecodealliance/jco')));
  const files = globSync('lib/wit/builtin/0.2.12/*/package.wit', { cwd: join(jco, '..') });
  return files
    .map((file) => readFileSync(join(jco, '..', file), 'utf8'))
    .map((text) => `${text.replace(/^package ([^;]+);/, 'package $1 {')}\n}\n`)
    .join('');
}

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-javascript-'));
const trace = join(folder, 'run.wrr');
const cacheHome = process.env.XDG_CACHE_HOME;
let report: RecordReport;
let said: { readonly stdout: Buffer; readonly stderr: Buffer };

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  const { component } = await componentize(PROGRAM, WORLD + witPackages());
  const server = await listening();
  const { port } = server.address() as AddressInfo;
  const streams = openStreams(folder);
  writeFileSync(join(folder, 'in.txt'), 'hello from a file\n');
  try {
    report = await record({
      module: component,
      args: ['in.txt', `http://127.0.0.1:${port}`],
      preopens: [{ host: folder, guest: '/' }],
      net: true,
      paranoid: true,
      output: trace,
      ...streams,
    });
  } finally {
    closeStreams(streams);
    server.close();
    server.closeAllConnections();
  }
  said = printed(folder);
  rmSync(join(folder, 'in.txt'));
  rmSync(join(folder, 'cache'), { recursive: true });
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  rmSync(folder, { recursive: true, force: true });
});

/** Answers /echo in two chunks, with the body in capitals. */
async function listening(): Promise<Server> {
  const server = createServer(async (request, response) => {
    if (request.url !== '/echo') {
      response.writeHead(404).end('x'.repeat(50_000));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.setHeader('x-answer', `${request.headers['x-ask']}!`);
    response.write(Buffer.concat(chunks).toString().toUpperCase());
    response.end(' END');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

it('does what it would do anyway', () => {
  expect(report.outcome).toEqual({ kind: 'exit', code: 0 });
  const lines = said.stdout.toString().split('\n');
  expect(lines[0]).toBe('in.txt: hello from a file');
  expect(lines.slice(2)).toEqual(['200 a! HELLO FROM A FILE END', '404 50000', '']);
  expect(said.stderr.toString()).toBe('no-entry\n');
  expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe('done');
});

it('replays with its input and the server gone', async () => {
  const again = await replayed(trace);
  expect(again).toMatchObject({ status: 'identical', outcome: report.outcome });
  expect(again.stdout.equals(said.stdout)).toBe(true);
  expect(again.stderr.equals(said.stderr)).toBe(true);
});

it('is told in its own words', () => {
  const reader = new TraceReader(trace);
  const sql =
    "select name || ' ' || coalesce(args, '') || ' ' || coalesce(result, '') from calls where interface not like 'wasi:clocks/%' order by seq";
  const calls = [...reader.query(sql).rows].map(([text]) => String(text).replaceAll('\\"', "'"));
  reader.close();
  for (const part of [
    'descriptor.open-at {"self":"descriptor#1 \'/\'","path-flags":"{}","path":"\'in.txt\'"',
    '"result":"ok((18 bytes \'hello from a file',
    '<POST 127.0.0.1:',
    '/echo>","options":"none"} {"result":"ok(future-incoming-response#1 <POST 127.0.0.1:',
    '{"result":"200"}',
    '"err(no-entry)"',
  ]) {
    expect(
      calls.some((call) => call.includes(part)),
      part,
    ).toBe(true);
  }
});
