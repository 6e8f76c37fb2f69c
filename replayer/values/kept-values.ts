/** gdb's history of values: what was shown, to be named again as `$1`, `$` (the last one), `$$` (the one before), `$$3`. */
import { littleEndian } from '../dwarf/little-endian.ts';
import { Unreadable } from '../dwarf/machine.ts';
import { sizeOf } from '../dwarf/type.ts';
import { bitsOf, computed, type Value } from './value.ts';

const MOST = 1000;
/** Bytes of one that are kept as they were; of a larger one, it is what stands there. */
const MAX_BYTES = 1 << 16;

export class KeptValues {
  private readonly values = new Map<number, Value>();
  private names: ReadonlyMap<string, Value> = new Map();

  /** @param number under which it is kept: whoever asks counts */
  keep(number: number, value: Value): void {
    this.values.delete(number);
    this.values.set(number, asItIs(value));
    const [oldest] = this.values.keys();
    if (this.values.size > MOST && oldest !== undefined) this.values.delete(oldest);
    this.names = namesOf(this.values);
  }

  /** By the names under which they are asked for. */
  get all(): ReadonlyMap<string, Value> {
    return this.names;
  }
}

function namesOf(values: ReadonlyMap<number, Value>): ReadonlyMap<string, Value> {
  const names = new Map<string, Value>();
  const last = Math.max(...values.keys());
  for (const [number, value] of values) {
    names.set(`$${number}`, value);
    names.set(`$$${last - number}`, value);
    if (number === last) names.set('$', value);
    if (number === last - 1) names.set('$$', value);
  }
  return names;
}

/** Its bytes are those of now; where it is remains known, for `&$1` and for watchpoints. */
function asItIs(value: Value): Value {
  const { type, source, bits } = value;
  const size = sizeOf(type);
  if (source.missing !== undefined || size === undefined || size > MAX_BYTES) return value;
  try {
    if (bits !== undefined) return computed(type, littleEndian(bitsOf(value), size));
    const { source: kept } = computed(type, source.read(0, size).slice());
    return { type, source: { address: source.address, read: kept.read }, bits };
  } catch (thrown) {
    if (thrown instanceof Unreadable || thrown instanceof RangeError) return value;
    throw thrown;
  }
}
