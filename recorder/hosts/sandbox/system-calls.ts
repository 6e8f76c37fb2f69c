/**
 * System calls that Node has no function for, by node:ffi. That is experimental, so it is used in the one
 * version of Node that this was tried with, and for nothing that cannot be done without.
 */
export interface SystemCalls {
  /** Which of the events (`POLL`) a descriptor of the process is ready for; never waits. */
  poll(fd: number, events: number): number;
  /** Bytes that a read gives at once; undefined where that cannot be said. */
  available(fd: number): number | undefined;
  /**
   * Reads on in a directory that is open for reading.
   * @param into some `linux_dirent64`, whole ones
   * @returns bytes; 0 at the end and where it fails
   */
  directoryEntries(fd: number, into: Uint8Array): number;
}

/** Events of poll(2), on Linux. */
export const POLL = { in: 1, out: 4, error: 8, hangup: 16 } as const;

const TRIED = 26;

/** `ioctl` request, on Linux. */
const FIONREAD = 0x541bn;

let loaded: SystemCalls | undefined | 'not yet' = 'not yet';

/** Undefined where there are none. Loaded when first asked for, which takes 1 to 2 ms. */
export function systemCalls(): SystemCalls | undefined {
  if (loaded === 'not yet') loaded = load();
  return loaded;
}

function load(): SystemCalls | undefined {
  const major = Number.parseInt(process.versions.node, 10);
  if (process.platform !== 'linux' || major !== TRIED) return undefined;
  // undefined where Node was built without, or is told to do without
  const ffi: typeof import('node:ffi') | undefined = process.getBuiltinModule('node:ffi');
  try {
    return ffi && linked(ffi);
  } catch {
    // --permission without --allow-ffi; a C library that is linked otherwise
    return undefined;
  }
}

function linked({ dlopen }: typeof import('node:ffi')): SystemCalls {
  const { functions } = dlopen(null, {
    poll: { arguments: ['buffer', 'u64', 'i32'], return: 'i32' },
    ioctl: { arguments: ['i32', 'u64', 'buffer'], return: 'i32' },
    getdents64: { arguments: ['i32', 'buffer', 'u64'], return: 'i64' },
  });
  const pollfd = new DataView(new ArrayBuffer(8));
  const count = new Int32Array(1);
  return {
    poll(fd, events) {
      pollfd.setInt32(0, fd, true);
      pollfd.setInt16(4, events, true);
      pollfd.setInt16(6, 0, true);
      functions.poll(pollfd, 1n, 0);
      return pollfd.getInt16(6, true);
    },
    available: (fd) => (functions.ioctl(fd, FIONREAD, count) === 0 ? count[0] : undefined),
    directoryEntries: (fd, into) =>
      Math.max(0, Number(functions.getdents64(fd, into, BigInt(into.length)))),
  };
}
