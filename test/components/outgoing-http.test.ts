/** A component that asks a server: recorded with --net, and replayed with the server gone. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, expect, test } from 'vitest';
import { TraceReader } from '../../traces/reader.ts';
import { Scratch } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';

const scratch = new Scratch('outgoing-http');
afterAll(() => scratch.remove());

const DATA = 'line after line\n'.repeat(2000);

test('what a server answered is there without it', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(incoming.url);
    // in chunks
    outgoing.write(DATA.slice(0, 1000));
    setImmediate(() => outgoing.end(DATA.slice(1000)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const module = await parse(
    readFileSync(join(import.meta.dirname, 'fixtures/http-client.wat'), 'utf8'),
  );
  const env = { SERVER: `127.0.0.1:${port}` };
  const run = await scratch.record({ module, env, net: true, paranoid: true });
  const denied = await scratch.record({ module, env });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));

  expect(asked).toEqual(['/data?of=1']);
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  expect(run.stdout.toString()).toBe(DATA);
  const again = await replayed(run.trace);
  expect(again.status).toBe('identical');
  expect(again.stdout.toString()).toBe(DATA);

  // without --net it asks nobody
  expect(denied.stdout.toString()).toBe('');
  expect(denied.outcome).toEqual({ kind: 'exit', code: 1 });
  const reader = new TraceReader(denied.trace);
  const answers = reader.query("select errno from calls where name = 'handle'");
  expect([...answers.rows].map((row) => [...row])).toEqual([['HTTP-request-denied']]);
  reader.close();
  expect((await replayed(denied.trace)).status).toBe('identical');
});
