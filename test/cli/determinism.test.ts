/** `--clock` and `--random` as a user meets them. */
import { expect, test } from 'vitest';
import { formatMoment, parseMoment } from '../../cli/moment.ts';
import { example, workspace } from './command.ts';

const PROGRAM = example('wasm/flakyparse-O0g.wasm');
const FOLDER = ['--dir', `${example('fs/flakyparse')}::/`];

test('two runs end the same, and info says why', async () => {
  const ws = workspace();
  const options = ['--clock', 'fixed=2024-02-29T12:00:00.5+01:00', '--random', 'seed=3', ...FOLDER];
  const [first, second] = [
    await ws.run('record', '-q', ...options, PROGRAM),
    await ws.run('record', '-q', ...options, PROGRAM),
  ];
  expect(second).toEqual(first);
  const info = (await ws.run('info')).stdout;
  expect(info).toContain(
    'clock         fixed: starts at 2024-02-29T11:00:00.5Z, each reading takes 100 µs, waits take no real time',
  );
  expect(info).toContain('random bytes  xoshiro128** from seed 3, not fit for secrets');
  const json: unknown = JSON.parse((await ws.run('info', '--json')).stdout);
  expect(json).toMatchObject({
    meta: {
      clock: { startNs: '1709204400500000000', stepNs: 100_000 },
      random: { generator: 'xoshiro128**', seed: 3 },
    },
  });
});

test('info says nothing of them where they are the system’s', async () => {
  const ws = workspace();
  await ws.run('record', '-q', ...FOLDER, PROGRAM);
  expect((await ws.run('info')).stdout).not.toMatch(/^(clock|random bytes)/m);
});

test.each([
  [['--clock', 'real'], /It is fixed or fixed=TIME/],
  [['--clock', 'fixed='], /A time is written/],
  [['--clock', 'fixed=2400-01-01'], /between the years 1970 and 2262/],
  [['--clock', 'fixed=1969-12-31'], /between the years 1970 and 2262/],
  [['--random', '7'], /It is seed or seed=N/],
  [['--random', 'seed=-1'], /no whole number/],
  [['--host', 'node', '--clock', 'fixed'], /need the host sandbox/],
])('%j is refused', async (options, why) => {
  const ws = workspace();
  const run = await ws.run('record', ...options, PROGRAM);
  expect(run).toMatchObject({ status: 2, stdout: '' });
  expect(run.stderr).toMatch(why);
  expect((await ws.run('ls')).stdout).not.toContain('flakyparse');
});

test.each([
  ['0', 0n],
  ['1709204400.123456789', 1_709_204_400_123_456_789n],
  ['1709204400.5', 1_709_204_400_500_000_000n],
  ['2024-02-29', 1_709_164_800_000_000_000n],
  ['2024-02-29 12:00', 1_709_208_000_000_000_000n],
  ['2024-02-29T12:00:00.25', 1_709_208_000_250_000_000n],
  ['2024-02-29T12:00:00-01:30', 1_709_213_400_000_000_000n],
  ['1960-01-01', -315_619_200_000_000_000n],
  ['2023-02-29', undefined],
  ['2024-13-01', undefined],
  ['2024-02-29T25:00', undefined],
  ['2024-02-29T12:00 Europe/Berlin', undefined],
  ['1e9', undefined],
  ['-5', undefined],
  ['now', undefined],
  ['', undefined],
])('the moment %j', (text, ns) => {
  expect(parseMoment(text)).toBe(ns);
});

test.each([
  [0n, '1970-01-01T00:00:00Z'],
  [1_709_204_400_123_456_789n, '2024-02-29T11:00:00.123456789Z'],
  [1_000_000_000_050_000_000n, '2001-09-09T01:46:40.05Z'],
  [2n ** 63n - 1n, '2262-04-11T23:47:16.854775807Z'],
])('%i ns are shown as %s', (ns, text) => {
  expect(formatMoment(ns)).toBe(text);
});
