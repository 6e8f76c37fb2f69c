/** Changes that break formats: flipped bits, extreme numbers, pieces cut out, doubled or moved. */
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
