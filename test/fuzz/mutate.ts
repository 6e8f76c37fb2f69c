/** Changes that break formats: flipped bits, extreme numbers, pieces cut out, doubled or moved. */
import { BinaryInput } from '../../wasm/binary.ts';
import type { Random } from '../wasi/random.ts';

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const flipBit: Mutation = (bytes, random) => {
  const at = random.below(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes;
};

const putByte: Mutation = (bytes, random) => {
  bytes[random.below(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
  return bytes;
};

/** A number of 4 bytes at its extremes, as a size or a page number would be. */
const putWord: Mutation = (bytes, random) => {
  const value = random.pick([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, random.below(1 << 16)]);
  const at = random.below(Math.max(1, bytes.length - 4));
  if (bytes.length >= 4)
    random.below(2) ? bytes.writeUInt32BE(value, at) : bytes.writeUInt32LE(value, at);
  return bytes;
};

const cutOut: Mutation = (bytes, random) => {
  const at = random.below(bytes.length);
  const length = 1 + random.below(random.pick([4, 64, 4096]));
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
};

const putIn: Mutation = (bytes, random) => {
  const at = random.below(bytes.length);
  return Buffer.concat([
    bytes.subarray(0, at),
    random.bytes(1 + random.below(16)),
    bytes.subarray(at),
  ]);
};

/** A piece over another place: lists that contain themselves, pages that point to the wrong ones. */
const copyOver: Mutation = (bytes, random) => {
  const length = 1 + random.below(random.pick([4, 64, 4096]));
  const from = random.below(bytes.length);
  bytes.copy(bytes, random.below(bytes.length), from, Math.min(bytes.length, from + length));
  return bytes;
};

const cutShort: Mutation = (bytes, random) => bytes.subarray(0, random.below(bytes.length));

const fill: Mutation = (bytes, random) => {
  const at = random.below(bytes.length);
  const end = at + random.below(random.pick([8, 512, 8192]));
  return bytes.fill(random.pick([0, 0xff]), at, Math.min(end, bytes.length));
};

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  flipBit,
  flipBit,
  putByte,
  putByte,
  putWord,
  cutOut,
  putIn,
  copyOver,
  cutShort,
  fill,
];

/** A changed copy, after one to six mutations. */
export function mutated(bytes: Uint8Array, random: Random): Buffer {
  let changed = Buffer.from(bytes);
  for (let left = 1 + random.below(random.pick([1, 3, 6])); left > 0; left--) {
    if (changed.length === 0) break;
    changed = Buffer.from(random.pick(MUTATIONS)(changed, random));
  }
  return changed;
}

const CUSTOM = 0;
const CODE = 10;

/**
 * A module in which one section has changed, and everything else still holds.
 * @param which the code, or custom sections by name
 */
export function mutatedSection(module: Uint8Array, which: 'code' | RegExp, random: Random): Buffer {
  const input = new BinaryInput(module, 8, module.length);
  const found: { readonly from: number; readonly content: number; readonly to: number }[] = [];
  while (!input.atEnd()) {
    const from = input.position;
    const id = input.byte();
    const size = input.u32();
    const to = input.position + size;
    const section = input.slice(size);
    const name = id === CUSTOM ? section.name() : '';
    if (which === 'code' ? id === CODE : which.test(name)) {
      found.push({ from, content: section.position, to });
    }
  }
  const chosen = found[random.below(found.length)];
  if (chosen === undefined) throw new Error('the sample has no such section');
  const { from, content, to } = chosen;
  const name = module.subarray(behindLeb(module, from + 1), content);
  const changed = mutated(module.subarray(content, to), random);
  return Buffer.concat([
    module.subarray(0, from + 1),
    sizeOf(name.length + changed.length),
    name,
    changed,
    module.subarray(to),
  ]);
}

/** Where a LEB128 that stands at `at` ends. */
function behindLeb(bytes: Uint8Array, at: number): number {
  while (((bytes[at] ?? 0) & 0x80) !== 0) at++;
  return at + 1;
}

/** A size in five bytes, as linkers leave room for. */
function sizeOf(size: number): Uint8Array {
  return Uint8Array.from({ length: 5 }, (_, i) => ((size >>> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0));
}
