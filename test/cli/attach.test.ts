/** `wasi-rr attach`: traces that explain themselves, wherever they are. */
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textSection, withoutDebugSections } from '../replayer/dwarf/sections.ts';
import { example, REPOSITORY, Workspace } from './command.ts';

const ws = new Workspace();
const whole = readFileSync(example('wasm/heapsmash-O0g.wasm'));
const fixture = (name: string) => join(REPOSITORY, 'test/replayer/source/programs', name);

beforeAll(async () => {
  ws.write('stripped.wasm', withoutDebugSections(whole));
  mkdirSync(ws.path('files'));
  copyFileSync(example('fs/heapsmash/users.csv'), ws.path('files/users.csv'));
  await ws.run('record', '-q', '-o', 'smash.wrr', '--dir', 'files::/', 'stripped.wasm');
});
afterAll(() => ws.remove());

describe('debug information beside the module', () => {
  test('says what the module does not, until it is removed', async () => {
    const before = await ws.run('stack', 'smash.wrr', 'failure');
    expect(before.stdout).toMatch(/at main \(function 15, byte 0x7a9\)/);
    const put = await ws.run(
      'attach',
      'smash.wrr',
      '--debug-file',
      example('wasm/heapsmash-O0g.wasm'),
    );
    expect(put).toMatchObject({ status: 0, stdout: '' });
    expect(put.stderr).toMatch(/1 file of debug information put into smash.wrr/);
    const after = await ws.run('stack', 'smash.wrr', 'failure', '--locals');
    expect(after.stdout).toMatch(/at main src\/heapsmash.c:35:\d+ /);
    expect(after.stdout).toMatch(/ {4}u = 0x12310/);
    const verified = await ws.run('verify', 'smash.wrr');
    expect(verified.status).toBe(0);
    await ws.run('attach', 'smash.wrr', '--remove', 'debug');
    expect(await ws.run('stack', 'smash.wrr', 'failure')).toEqual(before);
  });

  test('that the module names is put in when it is recorded; what it names elsewhere is not', async () => {
    mkdirSync(ws.path('build'));
    const named = (text: string) =>
      withoutDebugSections(whole, textSection('external_debug_info', text));
    ws.write('build/app.debug.wasm', whole);
    ws.write('secret.wasm', whole);
    ws.write('build/app.wasm', named('app.debug.wasm'));
    ws.write('build/other.wasm', named('../secret.wasm'));
    ws.write('build/absolute.wasm', named(ws.path('secret.wasm')));
    const options = ['record', '-q', '--dir', 'files::/'];
    const run = await ws.run(...options, '-o', 'app.wrr', 'build/app.wasm');
    expect(run.stderr).toMatch(/at main src\/heapsmash.c:35/);
    const listed = await ws.run('attach', 'app.wrr', '--json');
    expect(JSON.parse(listed.stdout)).toEqual({ kind: 'debug', name: '', size: whole.length });
    for (const name of ['other', 'absolute']) {
      await ws.run(...options, '-o', `${name}.wrr`, `build/${name}.wasm`);
      expect((await ws.run('attach', `${name}.wrr`)).stderr).toMatch(/holds no files besides/);
    }
  });

  test.each([
    ['of another build', 'wasm/uninit-O0g.wasm', /does not fit: it belongs to another build/],
    ['no debug information', 'src/heapsmash.c', /holds no debug information/],
    ['not there', 'wasm/none.wasm', /cannot be read: ENOENT/],
  ])('%s: refused, and a recording is kept all the same', async (_, file, words) => {
    const run = await ws.run('attach', 'smash.wrr', '--debug-file', example(file));
    expect(run).toMatchObject({ status: 2, stderr: expect.stringMatching(words) });
    const options = ['-q', '-o', 'kept.wrr', '--dir', 'files::/', '--debug-file', example(file)];
    const recorded = await ws.run('record', ...options, 'stripped.wasm');
    expect(recorded).toMatchObject({ status: 134, stderr: expect.stringMatching(words) });
    expect((await ws.run('verify', 'kept.wrr')).status).toBe(0);
    rmSync(ws.path('kept.wrr'));
  });
});

test('sources are shown where they are gone, by their other paths too', async () => {
  const program = example('wasm/heapsmash-O0g.wasm');
  await ws.run('record', '-q', '-o', 'src.wrr', '--dir', 'files::/', program);
  mkdirSync(ws.path('moved'));
  copyFileSync(example('src/heapsmash.c'), ws.path('moved/heapsmash.c'));
  const list = ['debug', 'src.wrr', '-e', 'list 35'];
  expect((await ws.run(...list)).status).toBe(2);
  const elsewhere = await ws.run(...list, '--source', '.', '--source-map', 'src/=moved/');
  expect(elsewhere.stdout).toMatch(/\n35\t {2}for \(user \*u = head/);
  const put = await ws.run('attach', 'src.wrr', '--source', '.', '--source-map', 'src/=moved/');
  expect(put.stderr).toMatch(/1 of \d+ source files put into src.wrr/);
  renameSync(ws.path('moved'), ws.path('gone'));
  const stored = await ws.run(...list);
  expect(stored.stdout).toBe(elsewhere.stdout);
  const annotated = await ws.run('coverage', 'src.wrr', '--annotate', 'heapsmash.c');
  expect(annotated.stdout).toMatch(/ 1472: {3}12:/);
});

test('an AssemblyScript program: lines by its source map, sources from it', async () => {
  for (const name of ['digits.wasm', 'digits.wasm.map']) copyFileSync(fixture(name), ws.path(name));
  const run = await ws.runWith({ stdin: '12x4\n' }, 'record', '-q', '-o', 'as.wrr', 'digits.wasm');
  const line = readFileSync(fixture('digits.ts'), 'utf8')
    .split('\n')
    .findIndex((text) => text.includes('unreachable()'));
  expect(run.stderr).toMatch(new RegExp(`at digits/digit digits/digits.ts:${line + 1}:`));
  rmSync(ws.path('digits.wasm.map'));
  const debug = await ws.run('debug', 'as.wrr', '-e', 'rs', '-e', 'list');
  expect(debug).toMatchObject({ status: 0, stderr: '' });
  expect(debug.stdout).toMatch(/\n\d+\t {2}const value = code - 48;\n/);
});
