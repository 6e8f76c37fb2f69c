/** The map from bytes to values, against one from strings. */
import { expect, test } from 'vitest';
import { ByteKeys } from '../../traces/byte-keys.ts';
import { randomFrom } from '../wasi/random.ts';

test('finds what was added under the same bytes, length and tag, and nothing else', () => {
  const random = randomFrom(7);
  const keys = new ByteKeys<number>();
  const model = new Map<string, number>();
  const bytes = new Uint8Array(256);
  for (let i = 0; i < 30_000; i++) {
    // few different bytes and lengths: many keys are a part of another, or come again
    const length = random.below(9);
    for (let at = 0; at < length; at++) bytes[at] = random.below(4) * 85;
    const tag = random.below(3);
    const name = `${tag} ${bytes.subarray(0, length).join()}`;
    const known = model.get(name);
    expect(keys.get(bytes, length, tag)).toBe(known);
    if (known === undefined) {
      keys.add(bytes, length, tag, i);
      model.set(name, i);
    }
  }
  expect(keys.size).toBe(model.size);
  expect(model.size).toBeGreaterThan(10_000);
  keys.clear();
  expect(keys.size).toBe(0);
  expect(keys.get(bytes, 3, 0)).toBeUndefined();
});
