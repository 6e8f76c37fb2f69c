/** What types are made of, as gdb's ptype and whatis tell it, of programs whose sources lie beside them. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTimeTravel, type TimeTravel } from '../../../replayer/timetravel/time-travel.ts';
import { Scratch } from '../../recorder/scratch.ts';

const scratch = new Scratch('type-text');
afterAll(() => scratch.remove());

/** By program: the level of the frame, and what is asked for there. */
const ASKED: Readonly<Record<string, { level: number; of: readonly string[] }>> = {
  'values-O0': {
    level: 0,
    of: [
      ...['struct packet', 'user', 'user->next', '&user->id', 'struct hidden', 'color', 'mode'],
      ...['tail', 'table', 'unsigned long', 'small + big', 'function', 'users', 'void *'],
      ...['struct nothing', 'scalars', 'union number'],
    ],
  },
  'classes-O0': { level: 1, of: ['zoo::Dog', 'this', 'Mood', 'Animal *', 'deeper', 'zoo::Tail'] },
  'rusty-O0': {
    level: 1,
    of: ['shapes', 'Shape', 'point', 'level', 'some', 'pair', 'length', 'unit', 'name', 'slice'],
  },
};

describe.each(Object.keys(ASKED))('%s', (name) => {
  let travel: TimeTravel;
  beforeAll(async () => {
    const module = join(import.meta.dirname, 'programs', `${name}.wasm`);
    travel = openTimeTravel((await scratch.record({ module })).trace);
  });
  afterAll(() => travel.close());

  test('types', async () => {
    const { level, of } = ASKED[name] ?? { level: 0, of: [] };
    const { mark } = await travel.move(undefined, { kind: 'end' });
    const place = { level, call: 0 };
    const lines: string[] = [];
    for (const expression of of) {
      try {
        const type = await travel.type({ mark, place, expression });
        lines.push(`${expression}: ${type.name}, ${type.size ?? 'no'} bytes`);
        for (const { offset, bit, size, hole, text } of type.lines) {
          const where = [offset, bit, size].map((one) => one ?? '').join(':');
          const gap = hole === undefined ? '' : `[hole of ${hole}] `;
          lines.push(`    ${where.padEnd(9)}${gap}${text}`.trimEnd());
        }
      } catch (thrown) {
        lines.push(`${expression}: ! ${(thrown as Error).message}`);
      }
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/types-${name}.txt`);
  });
});
