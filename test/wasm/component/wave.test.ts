/** Any value of any type: put into memory, read out of it, written as WAVE, and read back. */
import { expect, test } from 'vitest';
import { formatWitValue } from '../../../wasi/component/value-text.ts';
import { Layouts } from '../../../wasm/component/layout.ts';
import { Lift } from '../../../wasm/component/lift.ts';
import { PieceMemory } from '../../../wasm/component/pieces.ts';
import { Sample } from './sample-values.ts';
import { readWave } from './wave-reader.ts';

/** Each with a type of its own. */
const RUNS = 400;

test('what is written can be read, whatever the type', () => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= RUNS; seed++) {
    const sample = new Sample(seed);
    const type = sample.type(4);
    for (const { kind } of sample.types) kinds.add(kind);
    const at = sample.place(type);
    const value = sample.put(type, at);
    const memory = new PieceMemory([{ address: 0, bytes: sample.bytes }]);
    const lift = new Lift(sample.types, new Layouts(sample.types), memory, 'utf8');
    const text = formatWitValue(lift.stored(type, at), {
      maxText: 1e6,
      maxItems: 1e6,
      label: () => undefined,
      resourceName: () => '',
    });
    expect(readWave(text, type, sample.types), `seed ${seed}: ${text}`).toEqual(value);
  }
  expect([...kinds].sort()).toEqual([
    'enum',
    'flags',
    'list',
    'option',
    'record',
    'result',
    'tuple',
    'variant',
  ]);
});
