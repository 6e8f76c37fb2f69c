/** Calls as a damaged or malicious trace may hold them: nothing fits anything. */
import type { RecordedCall } from '../../wasi/call.ts';
import { PREVIEW1 } from '../../wasi/preview1.ts';
import type { Random } from './random.ts';

const NAMES: readonly string[] = [...PREVIEW1.keys(), 'unknown', '', '__proto__', '\x1b[2J'];

const LIMITS = [
  0,
  1,
  2,
  3,
  8,
  24,
  48,
  -1,
  0x7fff_ffff,
  -0x8000_0000,
  0xffff_ffff,
  2 ** 53,
  1e308,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
] as const;

function argument(random: Random): number | bigint {
  const number = random.pick([
    random.below(64),
    random.below(2 ** 32) | 0,
    random.pick([...LIMITS]),
  ]);
  if (random.below(3) > 0 || !Number.isInteger(number)) return number;
  return random.pick([BigInt(number), BigInt(number) << 40n, -1n, 1n << 63n, -(1n << 200n)]);
}

/** Bytes that look like lengths and tags often enough to lead somewhere. */
function memory(random: Random): Uint8Array {
  const length = random.pick([0, 1, 7, 8, 24, 32, 48, random.below(200)]);
  const filling = random.below(3);
  if (filling === 0) return random.bytes(length);
  return Uint8Array.from({ length }, () =>
    filling === 1 ? random.pick([0, 0, 0, 1, 2, 3, 0xff]) : random.pick([0x1b, 0x9b, 0x41, 0xe2]),
  );
}

export function hostileCall(random: Random): RecordedCall {
  const reads = memory(random);
  return {
    name: NAMES[random.below(NAMES.length)] ?? '',
    args: Array.from({ length: random.below(11) }, () => argument(random)),
    result: random.pick([0, 0, 0, undefined, 8, 44, -1, 77, Number.NaN, 1e308]),
    reads,
    readLength: random.pick([reads.length, reads.length + 100, random.pick([...LIMITS])]),
    effects: Array.from({ length: random.below(5) }, () => ({
      param: random.pick([random.below(9), -1, Number.NaN]),
      bytes: memory(random),
    })),
  };
}
