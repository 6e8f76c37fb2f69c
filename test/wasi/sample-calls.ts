/**
 * One corpus of calls for the tests of everything that carries or shows calls. `TYPICAL_CALLS` are as
 * programs make them, written out by hand, errors included; `EDGE_CALLS` are three for every function,
 * built from the table: nothing but zeros, every value at its limit, and failed.
 */
import type { CallEffect, RecordedCall, WriteRule } from '../../wasi/call.ts';
import { PREVIEW1, type Preview1Function } from '../../wasi/preview1.ts';
import {
  bytes,
  clockSubscription,
  dirent,
  event,
  fdSubscription,
  fdstat,
  filestat,
  iovecs,
  text,
  u16,
  u32,
  u64,
  zeros,
} from './bytes.ts';

export interface SampleCall {
  /** What the sample is there for. */
  readonly about: string;
  readonly call: RecordedCall;
}

interface Memory {
  readonly reads?: Uint8Array;
  /** Where the trace cut `reads`. */
  readonly readLength?: number;
  /** Per write rule: parameter and bytes. */
  readonly writes?: readonly (readonly [param: number, bytes: Uint8Array])[];
  readonly result?: number | undefined;
}

function sample(
  about: string,
  name: string,
  args: readonly (number | bigint)[],
  memory: Memory = {},
): SampleCall {
  const reads = memory.reads ?? zeros(0);
  return {
    about,
    call: {
      name,
      args,
      result: 'result' in memory ? memory.result : 0,
      reads,
      readLength: memory.readLength ?? reads.length,
      effects: (memory.writes ?? []).map(([param, written]) => ({ param, bytes: written })),
    },
  };
}

const READ_RIGHTS = (1n << 1n) | (1n << 2n) | (1n << 5n) | (1n << 21n);
const ALL_RIGHTS = (1n << 30n) - 1n;
const NOVEMBER_2023 = 1_700_000_000_123_456_789n;
const CSV = 'id,name\n1,Ada\n2,Grace\n';
const BINARY = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0x0a, 0xc3, 0xa9);

