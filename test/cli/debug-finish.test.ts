/** `finish` tells what is returned, as the source has it; what was shown can be named again: `$1`, `$`, `$$`. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseLine } from '../../cli/debug/commands.ts';
import { Debugger } from '../../cli/debug/debugger.ts';
import { openTimeTravel, openTrace, WasiRrError } from '../../index.ts';
import { SourceFiles } from '../../tui/source/source-files.ts';
import { Scratch } from '../recorder/scratch.ts';

const PROGRAMS = join(import.meta.dirname, '../replayer/values/programs');

const scratch = new Scratch('debug-finish');
afterAll(() => scratch.remove());

/** By function, as returns.c has them: what `finish` shows. */
const RETURNED = [
  ['add', '8'],
  ['byte', "255 '\\377'"],
  ['truth', 'true'],
  ['big', '3298534883328'],
  ['single_precision', '1.75'],
  ['half', '3.5'],
  ['paint', 'GREEN'],
  ['name', '0x400 "yes"'],
  ['make', '{x = 5, y = 6, z = 2.5}'],
  ['wrap', '{value = -7}'],
  ['both', "{first = 97 'a', second = 98 'b'}"],
  ['huge', '1180591620717411303424'],
  ['nothing', undefined],
  ['factorial', '120'],
  ['instead', '10'],
] as const;

describe.each(['O0', 'O2'])('returns-%s', (level) => {
  let debug: Debugger;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const { trace: path } = await scratch.record({
      module: join(PROGRAMS, `returns-${level}.wasm`),
    });
    const trace = openTrace(path);
    const travel = openTimeTravel(path);
    debug = new Debugger(trace, travel, new SourceFiles([PROGRAMS]));
    close = async () => {
      await travel.close();
      trace.close();
    };
  });
  afterAll(() => close?.());

  async function answered(line: string): Promise<string[]> {
    try {
      const { command, rest } = parseLine(line);
      return [...((await command.run(debug, rest))?.text ?? [])];
    } catch (thrown) {
      if (thrown instanceof WasiRrError) return [`! ${thrown.message}`];
      throw thrown;
    }
  }

  test('values of every kind, by the type that the source gives them', async () => {
    await debug.begin();
    await answered('goto start');
    let number = 0;
    for (const [name, value] of RETURNED) {
      await answered(`tbreak ${name}`);
      await answered('continue');
      const lines = await answered('finish');
      const said = lines.filter((line) => line.startsWith('Value returned'));
      const expected = value === undefined ? [] : [`Value returned is $${++number} = ${value}`];
      expect(said, name).toEqual(expected);
    }
  });

  test('what was shown can be named again, wherever one goes', async () => {
    await debug.begin();
    const first = debug.nextValue;
    await answered('goto start');
    for (const line of ['tb make', 'c', 'finish', 'goto end']) await answered(line);
    expect(await answered(`p $${first}.z * 2`)).toEqual([`$${first + 1} = 5`]);
    expect(await answered('p')).toEqual([`$${first + 2} = 5`]);
    expect(await answered('p $$2')).toEqual([`$${first + 3} = {x = 5, y = 6, z = 2.5}`]);
    expect(await answered('whatis $')).toEqual(['type = point']);
    expect(await answered('p/x $.y + 10')).toEqual([`$${first + 4} = 0x10`]);
    expect(await answered('p $999')).toEqual([
      expect.stringMatching(/^! \$999: there is no value/),
    ]);
  });

  test('steps by line may be those of a frame above the innermost', async () => {
    await debug.begin();
    for (const line of ['goto start', 'tb add', 'c']) await answered(line);
    const { mark: from, stack } = debug;
    expect(stack[0]?.name).toBe('add');
    const step = async (reverse: boolean, level: number) => {
      const points = { breaks: [], calls: [], watches: [] };
      const motion = { kind: 'step', size: 'line-over', reverse, points, level } as const;
      const { stack: there, mark } = await debug.travel.move(from, motion);
      return { name: there[0]?.name, line: there[0]?.source[0]?.place?.line, depth: mark.depth };
    };
    // sink = add(3, 4), and what is behind it
    expect(await step(false, 1)).toEqual({ name: 'start', line: 30, depth: from.depth - 1 });
    expect((await step(true, 1)).name).toBe('start');
    expect((await step(true, 1)).line).toBeLessThanOrEqual(29);
    await expect(step(false, 7)).rejects.toThrow('there is no frame 7 here');
  });

  // optimized, it is a loop
  test.runIf(level === 'O0')('the frame that is selected is the one that is left', async () => {
    await debug.begin();
    await answered('goto start');
    for (const line of ['b factorial', 'c', 'c', 'c', 'delete']) await answered(line);
    expect(debug.stack.filter(({ name }) => name === 'factorial')).toHaveLength(3);
    await answered('up');
    // of 4 * 3 * 2
    expect((await answered('finish')).at(-1)).toMatch(/^Value returned is \$\d+ = 24$/);
    expect(debug.stack.filter(({ name }) => name === 'factorial')).toHaveLength(1);
    for (const line of ['b factorial', 'reverse-continue', 'delete', 'up']) await answered(line);
    const depth = debug.stack.length;
    await answered('reverse-finish');
    expect(debug.stack).toHaveLength(depth - 2);
    for (const line of ['goto end', 'up 99']) await answered(line);
    expect(await answered('finish')).toEqual([
      '! this is the outermost function: nothing of the guest called it.',
    ]);
  });
});

test('what a breakpoint stops before it returns is not told', async () => {
  const { trace: path } = await scratch.record({ module: join(PROGRAMS, 'returns-O0.wasm') });
  const trace = openTrace(path);
  const travel = openTimeTravel(path);
  const debug = new Debugger(trace, travel, new SourceFiles([PROGRAMS]));
  try {
    const run = async (line: string) => {
      const { command, rest } = parseLine(line);
      return (await command.run(debug, rest))?.text ?? [];
    };
    await debug.begin();
    for (const line of ['goto start', 'b factorial', 'c']) await run(line);
    const lines = await run('finish');
    expect(lines[0]).toBe('breakpoint 1');
    expect(lines.join('\n')).not.toContain('Value returned');
  } finally {
    await travel.close();
    trace.close();
  }
});
