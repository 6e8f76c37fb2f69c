/**
 * Where, in the bytes that a trace keeps of a call, the memory behind a parameter lies. All of it may be
 * cut, missing or nonsense: every size is clamped to what is there. Hot path of the calls index.
 */
import type { RecordedCall } from './call.ts';
import type { Preview1Function } from './preview1.ts';
import { lengthArg, u32At } from './scalars.ts';

/** Size in bytes of an iovec: u32 address, u32 length. */
export const IOVEC_SIZE = 8;

/** Bytes out of a trace, and how many there were before it cut them. */
export interface Range {
  readonly bytes: Uint8Array;
  readonly length: number;
}

const NOTHING: Range = { bytes: new Uint8Array(0), length: 0 };

/** What the host wrote behind a parameter; undefined where the trace has nothing of it. */
export function effectOf(call: RecordedCall, param: number): Uint8Array | undefined {
  const { effects } = call;
  for (let index = 0; index < effects.length; index++) {
    const effect = effects[index];
    if (effect?.param === param) return effect.bytes;
  }
  return undefined;
}

/** What the host read behind a parameter (of an iovec array: the array itself). */
export function readRange(call: RecordedCall, fn: Preview1Function, param: number): Range {
  let offset = 0;
  for (const rule of fn.reads) {
    const length =
      rule.kind === 'bytes'
        ? lengthArg(call.args[rule.length]) * rule.unit
        : lengthArg(call.args[rule.pointer + 1]) * IOVEC_SIZE;
    if (rule.pointer === param) {
      return { bytes: call.reads.subarray(offset, offset + length), length };
    }
    // no function reads anything behind the contents of its buffers, so those need no skipping
    offset += length;
  }
  return NOTHING;
}

/**
 * The bytes of all buffers that the host gathered (fd_write and its kin), one after the other.
 * @param param index of the iovec array
 */
export function contentsRange(call: RecordedCall, fn: Preview1Function, param: number): Range {
  const array = readRange(call, fn, param);
  const whole = array.bytes.length === array.length;
  const total = whole ? buffersLength(array.bytes) : call.readLength - array.length;
  // a trace that was cut inside the array still knows the length of the whole, or claims one
  const length = Number.isSafeInteger(total) ? Math.max(total, 0) : 0;
  if (!whole) return { bytes: NOTHING.bytes, length };
  const start = array.bytes.byteOffset - call.reads.byteOffset + array.length;
  return { bytes: call.reads.subarray(start, start + length), length };
}

/** Sum of the buffer lengths of an iovec array, in bytes. */
function buffersLength(array: Uint8Array): number {
  let total = 0;
  for (let offset = 0; offset + IOVEC_SIZE <= array.length; offset += IOVEC_SIZE) {
    total += u32At(array, offset + 4);
  }
  return total;
}