export const TYPICAL_CALLS: readonly SampleCall[] = [
  sample('two arguments', 'args_get', [4096, 4112], {
    writes: [
      [0, u32(4112, 4117)],
      [1, text('sort\0-r\0')],
    ],
  }),
  sample('their sizes', 'args_sizes_get', [4096, 4100], {
    writes: [
      [0, u32(2)],
      [1, u32(8)],
    ],
  }),
  sample('a value that would move the cursor', 'environ_get', [4096, 4112], {
    writes: [
      [0, u32(4112, 4122)],
      [1, text('HOME=/home\0PS1=\x1b[31m$\0')],
    ],
  }),
  sample('their sizes', 'environ_sizes_get', [4096, 4100], {
    writes: [
      [0, u32(2)],
      [1, u32(22)],
    ],
  }),
  sample('1 ns', 'clock_res_get', [1, 4096], { writes: [[1, u64(1n)]] }),
  sample('no such clock', 'clock_res_get', [9, 4096], { result: 28 }),
  sample('beyond 2^53', 'clock_time_get', [0, 1000n, 4096], { writes: [[2, u64(NOVEMBER_2023)]] }),
  sample('within 2^53', 'clock_time_get', [1, 1n, 4096], { writes: [[2, u64(123_456_789n)]] }),

  sample('read ahead', 'fd_advise', [4, 0n, 4096n, 1]),
  sample('grow', 'fd_allocate', [4, 4096n, 8192n]),
  sample('no room', 'fd_allocate', [4, 0n, -1n], { result: 51 }),
  sample('a file', 'fd_close', [4]),
  sample('twice', 'fd_close', [4], { result: 8 }),
  sample('a file', 'fd_datasync', [4]),
  sample('a preopen', 'fd_fdstat_get', [3, 4096], {
    writes: [[1, fdstat(3, 0, ALL_RIGHTS, ALL_RIGHTS)]],
  }),
  sample('an appending file', 'fd_fdstat_get', [4, 4096], {
    writes: [[1, fdstat(4, 1, READ_RIGHTS, 0n)]],
  }),
  sample('append and nonblock', 'fd_fdstat_set_flags', [4, 5]),
  sample('give up writing', 'fd_fdstat_set_rights', [4, READ_RIGHTS, 0n]),
  sample('ask for more', 'fd_fdstat_set_rights', [4, -1n, -1n], { result: 76 }),
  sample('a regular file', 'fd_filestat_get', [4, 4096], {
    writes: [[1, filestat({ filetype: 4, size: 1234n, time: NOVEMBER_2023 })]],
  }),
  sample('truncate', 'fd_filestat_set_size', [4, 0n]),
  sample('touch', 'fd_filestat_set_times', [4, 0n, 0n, 0b1010]),
  sample('an exact time', 'fd_filestat_set_times', [4, 0n, NOVEMBER_2023, 0b0100]),
  sample('at an offset', 'fd_pread', [4, 4096, 1, 8n, 4104], {
    reads: iovecs(6),
    writes: [
      [1, text('1,Ada\n')],
      [4, u32(6)],
    ],
  }),
  sample('a directory', 'fd_prestat_get', [3, 4096], { writes: [[1, u32(0, 1)]] }),
  sample('the end of the preopens', 'fd_prestat_get', [4, 4096], { result: 8 }),
  sample('the root', 'fd_prestat_dir_name', [3, 4096, 1], { writes: [[1, text('/')]] }),
  sample('at an offset', 'fd_pwrite', [4, 4096, 1, 100n, 4104], {
    reads: bytes(iovecs(3), text('abc')),
    writes: [[4, u32(3)]],
  }),
  sample('less than asked for', 'fd_read', [4, 4096, 1, 4104], {
    reads: iovecs(4096),
    writes: [
      [1, text(CSV)],
      [3, u32(22)],
    ],
  }),
  sample('over two buffers', 'fd_read', [4, 4096, 2, 4112], {
    reads: iovecs(4, 1024),
    writes: [
      [1, BINARY],
      [3, u32(9)],
    ],
  }),
  sample('end of file', 'fd_read', [4, 4096, 1, 4104], {
    reads: iovecs(4096),
    writes: [
      [1, zeros(0)],
      [3, u32(0)],
    ],
  }),
  sample('a directory', 'fd_read', [3, 4096, 1, 4104], { reads: iovecs(4096), result: 31 }),
  sample('the last name cut by the buffer', 'fd_readdir', [3, 4096, 85, 0n, 4092], {
    writes: [
      [
        1,
        bytes(
          dirent(1n, 42n, 3, '.'),
          dirent(2n, 43n, 4, 'users.csv'),
          dirent(3n, 44n, 7, 'latest'),
        ).subarray(0, 85),
      ],
      [4, u32(85)],
    ],
  }),
  sample('the end', 'fd_readdir', [3, 4096, 4096, 3n, 4092], {
    writes: [
      [1, zeros(0)],
      [4, u32(0)],
    ],
  }),
  sample('a file over stdout', 'fd_renumber', [4, 1]),
  sample('back', 'fd_seek', [4, -16n, 1, 4096], { writes: [[3, u64(0n)]] }),
  sample('a pipe', 'fd_seek', [0, 0n, 1, 4096], { result: 70 }),
  sample('before the start, with a whence that WASI does not know', 'fd_seek', [4, -1n, 3, 4096], {
    result: 28,
  }),
  sample('a file', 'fd_sync', [4]),
  sample('the position', 'fd_tell', [4, 4096], { writes: [[1, u64(22n)]] }),
  sample('a line in two buffers', 'fd_write', [1, 4096, 2, 4112], {
    reads: bytes(iovecs(5, 1), text('hello\n')),
    writes: [[3, u32(6)]],
  }),
  sample('less than asked for', 'fd_write', [1, 4096, 1, 4112], {
    reads: bytes(iovecs(12), text('hello world\n')),
    writes: [[3, u32(5)]],
  }),
  sample('cut in the trace', 'fd_write', [2, 4096, 1, 4112], {
    reads: bytes(iovecs(1000), text('x'.repeat(40))),
    readLength: 1008,
    writes: [[3, u32(1000)]],
  }),
  sample('a broken pipe', 'fd_write', [1, 4096, 1, 4112], {
    reads: bytes(iovecs(3), text('abc')),
    result: 64,
  }),

  sample('a name outside ASCII', 'path_create_directory', [3, 4096, 9], { reads: text('naïve→') }),
  sample('follow links', 'path_filestat_get', [3, 1, 4096, 9, 4200], {
    reads: text('users.csv'),
    writes: [[4, filestat({ filetype: 4, size: 22n, time: NOVEMBER_2023 })]],
  }),
  sample('touch', 'path_filestat_set_times', [3, 0, 4096, 9, 0n, 0n, 10], {
    reads: text('users.csv'),
  }),
  sample('a second name', 'path_link', [3, 0, 4096, 9, 5, 4200, 4], {
    reads: text('users.csvcopy'),
  }),
  sample('for reading', 'path_open', [3, 1, 4096, 9, 0, READ_RIGHTS, 0n, 0, 4200], {
    reads: text('users.csv'),
    writes: [[8, u32(4)]],
  }),
  sample(
    'create or truncate, append',
    'path_open',
    [3, 1, 4096, 7, 9, ALL_RIGHTS, ALL_RIGHTS, 1, 4200],
    {
      reads: text('out.log'),
      writes: [[8, u32(5)]],
    },
  ),
  sample('a directory', 'path_open', [3, 0, 4096, 5, 2, 1n << 14n, -1n, 0, 4200], {
    reads: text('a/../'),
    writes: [[8, u32(6)]],
  }),
  sample('missing', 'path_open', [3, 1, 4096, 8, 0, READ_RIGHTS, 0n, 0, 4200], {
    reads: text('user.csv'),
    result: 44,
  }),
  sample(
    'a name that is no UTF-8 and hides its end',
    'path_open',
    [3, 0, 4096, 12, 0, 0n, 0n, 0, 4200],
    {
      reads: bytes(text('a"\\'), Uint8Array.of(0xff, 0x1b, 0x0a), text('\u202etxt')),
      result: 25,
    },
  ),
  sample('a link', 'path_readlink', [3, 4096, 6, 4200, 256, 4196], {
    reads: text('latest'),
    writes: [
      [3, text('users.csv')],
      [5, u32(9)],
    ],
  }),
  sample('not empty', 'path_remove_directory', [3, 4096, 4], { reads: text('data'), result: 55 }),
  sample('between directories', 'path_rename', [5, 4096, 3, 6, 4200, 3], { reads: text('tmpnew') }),
  sample('relative to the link', 'path_symlink', [4096, 12, 3, 4200, 6], {
    reads: text('../users.csvlatest'),
  }),
  sample('a file', 'path_unlink_file', [3, 4096, 7], { reads: text('out.log') }),

  sample('input or a timeout', 'poll_oneoff', [4096, 4200, 2, 4300], {
    reads: bytes(fdSubscription(1n, 1, 0), clockSubscription(2n, 1, 1_000_000_000n, 0)),
    writes: [
      [1, event(1n, 0, 1, 5n, 1)],
      [3, u32(1)],
    ],
  }),
  sample('until a time', 'poll_oneoff', [4096, 4200, 1, 4300], {
    reads: clockSubscription(7n, 0, NOVEMBER_2023, 1),
    writes: [
      [1, event(7n, 0, 0)],
      [3, u32(1)],
    ],
  }),
  sample('nothing to wait for', 'poll_oneoff', [4096, 4200, 0, 4300], { result: 28 }),
  sample('failure', 'proc_exit', [3], { result: undefined }),
  sample('abort', 'proc_raise', [6]),
  sample('to others', 'sched_yield', []),
  sample('four bytes', 'random_get', [4096, 4], {
    writes: [[0, Uint8Array.of(0xde, 0xad, 0x20, 0x41)]],
  }),

  sample('nonblocking', 'sock_accept', [3, 4, 4096], { writes: [[2, u32(7)]] }),
  sample('nobody there', 'sock_accept', [3, 4, 4096], { result: 6 }),
  sample('peek, cut by the buffer', 'sock_recv', [7, 4096, 1, 1, 4104, 4108], {
    reads: iovecs(4),
    writes: [
      [1, text('GET ')],
      [4, u32(4)],
      [5, u16(1)],
    ],
  }),
  sample('an answer', 'sock_send', [7, 4096, 1, 0, 4104], {
    reads: bytes(iovecs(17), text('HTTP/1.0 200 OK\r\n')),
    writes: [[4, u32(17)]],
  }),
  sample('both ways', 'sock_shutdown', [7, 3]),
  sample('an error that WASI does not have', 'sock_shutdown', [7, 0], { result: 200 }),
];

