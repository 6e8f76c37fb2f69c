/** `wasi-rr record --tcplisten`. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { example, finished, saidOnStderr, workspace } from './command.ts';

const ECHO = example('wasm/echo-O0g.wasm');

test('says where it listens, and shows it with the trace', async () => {
  const ws = workspace();
  const child = ws.start({}, 'record', '--tcplisten', '127.0.0.1:0', ECHO);
  const end = finished(child);
  const [, port = ''] = await saidOnStderr(
    child,
    /listening on 127\.0\.0\.1:(\d+) \(descriptor 3\)\n/,
  );
  const client = connect(Number(port), '127.0.0.1');
  client.end('hello');
  expect(await text(client)).toBe('hello');
  expect(await end).toMatchObject({ status: 0, stdout: 'client 0: 5 bytes\n' });
  expect((await ws.run('info')).stdout).toMatch(new RegExp(`^listening +127.0.0.1:${port}$`, 'm'));
  const log = await ws.run('log');
  expect(log.stdout).toMatch(/sock_accept\(3, 0\) += 4\n/);
  expect(log.stdout).toMatch(/sock_recv\(4<socket>, "hello", \[65536\], 0\) += \{ro_datalen=5,/);
  expect(log.stdout).toMatch(/sock_send\(4<socket>, "hello", \[5\], 0\) += 5\n/);
  expect((await ws.run('replay')).stdout).toBe('client 0: 5 bytes\n');
});

test('an address in use: 125, why, and no trace', async () => {
  const ws = workspace();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const bound = other.address();
  const port = typeof bound === 'object' ? bound?.port : 0;
  const run = await ws.run('record', '--tcplisten', `127.0.0.1:${port}`, ECHO);
  other.close();
  expect(run).toMatchObject({ status: 125, stdout: '' });
  expect(run.stderr).toContain(`cannot listen on 127.0.0.1:${port}: another program does`);
  expect((await ws.run('ls')).stdout).toBe('');
});

test('what is no address is a usage error', async () => {
  const run = await workspace().run('record', '--tcplisten', '8080', ECHO);
  expect(run).toMatchObject({ status: 2, stdout: '' });
  expect(run.stderr).toContain('an address is HOST:PORT');
});
