/** Variables that look secret, as a user meets them. */
import { expect, test } from 'vitest';
import { workspace } from './command.ts';

const NOTE =
  'wasi-rr: note: the program gets asterisks for API_TOKEN, DB_PASSWORD, since the trace would hold the value. If it needs that: --no-redact-env.\n';
const SECRETS = ['--env', 'API_TOKEN', '--env', 'DB_PASSWORD=hunter2'];
const env = { API_TOKEN: 'käse' };

test('the program gets asterisks, and the user is told why and what to do', async () => {
  const ws = workspace();
  const guest = await ws.guest('args-environ');
  const run = await ws.runWith({ env }, 'record', '-q', ...SECRETS, '--env', 'A=1', guest);
  expect(run).toEqual({
    status: 0,
    signal: null,
    stdout: '1\n3\nAPI_TOKEN=*****\0DB_PASSWORD=*******\0A=1\0\n',
    stderr: NOTE,
  });
  expect((await ws.run('info')).stdout).toMatch(/^redacted +API_TOKEN, DB_PASSWORD$/m);
});

test('it is told once, however many runs there are', async () => {
  const ws = workspace();
  const options = ['--until-fails', '3', '-q', ...SECRETS];
  const run = await ws.runWith({ env }, 'record', ...options, await ws.guest('exit-0'));
  expect(run.stderr).toBe(NOTE);
});

test.each([
  [['--no-redact-env', '--redact-env', 'p*']],
  [['--redact-env', 'p*', '--no-redact-env']],
])('%j: only what was named, and nothing is said of it', async (options) => {
  const ws = workspace();
  const given = ['--env', 'API_TOKEN', '--env', 'PIN=1234'];
  const guest = await ws.guest('args-environ');
  const run = await ws.runWith({ env }, 'record', '-q', ...options, ...given, guest);
  expect(run.stdout).toContain('API_TOKEN=käse\0PIN=****\0');
  expect(run.stderr).toBe('');
});

test('a name that hides nothing is told of: it may be misspelt', async () => {
  const ws = workspace();
  const run = await ws.run(
    ...['record', '-q', '--redact-env', 'PASWORT', '--env', 'PIN=1'],
    await ws.guest('args-environ'),
  );
  expect(run.stdout).toContain('PIN=1');
  expect(run.stderr).toContain('--redact-env PASWORT: no variable');
});

test('a value in place of a name is refused without being repeated', async () => {
  const ws = workspace();
  const run = await ws.run('record', '--redact-env', 'PIN=1234', await ws.guest('exit-0'));
  expect(run.status).toBe(2);
  expect(run.stderr).toMatch(/given by its name alone/);
  expect(run.stderr).not.toContain('1234');
});
