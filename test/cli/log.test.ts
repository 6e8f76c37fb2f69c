/** `wasi-rr log`: lines, filters, summary, JSON. */
import { cpSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { example, Workspace, workspace } from './command.ts';
import { controlsIn } from './text.ts';

describe('heapsmash', () => {
  const ws = new Workspace();
  beforeAll(async () => {
    cpSync(example('fs/heapsmash'), ws.path('files'), { recursive: true });
    await ws.run('record', '-q', '--dir', 'files::/', example('wasm/heapsmash-O0g.wasm'));
  });
  afterAll(() => ws.remove());

  const numbers = async (...args: string[]) => {
    const run = await ws.run('log', ...args);
    expect(run.status).toBe(0);
    return [...run.stdout.matchAll(/^ *#(\d+) /gm)].map(([, number]) => Number(number));
  };

  test('the timeline', async () => {
    const run = await ws.run('log');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    await expect(ws.normalised(run.stdout)).toMatchFileSnapshot('golden/log.txt');
    const path = ws.path('traces', 'heapsmash-O0g-1.wrr');
    expect(await ws.run(path)).toEqual(run);
  });

  test('-T, -s and -v show more', async () => {
    const run = await ws.run('log', '-T', '-s', '80', '-v', '--from', '6', '--to', '8');
    await expect(ws.normalised(run.stdout)).toMatchFileSnapshot('golden/log-verbose.txt');
  });

  test('-c', async () => {
    const run = await ws.run('log', '-c');
    // the order goes by time
    const [head, ...rows] = ws
      .normalised(run.stdout)
      .replaceAll(/\b\d+\.\d\d?\b/g, '0.0')
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().replaceAll(/ +/g, ' '));
    const sorted = [head, ...rows.sort(), ''].join('\n');
    await expect(sorted).toMatchFileSnapshot('golden/log-summary.txt');
  });

  test('-c --json agrees with the lines', async () => {
    const run = await ws.run('log', '-c', '--json');
    const rows = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.find(({ name }) => name === 'fd_read')).toMatchObject({
      calls: 5,
      errors: 0,
      bytes: 3 * 1024 + 181,
    });
    expect(rows.reduce((sum, { calls }) => sum + calls, 0)).toBe(15);
  });

  test('--json', async () => {
    const run = await ws.run('log', '--json');
    const events = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual([...Array(17).keys()]);
    expect(events[0]).toMatchObject({ kind: 'enter', name: '_start', args: [] });
    expect(events[7]).toMatchObject({
      kind: 'call',
      name: 'path_open',
      path: '/users.csv',
      args: { fd: 3, path: 'users.csv' },
      errno: 'success',
      timeNs: expect.any(Number),
      durationNs: expect.any(Number),
    });
    expect(Object.values(events[7].result)).toEqual([4]);
    expect(events[16]).toMatchObject({
      kind: 'unwind',
      outcome: { kind: 'trap', trap: { kind: 'table-out-of-bounds' } },
    });
  });

  test('filters', async () => {
    expect(await numbers('--call', 'fd_close,path_open')).toEqual([7, 13]);
    expect(await numbers('--errno', 'any')).toEqual([3]);
    expect(await numbers('--errno', 'EBADF')).toEqual([3]);
    expect(await numbers('--errno', 'noent')).toEqual([]);
    expect(await numbers('--fd', '4')).toEqual([3, 7, 8, 9, 10, 11, 12, 13]);
    expect(await numbers('--path', 'users')).toEqual([7, 8, 9, 10, 11, 12, 13]);
    expect(await numbers('--path', 'users', '--call', 'fd_read', '--limit', '2')).toEqual([8, 9]);
    expect(await numbers('--from', '#14', '--to', '15')).toEqual([14, 15]);
    expect(await numbers('--from', '15')).toEqual([15, 16]);
    expect(await numbers('--from', '100')).toEqual([]);
    expect(await numbers('--limit', '0')).toEqual([]);
  });

  test('descriptors have names although the log begins later', async () => {
    const run = await ws.run('log', '--from', '12', '--limit', '1');
    expect(run.stdout).toContain('fd_read(4</users.csv>, "", [1024])');
  });

  test('a function that the program does not have', async () => {
    const run = await ws.run('log', '--call', 'fd_raed');
    expect(run).toMatchObject({ status: 0, stdout: '' });
    expect(run.stderr).toMatch(/does not import fd_raed\. It imports args_get, .*fd_read/);
  });

  test.each([
    ['--errno', 'nonsense'],
    ['--fd', 'four'],
    ['--from', '-1'],
    ['--limit', '1.5'],
    ['--bogus', ''],
  ])('usage: %s %s', async (...args) => {
    const run = await ws.run('log', ...args.filter(Boolean));
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(/^wasi-rr: /);
  });
});

test('what a program calls its files is escaped everywhere', async () => {
  const ws = workspace();
  const guest = await ws.guest('paths-with-escapes');
  const args = ['--argv0', 'a\x1b[31m', '--env', 'E=\u202e\x07'];
  await ws.run('record', '-q', ...args, '--dir', '.::/', guest, '\x9b2J');
  for (const command of [
    ['log'],
    ['log', '-v', '-s', '1000'],
    ['log', '--json'],
    ['info'],
    ['info', '--json'],
    ['query', 'select * from calls'],
    ['query', 'select value as "\x1b[2J" from meta'],
    ['ls'],
  ]) {
    const run = await ws.run(...command);
    expect(run.status, command.join(' ')).toBe(0);
    if (!command.includes('--json')) expect(controlsIn(run.stdout), command.join(' ')).toEqual([]);
    expect(run.stdout).not.toContain('\x1b');
  }
  expect((await ws.run('log')).stdout).toContain('\\x1b');
});

test('exits and interruptions', async () => {
  const ws = workspace();
  await ws.run('record', '-q', await ws.guest('exit-3'));
  const exit = (await ws.run('log')).stdout;
  expect(exit).toMatch(/proc_exit\(3\) +=.*\n.* ← exit 3\n\+\+\+ exit 3 \+\+\+\n$/);
  let sleep = '';
  // on a busy machine the guest may not have come so far
  for (let seconds = 2; !sleep.includes('poll_oneoff') && seconds < 60; seconds *= 2) {
    await ws.run('record', '-q', '--timeout', `${seconds}`, await ws.guest('blocked-sleep'));
    sleep = (await ws.run('log')).stdout;
  }
  expect(sleep).toMatch(/poll_oneoff\(.*\) = \?\n\+\+\+ interrupted by timeout \+\+\+\n$/);
});
