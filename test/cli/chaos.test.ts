/** `--chaos` and `--until-fails` as a user meets them. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { example, workspace } from './command.ts';

/** A program that fails in about half of its runs. */
function flaky() {
  const ws = workspace();
  const files = join(ws.root, 'files');
  cpSync(example('fs/flakyparse'), files, { recursive: true });
  return { ws, command: ['--dir', `${files}::/`, example('wasm/flakyparse-O0g.wasm')] };
}

test('until it fails: the trace of that run alone, its exit code, and what to do next', async () => {
  const { ws, command } = flaky();
  const run = await ws.run('record', '--chaos', '--until-fails', '50', ...command);
  expect(run.status).toBe(3);
  expect(run.stderr).toMatch(/run \d+ of 50: exit 3 after \d+ calls/);
  expect(run.stderr).toMatch(/the same faults again: wasi-rr record --chaos=\d+ …/);
  expect((await ws.run('ls')).stdout.match(/flakyparse-O0g-\d+/g)?.length).toBe(1);
  expect(await ws.run('verify')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^ok /),
  });
  expect((await ws.run('info')).stdout).toMatch(/^chaos +seed \d+/m);
});

test('runs that pass are told of, and leave nothing', async () => {
  const ws = workspace();
  const run = await ws.run('record', '--until-fails', '3', await ws.guest('exit-0'));
  expect(run).toMatchObject({ status: 0, stdout: '' });
  expect(run.stderr).toContain('3 runs passed; no trace is kept of runs that succeed');
  expect((await ws.run('ls')).stdout).not.toContain('exit-0');
});

test('an injected fault is shown beside its call', async () => {
  const { ws, command } = flaky();
  const faults = ['--chaos-faults', 'short-read'];
  let log = '';
  for (let seed = 1; seed < 30 && !log.includes('injected'); seed++) {
    await ws.run('record', '-q', `--chaos=${seed}`, ...faults, ...command);
    log = (await ws.run('log')).stdout;
  }
  expect(log).toMatch(/fd_read\(.* injected: short read \d+ of \d+ bytes/);
});

test.each([
  [['--chaos-faults', 'all'], /--chaos-faults says which faults --chaos injects/],
  [['--chaos', '--chaos-faults', 'rain'], /there is no fault "rain"/],
  [['--until-fails', '0'], /until-fails/],
  [['--verbose'], /--verbose goes with --until-fails/],
])('%j is refused', async (options, why) => {
  const ws = workspace();
  const run = await ws.run('record', ...options, await ws.guest('exit-0'));
  expect(run).toMatchObject({ status: 2, stdout: '' });
  expect(run.stderr).toMatch(why);
});
