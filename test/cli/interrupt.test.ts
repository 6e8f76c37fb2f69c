/** Ending a recording from outside: signals, time limits, guests that nothing ends, and `kill -9`. */
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { hasWritten, whenRecorded } from '../traces/when-recorded.ts';
import { finished, printed, type Workspace, workspace } from './command.ts';

/** Starts a guest that prints `start` and never ends, and waits until that is in its trace. */
async function running(
  ws: Workspace,
  name: string,
  options: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
) {
  const guest = await ws.guest(name);
  const child = ws.start({ stdin: 'open', env }, 'record', ...options, guest);
  const end = finished(child);
  await whenRecorded(ws.path('traces', `${name}-1.wrr`), hasWritten('start\n'));
  return { child, end };
}

/** Records a guest that never ends for some seconds: for more where it did not come to say `start` in them. */
async function limited(name: string) {
  for (let seconds = 2; ; seconds *= 2) {
    const ws = workspace();
    const started = performance.now();
    const args = ['record', '--timeout', `${seconds}`, await ws.guest(name)];
    const run = await ws.runWith({ stdin: name === 'blocked-read' ? 'open' : '' }, ...args);
    expect(performance.now() - started).toBeGreaterThan(1000 * seconds);
    if (run.stdout !== '' || seconds > 30) return { ws, run };
  }
}

describe.each(['busy-loop', 'busy-calls', 'blocked-read', 'blocked-sleep'])('%s', (guest) => {
  test('a signal ends it, and the process as from that signal', async () => {
    const ws = workspace();
    const { child, end } = await running(ws, guest);
    child.kill('SIGINT');
    const run = await end;
    expect(run).toMatchObject({ status: null, signal: 'SIGINT', stdout: 'start\n' });
    expect(run.stderr).toMatch(/^wasi-rr: interrupted by SIGINT after \d+ calls?, recorded in /);

    const replayed = await ws.run('replay');
    expect(replayed).toMatchObject({ status: 130, stdout: 'start\n' });
    expect(replayed.stderr).toMatch(/was interrupted by SIGINT; \d+ of \d+ recorded events/);
  });
});

test.each(['busy-loop', 'blocked-read'])('%s: a time limit ends it with 124', async (name) => {
  const { ws, run } = await limited(name);
  expect(run).toMatchObject({ status: 124, signal: null, stdout: 'start\n' });
  expect(run.stderr).toMatch(/^wasi-rr: interrupted by timeout after \d+ calls?, recorded in /);
  expect((await ws.run('replay', '-q')).status).toBe(124);
  expect((await ws.run('verify')).stdout).toMatch(/^prefix .* interrupted by timeout\n$/);
});

test.each(['SIGTERM', 'SIGHUP'] as const)('%s', async (signal) => {
  const ws = workspace();
  const { child, end } = await running(ws, 'busy-loop', ['-q']);
  child.kill(signal);
  expect(await end).toMatchObject({ status: null, signal, stderr: '' });
  expect((await ws.run('replay', '-q')).status).toBe(128 + constants.signals[signal]);
});

test('a shell sees 128 + n', async () => {
  const ws = workspace();
  await ws.guest('busy-loop');
  const run = await ws.shell(
    `$WASI_RR record -q busy-loop.wasm > out & pid=$!
    until [ -s out ]; do sleep 0.05; done; kill -TERM $pid; wait $pid; echo $?`,
  );
  expect(run.stdout).toBe('143\n');
});

/** Sends its process a second signal while the first one waits, for 0.3 s, for the guest's thread. */
const TWICE = `import { isMainThread } from 'node:worker_threads';
  const again = () => setImmediate(() => process.kill(process.pid, 'SIGINT'));
  if (isMainThread) process.once('SIGTERM', again);`;

test.each([
  ['a module', []],
  ['a component', ['--via-component']],
])('a second signal ends the recording of %s at once', async (_what, options) => {
  const ws = workspace();
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(TWICE)}` };
  const { child, end } = await running(ws, 'blocked-read', options, env);
  child.kill('SIGTERM');
  expect(await end).toMatchObject({ signal: 'SIGINT', stderr: '' });
});

test('after kill -9 the trace is incomplete, and usable', async () => {
  const ws = workspace();
  const { child, end } = await running(ws, 'busy-calls');
  await whenRecorded(ws.path('traces', 'busy-calls-1.wrr'), ({ eventCount }) => eventCount > 2000);
  expect((await ws.run('ls')).stdout).toContain('is being recorded');
  const removal = await ws.run('rm', 'busy-calls-1');
  expect(removal).toMatchObject({ status: 125, stderr: expect.stringContaining('being recorded') });
  child.kill('SIGKILL');
  await end;

  expect((await ws.run('ls')).stdout).toContain('the recorder was killed');
  const log = await ws.run('log', '--limit', '3');
  expect(log).toMatchObject({ status: 0, stderr: '' });
  expect(log.stdout).toContain('"start\\n"');
  const summary = await ws.run('log', '-c');
  expect(summary.status).toBe(0);
  expect(summary.stderr).toMatch(/^wasi-rr: the trace is incomplete: the recorder was killed/);
  const replayed = await ws.run('replay');
  expect(replayed).toMatchObject({ status: 125, stdout: 'start\n' });
  expect(replayed.stderr).toMatch(/wasi-rr: the recording has no end; (\d+) of \1 recorded events/);
  expect(await ws.run('verify')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^prefix .*incomplete/),
  });
  expect((await ws.run('index')).status).toBe(0);
  const query = await ws.run('query', '--json', 'select count(*) n from calls');
  expect(JSON.parse(query.stdout).n).toBeGreaterThan(1000);
  expect((await ws.run('info')).stdout).toMatch(/^state +incomplete:/m);
});

test('a query that never ends is ended by a signal', async () => {
  const ws = workspace();
  await ws.run('record', '-q', '--timeout', '0.2', await ws.guest('busy-loop'));
  const numbers = 'with recursive n(i) as (select 1 union all select i + 1 from n)';
  // enough that it is written at once; then it stays in SQLite
  const rows = `select i from (${numbers} select i from n limit 100000)`;
  const stuck = `select max(i) from (${numbers} select i from n)`;
  const child = ws.start({}, 'query', '--json', `${rows} union all ${stuck}`);
  const end = finished(child);
  await printed(child, '{"i":1}\n');
  child.kill('SIGINT');
  expect(await end).toMatchObject({ status: null, signal: 'SIGINT' });
});
