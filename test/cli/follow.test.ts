/** `wasi-rr log -f`: the log of a recording while it goes on. */
import { readdirSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { compileWat } from '../guests/wat.ts';
import { GrowingRun } from '../traces/growing.ts';
import { finished, printed, workspace } from './command.ts';

test('shows calls as they are recorded, and ends with the run', async () => {
  const ws = workspace();
  const run = await GrowingRun.begin(ws.path('traces', 'growing-1.wrr'));
  await run.call('yield', 3);
  const child = ws.start({}, 'log', '-f');
  const following = finished(child);
  await printed(child, '#3 ');
  await run.call('fail');
  await printed(child, 'fd_close(99)');
  expect(child.exitCode).toBe(null);
  await run.call('exit', 7);
  await run.finish();
  const { status, stdout, stderr } = await following;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/\+\+\+ exit 7 \+\+\+\n$/);
  const plain = await ws.run('log');
  const trimmed = (text: string) => text.replaceAll(/^ +/gm, '');
  expect(trimmed(stdout)).toBe(trimmed(plain.stdout));
  expect(readdirSync(ws.path('traces'))).toEqual(['growing-1.wrr']);
});

test('--to and --limit end it', async () => {
  const ws = workspace();
  const run = await GrowingRun.begin(ws.path('traces', 'growing-1.wrr'));
  await run.call('yield', 9);
  for (const [args, numbers] of [
    [
      ['--to', '3'],
      ['0', '1', '2', '3'],
    ],
    [
      ['--limit', '2', '--from', '4'],
      ['4', '5'],
    ],
  ] as const) {
    const { status, stdout } = await ws.run('log', '-f', ...args);
    expect(status).toBe(0);
    expect([...stdout.matchAll(/^ *#(\d+) /gm)].map(([, number]) => number)).toEqual(numbers);
  }
  await run.finish();
});

test('may be started together with the recording', async () => {
  const ws = workspace();
  ws.write('spin.wasm', await compileWat('(module (func (export "_start") (loop $l (br $l))))'));
  const recording = finished(ws.start({}, 'record', '--timeout', '3', 'spin.wasm'));
  while (readdirSync(ws.path('traces')).length === 0) await passed(1);
  const { status, stdout, stderr } = await ws.run('log', '-f');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/_start[\s\S]*interrupted/);
  expect((await recording).status).toBe(124);
});

test('-c makes no sense with it', async () => {
  const ws = workspace();
  const { status, stderr } = await ws.run('log', '-f', '-c');
  expect(status).toBe(2);
  expect(stderr).toMatch(/--summary.*--follow|--follow.*--summary/);
});
