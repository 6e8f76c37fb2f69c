/**
 * Variables of every kind of type, read at the end of recorded runs of real compilers' programs. The values
 * are known from the sources; the goldens were compared with them by hand.
 */
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openTimeTravel } from '../../../replayer/timetravel/time-travel.ts';
import type { FrameVariables, ShownVariable } from '../../../replayer/values/messages.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { Scratch } from '../../recorder/scratch.ts';

const scratch = new Scratch('variables');
afterAll(() => scratch.remove());

async function variablesAtEnd(name: string): Promise<readonly FrameVariables[]> {
  const module = join(import.meta.dirname, 'programs', `${name}.wasm`);
  const { trace } = await scratch.record({ module });
  const reader = new TraceReader(trace);
  const last = reader.eventCount - 1;
  reader.close();
  const travel = openTimeTravel(trace);
  try {
    return await travel.variables(last);
  } finally {
    await travel.close();
  }
}

/** Variables by `function name`, of which a later one hides an earlier one. */
function byName(frames: readonly FrameVariables[]): Map<string, ShownVariable[]> {
  const found = new Map<string, ShownVariable[]>();
  for (const { source, variables } of frames) {
    source.forEach((call, i) => {
      // demangled names of lambdas differ between levels of optimisation
      const name = call.name?.replace(/::.*lambda.*/, '::lambda');
      for (const variable of variables[i] ?? []) {
        const key = `${name} ${variable.name}`;
        found.set(key, [...(found.get(key) ?? []), variable]);
      }
    });
  }
  return found;
}

describe.each([
  'values-O0',
  'values-O2',
  'classes-O0',
  'classes-O2',
  'containers-O1',
  'collections-O1',
  'rusty-O0',
])('%s', (name) => {
  test('every variable has its value', async () => {
    const lines: string[] = [];
    for (const { source, variables } of await variablesAtEnd(name)) {
      source.forEach((call, i) => {
        lines.push(`${call.name}${call.inlined ? ' (inlined)' : ''}`);
        for (const variable of variables[i] ?? []) {
          lines.push(`    ${variable.kind} ${variable.name}: ${variable.type} = ${variable.value}`);
        }
      });
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});

/** Values without addresses, which are others in each build. */
function comparable(value: string): string {
  return value.replace(/0x[0-9a-f]+/g, '0x…');
}

test.each(['values', 'classes'])(
  'what is optimized has the same value, or none: %s',
  async (name) => {
    const plain = byName(await variablesAtEnd(`${name}-O0`));
    const optimized = byName(await variablesAtEnd(`${name}-O2`));
    let known = 0;
    for (const [key, variables] of optimized) {
      variables.forEach(({ value, type }, i) => {
        const expected = plain.get(key)?.[i];
        expect(expected, key).toBeDefined();
        expect(type, key).toBe(expected?.type);
        if (value.includes('<optimized out>')) return;
        known++;
        expect(comparable(value), key).toBe(comparable(expected?.value ?? ''));
      });
    }
    expect(known).toBeGreaterThanOrEqual(10);
  },
);
