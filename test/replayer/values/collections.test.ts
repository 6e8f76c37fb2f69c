/** Collections of Rust's and C++'s libraries in expressions; Rust's with more than a few entries: trees of several levels, tables with gaps, rings that turned over. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import { openTimeTravel, type TimeTravel } from '../../../replayer/timetravel/time-travel.ts';
import { Scratch } from '../../recorder/scratch.ts';

const scratch = new Scratch('collections');

/** Enough for three levels of a B-tree with 11 keys a node. */
const ACCOUNTS = 500;
/** Each another one, in no order. */
const balanceOf = (i: number) => (i * 7919) % 10007;

let travel: TimeTravel;
let at: { mark: Mark; level: number };

beforeAll(async () => {
  const ledger = exampleCases().find(({ name }) => name === 'ledger-O0g');
  if (ledger === undefined) throw new Error('no example');
  const accounts = Array.from(
    { length: ACCOUNTS },
    (_, i) => `n${i},${balanceOf(i)},${i}/3,t${i % 50}`,
  );
  const orders = Array.from({ length: 8 }, (_, i) => `n${i} ${i + 1}`);
  const stdin = scratch.fresh('.txt');
  writeFileSync(stdin, [...orders, 'nobody 1'].join('\n'));
  const folder = scratch.folder({ 'accounts.csv': accounts.join('\n') });
  const { trace } = await scratch.recordExample({ ...ledger, copy: { '/': folder }, stdin });
  travel = openTimeTravel(trace);
  const { mark, stack } = await travel.move(undefined, { kind: 'end' });
  at = { mark, level: stack.findIndex(({ name }) => name === 'ledger::apply') };
});
afterAll(async () => {
  await travel?.close();
  scratch.remove();
});

async function text(expression: string): Promise<string> {
  const place = { level: at.level, call: 0 };
  return (await travel.evaluate({ mark: at.mark, place, expression })).value;
}

test('a tree has its keys in order', async () => {
  const balances = Array.from({ length: ACCOUNTS }, (_, i) => ({ i, balance: balanceOf(i) }));
  const shown = balances.sort((a, b) => a.balance - b.balance).slice(0, 200);
  const wanted = shown.map(({ i, balance }) => `${balance}: vec!["n${i}"]`);
  expect(await text('ledger.by_balance')).toBe(`BTreeMap {${wanted.join(', ')}, …}`);
});

test('each entry is found by its key', async () => {
  for (let i = 8; i < ACCOUNTS; i += 37) {
    expect(await text(`ledger.by_balance[${balanceOf(i)}][0]`)).toBe(`"n${i}"`);
    expect(await text(`ledger.accounts["n${i}"].balance`)).toBe(`${balanceOf(i)}`);
    const limit = await text(`ledger.accounts["n${i}"].limit`);
    expect(limit).toBe(`Daily { amount: ${i}, days: 3 }`);
  }
});

test('a ring that has turned over is shown from its first entry on', async () => {
  expect(await text('ledger.recent')).toBe('VecDeque [(6, 6), (7, 7), (8, 8)]');
  expect(await text('ledger.recent[2].1')).toBe('8');
});

test('what is shared says by how many', async () => {
  const shared = await text('ledger.accounts["n0"]');
  expect(shared).toMatch(/^Rc\(RefCell\(Account \{ name: "n0", .* \}\), strong: 1, weak: 499\)$/);
  expect(await text('*ledger.applied')).toBe('8');
});

test.each([
  ['ledger.accounts["nobody"]', /it has 500 entries, and none at "nobody"/],
  ['ledger.accounts[1]', /its keys are alloc::string::String, and no numbers/],
  ['ledger.recent[3]', /it has 3 entries, and none at 3/],
  ['ledger.frozen[7]', /a HashSet has no places/],
  ['ledger.by_balance["x"]', /i64 is no text/],
])('%s says what is wrong', async (expression, words) => {
  await expect(text(expression)).rejects.toThrow(words);
});

test('what was not made yet is shown all the same, at every call of the run', async () => {
  const seen = new Set<string>();
  for (let event = 0; event <= at.mark.event; event++) {
    for (const { source, variables } of await travel.variables(event)) {
      for (const i of source.keys()) {
        for (const { name, value } of variables[i] ?? []) if (name === 'ledger') seen.add(value);
      }
    }
  }
  // main's and read_ledger's own, and apply's pointer to it
  expect([...seen].some((value) => value.startsWith('Ledger {'))).toBe(true);
});

describe('C++', () => {
  let cpp: { travel: TimeTravel; mark: Mark };
  beforeAll(async () => {
    const module = join(import.meta.dirname, 'programs/collections-O1.wasm');
    const { trace } = await scratch.record({ module });
    const travel = openTimeTravel(trace);
    cpp = { travel, mark: (await travel.move(undefined, { kind: 'end' })).mark };
  });
  afterAll(() => cpp?.travel.close());

  const evaluate = async (expression: string) =>
    (await cpp.travel.evaluate({ mark: cpp.mark, place: { level: 0, call: 0 }, expression })).value;

  test.each([
    ['squares[7]', '1'],
    ['colors[1]', '1'],
    ['ages["ann"] + 1', '42'],
    ['turned[0]', '2997'],
    ['words[2]', '"three"'],
    ['*shared', '{name = "root", balance = 1.5, guardian = std::shared_ptr (empty)}'],
    ['*unique + 1', '43'],
    ['*some', '5'],
    ['view == "a view of it"', '1'],
    ['ledger.accounts["ann"].guardian->name', '"root"'],
    ['ledger.names[7]', '"seven"'],
    ['ledger.recent[1]', '20'],
    ['array[2]', '3'],
  ])('%s is %s', async (expression, value) => {
    expect(await evaluate(expression)).toBe(value);
  });

  test.each([
    ['squares[99]', /it has 40 entries, and none at 99/],
    ['letters[0]', /a std::set has no places/],
    ['*gone', /this std::weak_ptr holds nothing/],
    ['null->x', /has no member|holds nothing/],
    ['ledger.accounts[1]', /its keys are .*, and no numbers/],
  ])('%s says what is wrong', async (expression, words) => {
    await expect(evaluate(expression)).rejects.toThrow(words);
  });
});
