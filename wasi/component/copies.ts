/**
 * What is read from streams and futures and written to them. By the canonical ABI a copy that has to wait says
 * so, and what came of it comes later: with an event, or where it is cancelled.
 */
import { type CoreNumber, unsigned } from '../../wasm/component/flat-values.ts';
import type { LiftMemory } from '../../wasm/component/lift.ts';
import type { Lifter } from '../../wasm/component/lifter.ts';
import { WrittenMemory } from '../../wasm/component/pieces.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import { builtinReads } from './builtin-reads.ts';
import type { BuiltinMeaning } from './core-meanings.ts';
import type { CallAnswer } from './described-call.ts';
import type { Range, WrittenSince } from './kept-writes.ts';

/** In place of a result, from what has to wait. */
export const BLOCKED = 0xffff_ffff;

/** How a copy ended: the low bits of its result; the others say of how many values. */
const ENDS = ['', 'closed', 'cancelled'] as const;
const END_BITS = 4;

export interface Copy {
  readonly channel: 'stream' | 'future';
  readonly reads: boolean;
  readonly meaning: BuiltinMeaning;
  readonly handle: number;
  /** Where in memory its values are, or are to be put. */
  readonly address: number;
  /** How many at most. */
  readonly count: number;
  /** Of a write what is written. */
  readonly data: WitValue | undefined;
}

/** @param memory as the host read it */
export function copyOf(
  meaning: BuiltinMeaning,
  core: readonly CoreNumber[],
  lifter: Lifter,
  memory: LiftMemory,
): Copy {
  const channel = meaning.name.startsWith('stream.') ? 'stream' : 'future';
  const reads = meaning.name.endsWith('.read');
  const [handle = 0, address = 0, count = 1] = core.map(unsigned);
  const data = builtinReads(meaning, lifter)?.(core, memory);
  return { channel, reads, meaning, handle, address, count, data };
}

/** Where a read puts what does not lie elsewhere; undefined where that is anywhere. */
export function placeOfRead({ meaning, address, count }: Copy, lifter: Lifter): Range | undefined {
  const { type } = meaning;
  if (lifter.points(type)) return undefined;
  return { address, length: lifter.sizeOf(type, count) };
}

/** What came of a copy. */
export interface Copied extends CallAnswer {
  /** Of a read what was read. */
  readonly value: WitValue | undefined;
  /** How many values passed. */
  readonly count: number;
}

/**
 * @param packed the result, which is not {@link BLOCKED}
 * @param written since the copy began
 */
export function copied(
  copy: Copy,
  packed: number,
  written: WrittenSince | undefined,
  lifter: Lifter,
  format: (value: WitValue) => string,
): Copied {
  const { channel, reads, meaning, address } = copy;
  const isStream = channel === 'stream';
  const end = ENDS[packed & ((1 << END_BITS) - 1)] ?? '?';
  const count = isStream ? packed >>> END_BITS : end === '' ? 1 : 0;
  const { type, encoding } = meaning;
  const memory = new WrittenMemory(written?.pieces ?? []);
  const value =
    !reads || type === null || count === 0
      ? undefined
      : isStream
        ? lifter.sequence(type, address, count, memory, encoding)
        : lifter.stored(type, address, memory, encoding);
  const moved = value ? format(value) : isStream ? String(count) : undefined;
  return {
    value,
    count,
    result: end === '' ? moved : count === 0 || moved === undefined ? end : `${moved} (${end})`,
    errno: errorOf(value) ?? 'success',
    bytes: isStream && type === 'u8' ? count : undefined,
  };
}

/** The case of an error, `error` where it has none; undefined for what is none. */
export function errorOf(value: WitValue | undefined): string | undefined {
  if (value?.kind !== 'case' || value.name !== 'err') return undefined;
  return value.value?.kind === 'case' ? value.value.name : 'error';
}
