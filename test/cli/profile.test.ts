/** `wasi-rr profile` and `coverage`: what they print, the files that other programs read, and bad input. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileWat } from '../guests/wat.ts';
import { example, Workspace } from './command.ts';

const ws = new Workspace();
beforeAll(async () => {
  cpSync(example('fs/heapsmash'), ws.path('files'), { recursive: true });
  const program = example('wasm/heapsmash-O0g.wasm');
  await ws.run('record', '-q', '--dir', 'files::/', '-o', 'smash.wrr', program);
  await ws.run('record', '-q', '--dir', 'files::/', program);
  const plain = '(module (memory (export "memory") 1) (func (export "_start")))';
  const wasm = ws.write('plain.wasm', await compileWat(plain));
  await ws.run('record', '-q', '-o', 'plain.wrr', wasm);
});
afterAll(() => ws.remove());

const read = (name: string) => JSON.parse(readFileSync(ws.path(name), 'utf8'));

test('profiles and coverage, as a transcript', async () => {
  const transcript: string[] = [];
  for (const command of [
    ['profile', '--top', '12'],
    ['profile', 'smash.wrr', '--format', 'tree'],
    ['coverage', 'smash.wrr', 'smash.wrr', '--source', example('')],
    ['coverage', 'smash.wrr', '--source', example(''), '--annotate', 'heapsmash.c'],
    ['coverage', 'smash.wrr', '--source', example(''), '--format', 'lcov'],
    ['coverage', 'smash.wrr', '--source', example(''), '--format', 'json'],
  ]) {
    const run = await ws.run(...command);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    // the host's calls are in the order of their times
    const [guest = '', host = ''] = run.stdout.split(/\n\n(?= *seconds)/);
    const calls = host
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/ +/).slice(1).join(' '));
    transcript.push(`$ wasi-rr ${command.join(' ')}\n${guest}\n${calls.toSorted().join('\n')}`);
  }
  await expect(ws.normalised(transcript.join('\n'))).toMatchFileSnapshot('golden/profile.txt');
});

describe('profiles for other programs', () => {
  test('speedscope: two profiles of nested events, to the sums of the table', async () => {
    const run = await ws.run('profile', 'smash.wrr', '-o', 'smash.json');
    expect(run).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const { shared, profiles } = read('smash.json');
    for (const { events, startValue, endValue } of profiles) {
      const open: number[] = [];
      let last = startValue;
      for (const { type, frame, at } of events) {
        expect(at).toBeGreaterThanOrEqual(last);
        last = at;
        if (type === 'O') open.push(frame);
        else expect(open.pop()).toBe(frame);
      }
      expect(open).toEqual([]);
      expect(last).toBe(endValue);
    }
    expect(profiles.map(({ unit }: { unit: string }) => unit)).toEqual(['none', 'nanoseconds']);
    expect(profiles[0].endValue).toBe(22726);
    expect(shared.frames).toContainEqual({ name: 'set_name', file: 'src/heapsmash.c', line: 10 });
  });

  test('cpuprofile: a tree of ids, and as much time as there are ticks', async () => {
    await ws.run('profile', 'smash.wrr', '-o', 'smash.cpuprofile');
    const { nodes, samples, timeDeltas, endTime } = read('smash.cpuprofile');
    const ids = nodes.map(({ id }: { id: number }) => id);
    const children = nodes.flatMap((node: { children: number[] }) => node.children);
    expect([1, ...children].sort((a, b) => a - b)).toEqual(ids);
    expect(samples.every((id: number) => ids.includes(id))).toBe(true);
    expect(timeDeltas.length).toBe(samples.length);
    expect(timeDeltas.reduce((a: number, b: number) => a + b)).toBe(22726);
    expect(endTime).toBe(22726);
  });

  test('folded: the same ticks in stacks', async () => {
    const { stdout } = await ws.run('profile', 'smash.wrr', '--format', 'folded');
    const lines = stdout.trimEnd().split('\n');
    const ticks = lines.map((line) => Number(/ (\d+)$/.exec(line)?.[1]));
    expect(ticks.reduce((a, b) => a + b)).toBe(22726);
    expect(stdout).toMatch(/;main;rename_user;set_name \d+\n/);
  });

  test('JSON: an object a function', async () => {
    const { stdout } = await ws.run('profile', 'smash.wrr', '--format', 'json');
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows[0]).toMatchObject({ name: 'checksum', calls: 51, ticks: 8262, totalTicks: 8262 });
    expect(rows.find(({ name }) => name === 'fd_read')).toMatchObject({ func: null, calls: 5 });
  });
});

describe('refused', () => {
  test('a file that cannot be written: nothing is left of it', async () => {
    mkdirSync(ws.path('taken'));
    const run = await ws.run('profile', 'smash.wrr', '-o', 'taken');
    expect(run).toMatchObject({
      status: 125,
      stderr: expect.stringMatching(/taken cannot be written/),
    });
    expect(readdirSync(ws.root).filter((name) => name.endsWith('.part'))).toEqual([]);
    const missing = await ws.run('coverage', 'smash.wrr', '-o', 'no/such/app.info');
    expect(missing).toMatchObject({ status: 125, stderr: expect.stringMatching(/ENOENT/) });
    expect(existsSync(ws.path('no'))).toBe(false);
  });

  test.each([
    ['no debug information', ['coverage', 'plain.wrr'], /build it with debug information \(-g\)/],
    [
      'sources elsewhere',
      ['coverage', 'smash.wrr', '--source', 'files'],
      /none of the \d+ files .* below files/,
    ],
    [
      'another file',
      ['coverage', 'smash.wrr', '--annotate', 'other.c'],
      /no code comes from a file "other.c"/,
    ],
    [
      'a file not here',
      ['coverage', 'smash.wrr', '--annotate', 'heapsmash.c'],
      /not found here: .*--source/,
    ],
    [
      'a format',
      ['profile', 'smash.wrr', '--format', 'svg'],
      /Allowed choices are text, tree, json/,
    ],
  ])('%s', async (_, command, words) => {
    const run = await ws.run(...command);
    expect(run).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(words) });
  });
});
