/** Values of Zig's types: what the compiler makes structs of is shown, and asked for, as the language has it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import { openTimeTravel, type TimeTravel } from '../../../replayer/timetravel/time-travel.ts';
import { Scratch } from '../../recorder/scratch.ts';

const scratch = new Scratch('zig');
/** Of `main`: where an order was refused, is applied, and where all are done with. */
const REFUSED = 97;
const APPLYING = 95;
const PRINTING = 101;

let travel: TimeTravel;
const marks = new Map<number, Mark>();

beforeAll(async () => {
  const stock = exampleCases().find(({ name }) => name === 'stock-O0g');
  if (stock === undefined) throw new Error('no example');
  const { trace } = await scratch.recordExample(stock);
  travel = openTimeTravel(trace);
  const end = await travel.move(undefined, { kind: 'end' });
  for (const line of [REFUSED, PRINTING]) {
    const places = await travel.places({ kind: 'line', file: 'stock.zig', line });
    const points = { breaks: places.map(({ offset }) => offset), calls: [], watches: [] };
    const motion = { kind: 'continue', reverse: true, points } as const;
    marks.set(line, (await travel.move(end.mark, motion)).mark);
  }
});
afterAll(async () => {
  await travel?.close();
  scratch.remove();
});

async function text(line: number, expression: string): Promise<string> {
  const mark = marks.get(line);
  if (mark === undefined) throw new Error('not there');
  return (await travel.evaluate({ mark, place: { level: 0, call: 0 }, expression })).value;
}

test.each([
  ['line', '"buy pear"'],
  ['line == "buy pear"', '1'],
  ['line == line', '1'],
  ['line[0]', '98'],
  ['stock.items.items[0].price', 'null'],
  ['stock.items.items[1].price', '1.5'],
  ['*stock.items.items[1].price', '1.5'],
  ['stock.items.items[2]', '{name = "nails", count = 148, price = 1.5, kind = known}'],
  ['stock.items.items[2].kind', 'known'],
  ['stock.items.items[0].name', '"rope"'],
  ['length', '147'],
])('%s is %s', async (expression, value) => {
  const line = expression.startsWith('line') ? REFUSED : PRINTING;
  expect(await text(line, expression)).toBe(value);
});

test('an error union is what it holds, or its error', async () => {
  expect(await text(REFUSED, 'order')).toMatch(/^error\(\d+\)$/);
});

test('an array of bytes is text up to what it was filled with', async () => {
  expect(await text(PRINTING, 'text')).toMatch(
    /^"new apple 3\\nnew hammer 1.*sell rope 2\\n", '\\252' <repeats 365 times>$/s,
  );
});

test('bytes that are no text are numbers', async () => {
  expect(await text(PRINTING, 'arena.buffer')).toMatch(/^\{\d+, \d+, \d+,/);
});

test('a tagged union is its case, with what that holds', async () => {
  const places = await travel.places({ kind: 'line', file: 'stock.zig', line: APPLYING });
  const points = { breaks: places.map(({ offset }) => offset), calls: [], watches: [] };
  const place = { level: 0, call: 0 };
  const seen: string[] = [];
  let mark = marks.get(PRINTING);
  for (const expression of ['good', 'good', 'good', 'good.change.buy']) {
    ({ mark } = await travel.move(mark, { kind: 'continue', reverse: true, points }));
    if (expression.endsWith('buy')) {
      // the case of another order
      await expect(travel.evaluate({ mark, place, expression })).rejects.toThrow(
        /has no member "buy"/,
      );
    } else seen.push((await travel.evaluate({ mark, place, expression })).value);
  }
  expect(seen).toEqual([
    '{name = "rope", change = .{ .sell = {count = 2, at = 1.5} }}',
    '{name = "pear", change = .close}',
    '{name = "nails", change = .{ .sell = {count = 50, at = 1.5} }}',
  ]);
});

test.each([
  ['*order', /holds nothing/],
  ['line[8]', /it has 8 elements: there is none at 8/],
  ['bad == line', /is no number/],
])('%s says what is wrong', async (expression, words) => {
  await expect(text(REFUSED, expression)).rejects.toThrow(words);
});

test('what a type is made of', async () => {
  const mark = marks.get(PRINTING);
  if (mark === undefined) throw new Error('not there');
  const place = { level: 0, call: 0 };
  const { name, lines } = await travel.type({
    ...{ mark, place, expression: 'stock.items.items[2]' },
  });
  expect([name, ...lines.map(({ text: line }) => line)]).toMatchInlineSnapshot(`
    [
      "stock.Item",
      "struct stock.Item {",
      "    name: []u8,",
      "    count: u32,",
      "    price: ?f32,",
      "    kind: stock.Kind,",
      "",
      "}",
    ]
  `);
});
