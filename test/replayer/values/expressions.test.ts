/** Expressions of C and Rust, in frames of recorded runs whose values are known from their sources. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import { openTimeTravel, type TimeTravel } from '../../../replayer/timetravel/time-travel.ts';
import { Scratch } from '../../recorder/scratch.ts';

const scratch = new Scratch('expressions');
afterAll(() => scratch.remove());

/** At the end of a run, in the frame of a function. */
async function frameOf(trace: string, name: string) {
  const travel = openTimeTravel(trace);
  const { mark, stack } = await travel.move(undefined, { kind: 'end' });
  const level = stack.findIndex(({ source }) => source.some((call) => call.name?.endsWith(name)));
  expect(level, name).toBeGreaterThanOrEqual(0);
  return { travel, mark, level };
}

async function text(at: { travel: TimeTravel; mark: Mark; level: number }, expression: string) {
  const place = { level: at.level, call: 0 };
  const value = await at.travel.evaluate({ mark: at.mark, place, expression });
  return `${value.type}: ${value.value}`;
}

describe('C', () => {
  let at: Awaited<ReturnType<typeof frameOf>>;
  beforeAll(async () => {
    const example = exampleCases().find(({ name }) => name === 'heapsmash-O0g');
    if (example === undefined) throw new Error('no example');
    at = await frameOf((await scratch.recordExample(example)).trace, 'main');
  });
  afterAll(() => at.travel.close());

  test.each([
    ['u', 'user *: 0x12310'],
    ['u->id', 'int: 37'],
    ['(*u).id', 'int: 37'],
    ['u->id + 1', 'int: 38'],
    ['&u->score', 'int *: 0x12318'],
    ['*(int *)0x12314', 'int: 37'],
    ['((user *)0x12350)->name', 'char *: 0x12330 "farid-797"'],
    ['(struct user *)0x12350 == u', 'int: 0'],
    ['line[0]', "char: 97 'a'"],
    ['line[0]@3', 'char[3]: "add"'],
    ['*line', "char: 97 'a'"],
    ['line + 4', 'char *: 0x113d4 "160"'],
    ['&line[4] - line', 'int: 4'],
    ['line == "add"', 'int: 1'],
    ['line != "add"', 'int: 0'],
    ['u->name == "x" || u->id == 37', 'int: 1'],
    ['count', 'int: 160'],
    ['head->next->next->id', 'int: 158'],
    ['sizeof(user)', 'unsigned int: 20'],
    ['sizeof *u + sizeof(char)', 'unsigned int: 21'],
    ['sizeof line', 'unsigned int: 256'],
    ['7 / 2', 'int: 3'],
    ['-7 / 2', 'int: -3'],
    ['-7 % 3', 'int: -1'],
    ['7u - 8', 'unsigned int: 4294967295'],
    ['1.5 * 3', 'double: 4.5'],
    ['(float)1 / 4', 'float: 0.25'],
    ['1 << 31', 'int: -2147483648'],
    ['0x100000000', 'long long: 4294967296'],
    ['017', 'int: 15'],
    ['(char)0x141', "char: 65 'A'"],
    ['(unsigned char)-1', "unsigned char: 255 '\\377'"],
    ["'a' < 'b' && !0", 'int: 1'],
    ['2 + 3 * 4 == 14 ? u->id : 0', 'int: 37'],
    ['(2 + 3) * 4 >> 1 & 7 | 8 ^ 1', 'int: 11'],
    ['~0', 'int: -1'],
    ['global0', 'i32: 70544'],
    ['__stack_pointer == global0', 'int: 1'],
    ['local0', 'i32: 1'],
  ])('%s', async (expression, expected) => {
    expect(await text(at, expression)).toBe(expected);
  });

  test.each([
    ['', /a value is missing at the end/],
    ['u->', /the name of a member is missing/],
    ['u->nme', /has no member "nme"; it has rank, id, score, name, next/],
    ['nobody', /there is no value "nobody" here/],
    ['u u', /"u" is not expected there/],
    ['(u', /"\)" is missing/],
    ['1 / 0', /divides by zero/],
    ['*argc', /only what a pointer points to/],
    ['argc[0]', /only arrays and pointers have elements/],
    ['*f->cookie', /only what a pointer points to|has no type|has no member|declared/],
    ['&local0', /it has no address/],
    ['&1', /it has no address/],
    ['u + head', /two pointers cannot be added/],
    ['"add" + 1', /a text can only be compared|texts are compared/],
    ['1.5 % 2', /% takes whole numbers/],
    ['(blorg *)u', /a value is missing before "\)"/],
    ['*(int *)0xfffffff0', /cannot read memory at 0xfffffff0|^/],
    ['u->id = 3', /nothing can be changed/],
    ['u->rank(u)', /"rank" cannot be called/],
    ['strlen(line)', /"strlen" cannot be called/],
    [`${'('.repeat(200)}1`, /nested too deep/],
    ['u @ 0', /0 is no number of elements/],
    ['99999999999999999999999', /is too large/],
  ])('refused: %s', async (expression, words) => {
    const shown = await text(at, expression).catch((thrown: Error) => thrown.message);
    expect(shown).toMatch(words);
  });
});

