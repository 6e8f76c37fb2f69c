/** `--until-fails` as a user meets it: what each run reads, and every way in which it can end. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { data, program, words } from '../guests/assemble.ts';
import { compileWat } from '../guests/wat.ts';
import { finished, printed, type Workspace, workspace } from './command.ts';

/** Prints what it reads; then exits with 0, or where it has read nothing, with 1. */
const echo = () =>
  compileWat(
    program(`
  ${data(2048, words(3000, 4096))}
  (func (export "_start")
    (drop (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 2064)))
    (call $say (i32.const 3000) (i32.load (i32.const 2064)))
    (call $proc_exit (i32.eqz (i32.load (i32.const 2064)))))`),
  );

/** Opens a pipe that nobody writes to: nothing ends that but the end of the process. */
async function waitsForWriter(ws: Workspace): Promise<string> {
  execFileSync('mkfifo', [ws.path('pipe')]);
  const wat = program(`
  ${data(2048, 'pipe')}
  (func (export "_start")
    (say "start\n")
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 2048) (i32.const 4) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 3000))))`);
  return ws.write('waits.wasm', await compileWat(wat));
}

/** Fails the test if anything is left: of temporary files, or of traces but these. */
function expectNothingLeft(ws: Workspace, ...traces: readonly string[]): void {
  expect(readdirSync(ws.root).filter((name) => name.startsWith('wasi-rr-'))).toEqual([]);
  expect(readdirSync(ws.traces)).toEqual(traces);
}

test('every run reads the whole input, from its beginning', async () => {
  const ws = workspace();
  ws.write('echo.wasm', await echo());
  const args = ['record', '-v', '--until-fails', '3', 'echo.wasm'];
  const run = await ws.runWith({ stdin: 'the input\n' }, ...args);
  expect(run).toMatchObject({ status: 0, stdout: 'the input\n'.repeat(3) });
  expect(run.stderr).toContain('3 runs passed; no trace is kept');
  expectNothingLeft(ws);
});

test.each([
  [[], true],
  [['--chaos'], false],
])('runs that have everything in common are advised against, %j', async (options, advised) => {
  const ws = workspace();
  const same = ['--clock', 'fixed', '--random', 'seed', '--until-fails', '2'];
  const run = await ws.run('record', ...same, ...options, await ws.guest('exit-0'));
  expect(run.status).toBe(0);
  expect(run.stderr.includes('every run is the same; add --chaos')).toBe(advised);
});

test('without --verbose only the run that fails prints', async () => {
  const ws = workspace();
  ws.write('echo.wasm', await echo());
  const passing = ['record', '--until-fails', '2', 'echo.wasm'];
  expect((await ws.runWith({ stdin: 'x' }, ...passing)).stdout).toBe('');
  const failing = await ws.run('record', '--until-fails', '2', await ws.guest('exit-3'));
  const alone = await ws.run('record', '-o', 'alone.wrr', 'exit-3.wasm');
  expect(failing).toMatchObject({ status: 3, stdout: alone.stdout });
  expect(failing.stderr).toMatch(/run 1 of 2: exit 3 after/);
  expectNothingLeft(ws, 'exit-3-1.wrr');
});

test('an input that never ends is told of, and Ctrl-C ends the reading', async () => {
  const ws = workspace();
  const guest = await ws.guest('exit-0');
  const child = ws.start({ stdin: 'open' }, 'record', '--until-fails', '2', guest);
  const end = finished(child);
  await new Promise((resolve) => child.stderr?.once('data', resolve));
  child.kill('SIGINT');
  const run = await end;
  expect(run).toMatchObject({ status: null, signal: 'SIGINT', stdout: '' });
  expect(run.stderr).toMatch(/reading the input to its end/);
  expectNothingLeft(ws);
});

test('a folder for temporary files that cannot be used is told of, before anything runs', async () => {
  const ws = workspace();
  const args = ['record', '--until-fails', '2', await ws.guest('exit-3')];
  const run = await ws.runWith({ env: { TMPDIR: ws.path('missing') } }, ...args);
  expect(run).toMatchObject({ status: 125, stdout: '' });
  expect(run.stderr).toMatch(/temporary files .*missing cannot be used: ENOENT.* set TMPDIR/);
  expectNothingLeft(ws);
});

test('a time limit ends a run, which has failed then', async () => {
  const ws = workspace();
  const args = ['--timeout', '1', '--until-fails', '3', await ws.guest('busy-loop')];
  const run = await ws.run('record', ...args);
  expect(run.status).toBe(124);
  expect(run.stderr).toMatch(/run 1 of 3: interrupted by timeout after/);
  expectNothingLeft(ws, 'busy-loop-1.wrr');
  expect((await ws.run('verify')).stdout).toMatch(/^prefix .* interrupted by timeout\n$/);
});

test('Ctrl-C ends a run, whose trace is kept: it may have hung', async () => {
  const ws = workspace();
  const args = ['record', '-v', '--until-fails', '5', await ws.guest('busy-loop')];
  const child = ws.start({}, ...args);
  const end = finished(child);
  await printed(child, 'start\n');
  child.kill('SIGINT');
  const run = await end;
  expect(run).toMatchObject({ status: null, signal: 'SIGINT' });
  expect(run.stderr).toMatch(/run 1 of 5: interrupted by SIGINT after/);
  expectNothingLeft(ws, 'busy-loop-1.wrr');
  expect((await ws.run('replay')).status).toBe(130);
});

test('a second signal may end the process at once, and no temporary file stays', async () => {
  const ws = workspace();
  const args = ['record', '-v', '--dir', '.', '--until-fails', '5', await waitsForWriter(ws)];
  const child = ws.start({}, ...args);
  const end = finished(child);
  await printed(child, 'start\n');
  // the guest is to be in that call, and the second signal to come while the first waits for its thread
  await sleep(100);
  child.kill('SIGTERM');
  await sleep(100);
  child.kill('SIGINT');
  expect((await end).signal).toMatch(/^SIG(INT|TERM)$/);
  expect(readdirSync(ws.root).filter((name) => name.startsWith('wasi-rr-'))).toEqual([]);
});

test('kill -9 leaves no temporary file either', async () => {
  const ws = workspace();
  const args = ['record', '-v', '--until-fails', '5', await ws.guest('busy-loop')];
  const child = ws.start({}, ...args);
  const end = finished(child);
  await printed(child, 'start\n');
  child.kill('SIGKILL');
  await end;
  expect(readdirSync(ws.root).filter((name) => name.startsWith('wasi-rr-'))).toEqual([]);
});

test('Ctrl-C while runs pass: the process ends as from that signal, whether in a run or between two', async () => {
  const ws = workspace();
  ws.write('echo.wasm', await echo());
  const args = ['record', '-v', '--until-fails', '100000', 'echo.wasm'];
  const child = ws.start({ stdin: 'the input\n' }, ...args);
  const end = finished(child);
  await printed(child, 'the input\n'.repeat(3));
  child.kill('SIGINT');
  const run = await end;
  expect(run).toMatchObject({ status: null, signal: 'SIGINT' });
  expect(run.stderr).toMatch(
    /\d+ runs passed, then interrupted by SIGINT|run \d+ of 100000: interrupted by SIGINT/,
  );
  expect(readdirSync(ws.traces).length).toBeLessThan(2);
});
