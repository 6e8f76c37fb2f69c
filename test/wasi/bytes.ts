/** Little-endian bytes, written by hand: what a guest's memory holds. */

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8);
}

export function u32(...values: readonly number[]): Uint8Array {
  return bytes(
    ...values.map((value) => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)),
  );
}

export function u64(...values: readonly bigint[]): Uint8Array {
  return bytes(
    ...values.map((value) =>
      u32(Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn)),
    ),
  );
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export function zeros(length: number): Uint8Array {
  return new Uint8Array(length);
}

/** One after the other. */
export function bytes(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** An iovec array whose buffers have these lengths; they lie one after the other from 0x10000 on. */
export function iovecs(...lengths: readonly number[]): Uint8Array {
  let address = 0x1_0000;
  return bytes(
    ...lengths.map((length) => {
      const entry = u32(address, length);
      address += length;
      return entry;
    }),
  );
}

export function filestat(fields: {
  readonly filetype: number;
  readonly size: bigint;
  readonly time: bigint;
}): Uint8Array {
  const { filetype, size, time } = fields;
  return bytes(u64(7n, 42n), Uint8Array.of(filetype), zeros(7), u64(1n, size, time, time, time));
}

export function fdstat(
  filetype: number,
  flags: number,
  base: bigint,
  inheriting: bigint,
): Uint8Array {
  return bytes(Uint8Array.of(filetype, 0), u16(flags), zeros(4), u64(base, inheriting));
}

export function dirent(next: bigint, inode: bigint, filetype: number, name: string): Uint8Array {
  const encoded = text(name);
  return bytes(u64(next, inode), u32(encoded.length), Uint8Array.of(filetype), zeros(3), encoded);
}

export function clockSubscription(
  userdata: bigint,
  id: number,
  timeout: bigint,
  flags: number,
): Uint8Array {
  return bytes(
    u64(userdata),
    Uint8Array.of(0),
    zeros(7),
    u32(id, 0),
    u64(timeout, 0n),
    u16(flags),
    zeros(6),
  );
}

/** @param type 1 for fd_read, 2 for fd_write */
export function fdSubscription(userdata: bigint, type: 1 | 2, fd: number): Uint8Array {
  return bytes(u64(userdata), Uint8Array.of(type), zeros(7), u32(fd), zeros(28));
}

export function event(
  userdata: bigint,
  error: number,
  type: number,
  nbytes = 0n,
  flags = 0,
): Uint8Array {
  return bytes(
    u64(userdata),
    u16(error),
    Uint8Array.of(type),
    zeros(5),
    u64(nbytes),
    u16(flags),
    zeros(6),
  );
}