describe('C++', () => {
  let at: Awaited<ReturnType<typeof frameOf>>;
  beforeAll(async () => {
    const module = join(import.meta.dirname, 'programs/classes-O0.wasm');
    at = await frameOf((await scratch.record({ module })).trace, 'start');
  });
  afterAll(() => at.travel.close());

  /** In the lambda that the run traps in, and in the method that called it. */
  test.each([
    // its own, what it captured, what the object of its method has, what is in the namespace around it
    [0, 'by', 'int: 8'],
    [0, 'barks', 'int &: '],
    [0, 'legs', 'int: 4'],
    [1, 'barks', 'int: 8'],
    [1, 'legs', 'int: 4'],
    [1, 'good', 'bool: true'],
    [1, 'name', 'const char *: '],
    [1, 'hidden', 'int: 11'],
  ])('in frame %i: %s', async (level, expression, expected) => {
    expect(await text({ ...at, level }, expression)).toContain(expected);
  });

  test.each([
    [1, 'by'],
    [1, 'tail'],
    [undefined, 'legs'],
  ])('not in frame %s: %s', async (level = at.level, expression = '') => {
    await expect(text({ ...at, level }, expression)).rejects.toThrow(/no value/);
  });
});

describe('Rust', () => {
  let at: Awaited<ReturnType<typeof frameOf>>;
  beforeAll(async () => {
    const module = join(import.meta.dirname, 'programs/rusty-O0.wasm');
    at = await frameOf((await scratch.record({ module })).trace, '_start');
  });
  afterAll(() => at.travel.close());

  test.each([
    ['numbers[3]', /: 3$/],
    ['slice[1] + numbers[4]', /: 7$/],
    ['names[1]', /"two"$/],
    ['names[1] == "two"', /: 1$/],
    ['text == "a \\"text\\""', /: 1$/],
    ['point.y', /: 127$/],
    ['point.x as u8', /: 255$/],
    ['pair.0', /: true$/],
    ['some.0', /: 5$/],
    ['shapes[1].0', /: 1\.5$/],
    ['shapes[2].width', /: 3$/],
    ['*boxed.0', /: -7$/],
    ['level == Level::High', /: 1$/],
    ['wide >> 98', /: 4$/],
    // as Rust has it, not as C
    ['6 & 4 == 4', /: 1$/],
    ['!numbers[3]', /: 4294967292$/],
    ['!(3 as u8)', /: 252$/],
    ['!pair.0', /: 0$/],
    ['300.5 as u8', /: 255$/],
    ['-1.5 as u32', /: 0$/],
    ['-1e30 as i64', /: -9223372036854775808$/],
    ['(0.0 / 0.0) as i32', /: 0$/],
    ['&numbers[1]', /^u32 \*: 0x/],
  ])('%s', async (expression, words) => {
    expect(await text(at, expression)).toMatch(words);
  });

  test.each([
    ['numbers[5]', /it has 5 elements: there is none at 5/],
    ['point.z', /has no member "z"; it has x, y/],
  ])('refused: %s', async (expression, words) => {
    await expect(text(at, expression)).rejects.toThrow(words);
  });

  test('what can be opened has parts, and they have keys of their own', async () => {
    const query = { place: { level: at.level, call: 0 }, watches: [], wasm: false };
    const rows = await at.travel.rows(at.mark, { ...query, open: [] });
    const open = rows.filter(({ expands }) => expands).map(({ key }) => key);
    expect(open.length).toBeGreaterThan(6);
    const opened = await at.travel.rows(at.mark, { ...query, open });
    for (const key of open) {
      const parts = opened.filter((row) => row.key.startsWith(`${key}/`));
      expect(parts.length, key).toBeGreaterThan(0);
      for (const { depth } of parts) expect(depth).toBe(1);
    }
    expect(new Set(opened.map(({ key }) => key)).size).toBe(opened.length);
  });
});
