/** Short reads and writes: the host is shown a shorter list of buffers than the guest's. */
import { PREVIEW1 } from '../../wasi/preview1.ts';
import type { HostFunction } from '../hosts/host.ts';
import type { Dice } from './dice.ts';
import { FILETYPE, type GuestAccess } from './guest-access.ts';
import type { Around, Chances, Injector } from './injector.ts';

/** Longer lists are left alone; systems take no more. */
const MAX_BUFFERS = 1024;

const IOVEC_SIZE = 8;
const WAITALL = 2;

/** Every call that moves bytes has its list of buffers here. */
const LIST = 1;
const COUNT = 2;
const RECEIVE_FLAGS = 3;

/** A list of buffers that lies in the memory as it should. */
export interface BufferList {
  readonly address: number;
  readonly lengths: readonly number[];
  /** Bytes. */
  readonly total: number;
}

type Args = readonly (number | bigint)[];

/** @returns undefined where it does not lie in the memory, or is absurdly long */
export function bufferList(guest: GuestAccess, args: Args): BufferList | undefined {
  const address = (args[LIST] as number) >>> 0;
  const count = (args[COUNT] as number) >>> 0;
  if (count > MAX_BUFFERS || !guest.holds(address, IOVEC_SIZE * count)) return undefined;
  const { view } = guest;
  const lengths = Array.from({ length: count }, (_, i) =>
    view.getUint32(address + IOVEC_SIZE * i + 4, true),
  );
  return { address, lengths, total: lengths.reduce((sum, length) => sum + length, 0) };
}

/** Answers a call as if its buffers had only this many bytes together. */
export function callWithin(
  guest: GuestAccess,
  call: HostFunction,
  args: Args,
  list: BufferList,
  limit: number,
): number {
  let last = 0;
  let before = 0;
  for (; before + (list.lengths[last] ?? 0) < limit; last++) before += list.lengths[last] ?? 0;
  const lengthAt = list.address + IOVEC_SIZE * last + 4;
  const { view } = guest;
  const length = view.getUint32(lengthAt, true);
  view.setUint32(lengthAt, limit - before, true);
  try {
    return call(...args.map((arg, i) => (i === COUNT ? last + 1 : arg)));
  } finally {
    view.setUint32(lengthAt, length, true);
  }
}

/** How many bytes of at least two: often the extremes, where mistakes sit. */
export function shortLength(dice: Dice, total: number): number {
  return dice.pick([1, total - 1, 1 + dice.below(total - 1), 1 + dice.below(total - 1)]);
}

/** Whether what the host writes would fall upon the list: then putting the list back would spoil it. */
function fillsItself(
  guest: GuestAccess,
  { address, lengths }: BufferList,
  countAt: number,
): boolean {
  const end = address + IOVEC_SIZE * lengths.length;
  const meets = (from: number, length: number) => from < end && from + length > address;
  const { view } = guest;
  return (
    meets(countAt, 4) ||
    lengths.some((length, i) => meets(view.getUint32(address + IOVEC_SIZE * i, true), length))
  );
}

function shortened(chances: Chances): Around {
  return (call, name) => {
    const { guest, dice } = chances;
    const transferred = PREVIEW1.get(name)?.transferred ?? 0;
    return (...args) => {
      const list = chances.strikes() ? bufferList(guest, args) : undefined;
      const countAt = (args[transferred] as number) >>> 0;
      const spared =
        list === undefined ||
        list.total < 2 ||
        fillsItself(guest, list, countAt) ||
        (name.startsWith('sock_') && isDatagramOrWhole(guest, name, args));
      if (spared) return call(...args);
      const limit = shortLength(dice, list.total);
      const errno = callWithin(guest, call, args, list, limit);
      // with less, there was no more to be had anyway
      const full = errno === 0 && guest.view.getUint32(countAt, true) === limit;
      if (full) chances.note(`${limit} of ${list.total} bytes`);
      return errno;
    };
  };
}

function isDatagramOrWhole(guest: GuestAccess, name: string, args: Args): boolean {
  const whole = name === 'sock_recv' && ((args[RECEIVE_FLAGS] as number) & WAITALL) !== 0;
  return whole || guest.descriptor(args[0] as number)?.filetype === FILETYPE.datagramSocket;
}

export const shortReads: Injector = (chances) => {
  const short = shortened(chances);
  return { fd_read: short, fd_pread: short, sock_recv: short };
};

export const shortWrites: Injector = (chances) => {
  const short = shortened(chances);
  return { fd_write: short, fd_pwrite: short, sock_send: short };
};