/** Byte that fills what the host reads and writes, and the list lengths that go with it. */
interface Edge {
  readonly about: string;
  readonly i32: number;
  readonly i64: bigint;
  readonly length: number;
  readonly fill: number;
}

const ZERO: Edge = { about: 'zero', i32: 0, i64: 0n, length: 0, fill: 0 };
const EXTREME: Edge = { about: 'extreme', i32: -1, i64: -(1n << 63n), length: 3, fill: 0xff };

function edgeCall(fn: Preview1Function, edge: Edge, failed: boolean): SampleCall {
  const lengths = new Set([
    ...fn.reads.map((rule) => (rule.kind === 'vector' ? rule.pointer + 1 : rule.length)),
    ...fn.writes.flatMap((rule) =>
      rule.kind === 'buffer' ? rule.length : rule.kind === 'counted' ? rule.capacity : [],
    ),
  ]);
  const filled = (length: number) => new Uint8Array(length).fill(edge.fill);
  const reads = bytes(
    ...fn.reads.map((rule) => filled(edge.length * (rule.kind === 'vector' ? 8 : rule.unit))),
  );
  // buffers of 4 GiB each: a trace can only hold a prefix of their contents
  const contents = fn.reads.some((rule) => rule.kind === 'vector' && rule.contents);
  const unheld = contents && edge.fill !== 0 ? edge.length * 0xffff_ffff : 0;
  return {
    about: failed ? 'failed' : edge.about,
    call: {
      name: fn.name,
      args: fn.params.map((param, index) =>
        lengths.has(index) ? edge.length : param.core === 'i64' ? edge.i64 : edge.i32,
      ),
      result: fn.result === 'noreturn' ? undefined : failed ? 76 : 0,
      reads,
      readLength: reads.length + unheld,
      effects: failed ? [] : edgeEffects(fn, edge),
    },
  };
}

