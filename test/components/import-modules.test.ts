/** Interfaces that JavaScript modules give to a component: recorded like any host, replayed without them. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JsValues } from '../../recorder/component/js-values.ts';
import { replay } from '../../replayer/replay.ts';
import { TraceReader } from '../../traces/reader.ts';
import type { TypeRef, WitType } from '../../wasm/component/types.ts';
import { compileWat } from '../guests/wat.ts';
import { type RecordedRun, Scratch } from '../recorder/scratch.ts';

const BANK = `
  export class Account {
    left = 100n;
    constructor(owner) { this.name = owner; }
    take(amount) {
      if (this.left < amount) throw 'empty';
      return (this.left -= BigInt(amount));
    }
    owner() { return this.name; }
  }
  export const open = (owner) => new Account(owner);
  console.log('the bank is open');`;
const ASK = 'export default (n) => n * 100;';

const scratch = new Scratch('import-modules');
const cacheHome = process.env.XDG_CACHE_HOME;
let module: Uint8Array;

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = scratch.fresh();
  module = await parse(readFileSync(join(import.meta.dirname, 'fixtures/bank.wat'), 'utf8'));
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  scratch.remove();
});

async function recorded({ bank = BANK, ask = ASK } = {}): Promise<RecordedRun> {
  const folder = scratch.folder({ 'bank.mjs': bank, 'ask.mjs': ask });
  const run = await scratch.record({
    module,
    paranoid: true,
    imports: { 'acme:bank/vault@1.0.0': join(folder, 'bank.mjs'), ask: join(folder, 'ask.mjs') },
  });
  rmSync(folder, { recursive: true });
  return run;
}

test('what modules answer is recorded, with its values, and replays without them', async () => {
  const run = await recorded();
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  // what the modules say is no output of the guest's, and is seen
  expect(run.stderr.toString()).toBe('the bank is open\n');
  const reader = new TraceReader(run.trace);
  const sql = 'select interface, name, args, result, errno from calls order by seq';
  const calls = [...reader.query(sql).rows];
  reader.close();
  const vault = 'acme:bank/vault@1.0.0';
  expect(calls).toEqual([
    [vault, 'open', String.raw`{"owner":"\"Ada \\\"x\\\"\""}`, '{"result":"account#1"}', 'success'],
    [vault, 'account.take', '{"self":"account#1","amount":"30"}', '{"result":"ok(70)"}', 'success'],
    ['', 'ask', '{"n":"7"}', '{"result":"700"}', 'success'],
    [
      vault,
      'account.take',
      '{"self":"account#1","amount":"700"}',
      '{"result":"err(empty)"}',
      'empty',
    ],
    [
      vault,
      'account.owner',
      '{"self":"account#1"}',
      String.raw`{"result":"\"Ada \\\"x\\\"\""}`,
      'success',
    ],
    [vault, 'account.drop', '{"self":"account#1"}', '{}', 'success'],
  ]);
  expect(await replay({ trace: run.trace })).toMatchObject({ status: 'identical' });
});

describe('ends the run, and says why, where a module', () => {
  test.each([
    [
      'throws',
      { ask: "export default () => { throw new Error('boom'); };" },
      'ask threw Error: boom',
    ],
    [
      'returns what is no u32',
      { ask: "export default () => 'text';" },
      'ask threw TypeError: it returned "text", which is no u32',
    ],
    ['is asynchronous', { ask: 'export default async () => 1;' }, 'it returned a promise'],
    [
      'throws no case of the error',
      { bank: BANK.replace("'empty'", "'full'") },
      'acme:bank/vault@1.0.0 account.take threw TypeError: it threw "full", which is no enum',
    ],
    [
      'has no such object',
      { bank: BANK.replace('new Account(owner)', 'owner') },
      'which is no own (an object of its class)',
    ],
  ])('%s', async (_, modules, message) => {
    const run = await recorded(modules);
    const says = expect.stringContaining(message) as string;
    expect(run.outcome).toMatchObject({ kind: 'trap', trap: { kind: 'other', message: says } });
    const report = await replay({ trace: run.trace });
    expect(report).toMatchObject({ status: 'identical', outcome: run.outcome });
  });

  test.each([
    [
      'lacks a function',
      { bank: BANK.replace('take(', 'give(') },
      ['acme:bank/vault@1.0.0 account.take, which ', 'bank.mjs is to give'],
    ],
    [
      'lacks the default export',
      { ask: 'export const ask = 1;' },
      ['  ask, which ', 'ask.mjs is to give'],
    ],
    [
      'is no JavaScript',
      { ask: 'export default (' },
      ['ask.mjs, which is to give ask, cannot be loaded'],
    ],
    [
      'fails as it is loaded',
      { ask: "throw new Error('at load');" },
      ['cannot be loaded: at load'],
    ],
  ])('%s, before it starts', async (_, modules, messages) => {
    const { outcome, calls } = await recorded(modules);
    expect(outcome.kind).toBe('failed');
    for (const text of messages) {
      expect(outcome).toMatchObject({ message: expect.stringContaining(text) as string });
    }
    expect(calls).toBe(0);
  });
});

describe('is refused before anything is written', () => {
  test.each([
    [
      'a module that is not there',
      { ask: '/nowhere/ask.mjs' },
      'MODULE_NOT_FOUND',
      '/nowhere/ask.mjs, which was to give ask',
    ],
    [
      'an interface that is not imported',
      { 'acme:bank/valt': import.meta.filename },
      'OPTION_INVALID',
      'does not import acme:bank/valt. Its core code imports:\n  acme:bank/vault\n  ask',
    ],
    [
      'two modules for one interface',
      { 'ask@1.0.0': import.meta.filename, ask: import.meta.filename },
      'OPTION_INVALID',
      'given twice',
    ],
    [
      'some of what is imported',
      { ask: import.meta.filename },
      'IMPORTS_UNSATISFIED',
      '\n  acme:bank/vault@1.0.0: open, account.take, account.owner\n',
    ],
  ])('%s', async (_, imports, code, message) => {
    await expect(
      scratch.record({ module, imports: imports as Record<string, string> }),
    ).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  test('a core module', async () => {
    const core = await compileWat('(module (func (export "_start")))');
    const imports = { ask: import.meta.filename };
    await expect(scratch.record({ module: core, imports })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('is a core module') as string,
    });
  });
});

const TYPES: readonly WitType[] = [
  {
    kind: 'record',
    fields: [
      { name: 'first-name', type: 'string' },
      { name: 'age', type: 1 },
    ],
  },
  { kind: 'option', of: 'u8' },
  {
    kind: 'variant',
    cases: [
      { name: 'none', type: null },
      { name: 'some-of', type: 's8' },
    ],
  },
  { kind: 'enum', names: ['a', 'b-c'] },
  { kind: 'flags', names: ['x', 'y-z'] },
  { kind: 'tuple', items: ['char', 'bool'] },
  { kind: 'list', of: 'u8' },
  { kind: 'list', of: 'string' },
  { kind: 'option', of: 1 },
  { kind: 'result', ok: null, err: 's64' },
];

test.each<[TypeRef, readonly unknown[], readonly unknown[]]>([
  ['u8', [0, 255], [256, -1, 1.5, '1', 1n, undefined]],
  ['s16', [-32768, 32767], [32768, -32769]],
  ['u32', [0, 2 ** 32 - 1], [2 ** 32, Number.NaN]],
  ['u64', [0n, 2n ** 64n - 1n], [-1n, 2n ** 64n, 1]],
  ['s64', [-(2n ** 63n)], [2n ** 63n]],
  ['f32', [1.5, Number.NaN], ['1']],
  ['bool', [true], [0]],
  ['char', ['a', '😀'], ['', 'ab', '\ud800', 65]],
  ['string', [''], [5, null]],
  [
    0,
    [{ firstName: 'x', age: 3 }, { firstName: 'x' }],
    [{ firstName: 1 }, { firstName: 'x', age: 300 }, 'x', null],
  ],
  [1, [undefined, null, 5], ['5']],
  [
    2,
    [{ tag: 'none' }, { tag: 'some-of', val: -1 }],
    [{ tag: 'some-of' }, { tag: 'toString' }, 'none'],
  ],
  [3, ['a', 'b-c'], ['bC', 0]],
  [4, [{}, { x: true, yZ: false }], [{ yZ: 1 }, true]],
  [5, [['a', true]], [['a'], ['a', true, 1], {}]],
  [6, [new Uint8Array(2), [1, 2]], ['ab', [256]]],
  [7, [[], ['a']], [[1], 'a']],
  [8, [{ tag: 'none' }, { tag: 'some', val: 5 }], [5, undefined, { tag: 'some', val: 'x' }]],
  [9, [{ tag: 'ok' }, { tag: 'err', val: 1n }], [{ tag: 'err', val: 1 }, undefined]],
])('values of %s', (type, good, bad) => {
  const values = new JsValues(TYPES);
  for (const value of good) expect(values.problem(type, value)).toBeUndefined();
  for (const value of bad) expect(values.problem(type, value)).toMatch(/, which is no /);
});
