/** What keyframes say first: at which moments there is one, how far they go, and how large memories were. */
import { ByteInput } from '../byte-input.ts';
import { ByteOutput } from '../byte-output.ts';
import { MAX_MEMORIES, MAX_PAGES, MAX_SIZES, MAX_STEPS } from './parts.ts';

/** A moment at which memory was looked at, and had changed. */
export interface KeyframeStep {
  /** The moment before, at which memory was what the step before left: what changed, changed since. */
  readonly since: number;
  readonly at: number;
}

export interface MemorySize {
  /** From this moment on. */
  readonly moment: number;
  readonly memory: number;
  /** Of 64 KiB. */
  readonly pages: number;
}

export interface KeyframeHead {
  /** In ascending order. */
  readonly steps: readonly KeyframeStep[];
  /** The last moment of which anything is known. */
  readonly end: number;
  /** In ascending order of moments. */
  readonly sizes: readonly MemorySize[];
}

/** No varint of ours is longer. */
const VARINT = 8;

export function encodeHead({ steps, end, sizes }: KeyframeHead): Uint8Array {
  const out = new ByteOutput(new Uint8Array(VARINT * (3 + 2 * steps.length + 3 * sizes.length)));
  out.varint(end);
  out.varint(steps.length);
  let last = 0;
  for (const { since, at } of steps) {
    out.varint(at - last);
    out.varint(at - since);
    last = at;
  }
  out.varint(sizes.length);
  last = 0;
  for (const { moment, memory, pages } of sizes) {
    out.varint(moment - last);
    out.varint(memory);
    out.varint(pages);
    last = moment;
  }
  return out.bytes.slice(0, out.at);
}

/** @throws RangeError for a head that cannot be */
export function decodeHead(bytes: Uint8Array): KeyframeHead {
  const input = new ByteInput(bytes);
  const end = input.varint();
  const steps: KeyframeStep[] = [];
  let at = 0;
  for (let left = counted(input, MAX_STEPS); left > 0; left--) {
    const before = at;
    at += input.varint();
    const since = at - input.varint();
    if (at <= before || since < before || since >= at) throw new RangeError('steps out of order');
    steps.push({ since, at });
  }
  const sizes: MemorySize[] = [];
  let moment = 0;
  for (let left = counted(input, MAX_SIZES); left > 0; left--) {
    moment += input.varint();
    const memory = input.varint();
    const pages = input.varint();
    if (memory >= MAX_MEMORIES || pages * 16 > MAX_PAGES)
      throw new RangeError('a memory too large');
    sizes.push({ moment, memory, pages });
  }
  if (input.overrun() || input.at !== bytes.length)
    throw new RangeError('a head of another length');
  if (!Number.isSafeInteger(end) || !Number.isSafeInteger(at) || at > end) {
    throw new RangeError('an end that is none');
  }
  return { steps, end, sizes };
}

/** A number of entries that the rest can hold. */
function counted(input: ByteInput, most: number): number {
  const count = input.varint();
  if (count > most || count > input.end - input.at) throw new RangeError('a list too long');
  return count;
}
