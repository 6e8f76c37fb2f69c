/** Finds values in a guest's memory. */
import { WasiRrError } from '../../errors.ts';
import type { SearchHits, SearchQuery } from './messages.ts';

/** What to look for. Integers may be given signed or unsigned. */
export type SearchPattern =
  | { readonly bytes: Uint8Array }
  /** As UTF-8. */
  | { readonly text: string }
  | {
      readonly integer: number | bigint;
      /** Bytes. */
      readonly width: 1 | 2 | 4 | 8;
      /** `little` by default, as wasm stores them. */
      readonly endianness?: 'little' | 'big';
      /** Only at multiples of the width, as compilers place them. False by default. */
      readonly aligned?: boolean;
    };

/** @throws WasiRrError OPTION_INVALID for an empty pattern or an integer that does not fit its width */
export function patternBytes(pattern: SearchPattern): { bytes: Uint8Array; align: number } {
  if ('integer' in pattern) {
    const { integer, width, endianness = 'little', aligned = false } = pattern;
    return { bytes: integerBytes(integer, width, endianness), align: aligned ? width : 1 };
  }
  const bytes = 'text' in pattern ? Buffer.from(pattern.text) : pattern.bytes;
  if (bytes.length === 0) throw new WasiRrError('OPTION_INVALID', 'nothing to search for.');
  return { bytes, align: 1 };
}

function integerBytes(
  integer: number | bigint,
  width: number,
  endianness: 'little' | 'big',
): Uint8Array {
  const whole = typeof integer === 'bigint' || Number.isInteger(integer);
  const value = whole ? BigInt(integer) : 0n;
  const bits = width * 8;
  const fits = BigInt.asUintN(bits, value) === value || BigInt.asIntN(bits, value) === value;
  if (!whole || !fits) {
    throw new WasiRrError(
      'OPTION_INVALID',
      `${integer} is no integer of ${width} ${width === 1 ? 'byte' : 'bytes'}.`,
    );
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(bits, value), true);
  const used = bytes.slice(0, width);
  return endianness === 'big' ? used.reverse() : used;
}

/** Addresses in the order of the search; hits may overlap. */
export function searchMemory(memory: Uint8Array, query: SearchQuery): SearchHits {
  const haystack = Buffer.from(memory.buffer, memory.byteOffset, memory.length);
  const addresses: number[] = [];
  const find = (from: number) => {
    if (!query.backwards) return haystack.indexOf(query.bytes, from);
    // a negative offset would count from the end
    return from < 0 ? -1 : haystack.lastIndexOf(query.bytes, from);
  };
  let at = find(query.from);
  while (at >= 0) {
    if (at % query.align === 0) {
      if (addresses.length === query.limit) return { addresses, next: at };
      addresses.push(at);
    }
    at = find(query.backwards ? at - 1 : at + 1);
  }
  return { addresses, next: undefined };
}