function edgeEffects(fn: Preview1Function, edge: Edge): CallEffect[] {
  const counts = new Set(fn.writes.flatMap((rule) => ('count' in rule ? rule.count : [])));
  return fn.writes.flatMap((rule) => edgeEffect(rule, edge, counts));
}

/** @param counts parameters that say how much of another effect there is: they must say the truth */
function edgeEffect(rule: WriteRule, edge: Edge, counts: ReadonlySet<number>): CallEffect[] {
  const filled = (length: number) => new Uint8Array(length).fill(edge.fill);
  const param = rule.pointer;
  switch (rule.kind) {
    case 'fixed':
      return [{ param, bytes: counts.has(param) ? u32(edge.length) : filled(rule.size) }];
    case 'buffer':
    case 'scatter':
      return [{ param, bytes: filled(edge.length) }];
    case 'counted':
      return [{ param, bytes: filled(edge.length * rule.unit) }];
    case 'strings':
      return [
        { param, bytes: filled(edge.length * 4) },
        { param: param + 1, bytes: filled(edge.length) },
      ];
  }
}

export const EDGE_CALLS: readonly SampleCall[] = [...PREVIEW1.values()].flatMap((fn) => [
  edgeCall(fn, ZERO, false),
  edgeCall(fn, EXTREME, false),
  ...(fn.result === 'noreturn' ? [] : [edgeCall(fn, EXTREME, true)]),
]);

export const SAMPLE_CALLS: readonly SampleCall[] = [...TYPICAL_CALLS, ...EDGE_CALLS];
