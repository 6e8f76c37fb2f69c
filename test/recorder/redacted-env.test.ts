/** Secrets that a program is not given, and that no trace holds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redactEnv } from '../../recorder/redacted-env.ts';
import { replay } from '../../replayer/replay.ts';
import { TraceReader } from '../../traces/reader.ts';
import { data, program } from '../guests/assemble.ts';
import { compileWat } from '../guests/wat.ts';
import { placesOf } from '../traces/contents.ts';
import { Scratch } from './scratch.ts';

const scratch = new Scratch('redacted');
const cacheHome = process.env.XDG_CACHE_HOME;

beforeAll(() => {
  process.env.XDG_CACHE_HOME = scratch.fresh();
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  scratch.remove();
});

function names(env: readonly string[], options: Parameters<typeof redactEnv>[1] = {}) {
  return redactEnv(
    env.map((name) => `${name}=value`),
    options,
  ).names;
}

describe('a name', () => {
  test.each([
    'TOKEN',
    'GITHUB_TOKEN',
    'npm_config_token',
    'TOKEN_PROD',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ACCESS_KEY_ID',
    'SECRET_KEY_BASE',
    'PGPASSWORD',
    'DB_PASSWORD_1',
    'MYSQL_PWD',
    'SMTP_PASS',
    'GITHUB_PAT',
    'OPENAI_API_KEY',
    'GoogleApiKey',
    'SSH_PRIVATE_KEY',
  ])('%s looks secret', (name) => {
    expect(names([name])).toEqual([name]);
    expect(names([name], { redactSecrets: false })).toEqual([]);
  });

  test.each([
    'PATH',
    'PWD',
    'OLDPWD',
    'COMPASS',
    'PATH_INFO',
    'HOME',
    'MAX_TOKENS',
    'TOKENIZERS',
    'KEYBOARD',
    'LANG',
    'LC_ALL',
  ])('%s does not', (name) => expect(names([name])).toEqual([]));

  test.each([
    ['AWS_*', ['AWS_REGION'], ['XAWS_REGION', 'AWS']],
    ['*URL*', ['URL', 'DATABASE_URL', 'url_2'], ['UR']],
    ['A.C', ['a.c'], ['ABC']],
    ['X*Y*Z', ['XYZ', 'X1Y2Z'], ['XZY']],
    ['*', ['A', 'B'], []],
  ])('that %s stands for', (name, yes, no) => {
    const options = { redactEnv: [name], redactSecrets: false };
    expect(names([...yes, ...no], options)).toEqual(yes);
  });

  test('of no variable is told of', () => {
    const options = { redactEnv: ['A', 'B*', 'C'] };
    expect(redactEnv(['A=1', 'B='], options).unmatched).toEqual(['C']);
  });

  test.each(['', 'A=B'])('%j is refused', (name) => {
    expect(() => names(['A'], { redactEnv: [name] })).toThrow(/by its name alone/);
  });
});

test('a value keeps its length in bytes, an empty one is left; the rest is untouched', () => {
  const bytes = Buffer.concat([Buffer.from('B_TOKEN='), Buffer.of(0xff, 0xfe, 0x3d)]);
  const { env, bySecretName } = redactEnv(
    ['A_TOKEN=käse=1', bytes, 'C=käse', 'D_TOKEN=', 'E_TOKEN', 'F=x'],
    { redactEnv: ['f'] },
  );
  expect(env.map((one) => Buffer.from(one).toString())).toEqual([
    'A_TOKEN=*******',
    'B_TOKEN=***',
    'C=käse',
    'D_TOKEN=',
    'E_TOKEN',
    'F=*',
  ]);
  expect(bySecretName).toEqual(['A_TOKEN', 'B_TOKEN']);
});

const SECRET = 'correct horse battery staple';
const ENV = ['PLAIN=x', `API_TOKEN=${SECRET}`];

/** Prints its environment and traps, so that its memory is in the trace. */
const printer = () =>
  compileWat(
    program(`
  ${data(2048, new Uint8Array(8))}
  (func (export "_start")
    (drop (call $environ_sizes_get (i32.const 2048) (i32.const 2052)))
    (drop (call $environ_get (i32.const 3000) (i32.const 4096)))
    (call $say (i32.const 4096) (i32.load (i32.const 2052)))
    unreachable)`),
  );

test('no byte of a secret is in a trace, which replays as the program ran', async () => {
  const module = await printer();
  const run = await scratch.record({ module, env: ENV, payload: 'full', paranoid: true });
  expect(run.stdout.toString()).toBe(`PLAIN=x\0API_TOKEN=${'*'.repeat(SECRET.length)}\0`);
  expect(placesOf(Buffer.from(SECRET), run.trace)).toEqual([]);
  expect(placesOf(Buffer.from(SECRET.slice(3, 9)), run.trace)).toEqual([]);
  const reader = new TraceReader(run.trace);
  expect(reader.meta.redacted).toEqual(['API_TOKEN']);
  reader.close();
  expect((await replay({ trace: run.trace })).status).toBe('identical');
});

test('a trace of a program that was given it holds it everywhere', async () => {
  const module = await printer();
  const run = await scratch.record({ module, env: ENV, payload: 'full', redactSecrets: false });
  expect(run.stdout.toString()).toContain(SECRET);
  expect(placesOf(Buffer.from(SECRET), run.trace)).toEqual(
    expect.arrayContaining(['meta.value', 'pages.data, unpacked', 'segments.data, unpacked']),
  );
  const reader = new TraceReader(run.trace);
  expect(reader.meta.redacted).toBeUndefined();
  reader.close();
});

test('a component does not get it either', async () => {
  const wat = readFileSync(
    join(import.meta.dirname, '../components/fixtures/environment.wat'),
    'utf8',
  );
  const module = await parse(wat);
  const run = await scratch.record({ module, env: ENV, paranoid: true });
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  expect(placesOf(Buffer.from(SECRET), run.trace)).toEqual([]);
  expect(placesOf(Buffer.from('*'.repeat(SECRET.length)), run.trace)).toContain(
    'segments.data, unpacked',
  );
  expect((await replay({ trace: run.trace })).status).toBe('identical');
});
