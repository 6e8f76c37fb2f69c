import { describe, expect, test } from 'vitest';
import { decodeCall } from '../../wasi/decode.ts';
import { bytes, dirent, event, fdSubscription, iovecs, text, u32, u64, zeros } from './bytes.ts';
import { SAMPLE_CALLS, TYPICAL_CALLS } from './sample-calls.ts';

const NOTHING = { reads: zeros(0), readLength: 0, effects: [] };

describe('a call', () => {
  test('that reads', () => {
    const call = {
      name: 'fd_read',
      args: [3, 1024, 2, 2048],
      result: 0,
      reads: iovecs(4, 100),
      readLength: 16,
      effects: [
        { param: 1, bytes: text('id,name') },
        { param: 3, bytes: u32(7) },
      ],
    };
    expect(decodeCall(call)).toEqual({
      name: 'fd_read',
      known: true,
      args: [
        { name: 'fd', type: 'fd', value: 3 },
        { name: 'iovs', type: 'iovec_array', value: [4, 100] },
      ],
      result: [
        { name: 'contents', type: 'bytes', value: { text: 'id,name', length: 7, shown: 7 } },
        { name: 'nread', type: 'size', value: 7 },
      ],
      errno: 'success',
      pointers: [
        { name: 'iovs', address: 1024 },
        { name: 'nread', address: 2048 },
      ],
    });
  });

  test('that writes', () => {
    const reads = bytes(iovecs(5, 1), text('hello\n'));
    const call = {
      name: 'fd_write',
      args: [1, 1024, 2, 2048],
      result: 0,
      reads,
      readLength: reads.length,
      effects: [{ param: 3, bytes: u32(6) }],
    };
    expect(decodeCall(call)).toMatchObject({
      args: [
        { name: 'fd', value: 1 },
        { name: 'contents', type: 'bytes', value: { text: 'hello\n', length: 6, shown: 6 } },
        { name: 'iovs', type: 'ciovec_array', value: [5, 1] },
      ],
      result: [{ name: 'nwritten', value: 6 }],
    });
  });

  test('that failed has no result', () => {
    const call = {
      ...NOTHING,
      name: 'path_open',
      args: [3, 1, 64, 4, 9, 2n, -1n, 1, 96],
      result: 44,
      reads: text('nope'),
      readLength: 4,
    };
    const decoded = decodeCall(call);
    expect(decoded.errno).toBe('noent');
    expect(decoded.result).toEqual([]);
    const values = Object.fromEntries(decoded.args.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({
      fd: 3,
      dirflags: ['symlink_follow'],
      path: 'nope',
      oflags: ['creat', 'trunc'],
      fs_rights_base: ['fd_read'],
      fdflags: ['append'],
    });
    expect(values.fs_rights_inheriting).toHaveLength(31);
    expect(decoded.pointers).toEqual([
      { name: 'path', address: 64 },
      { name: 'opened_fd', address: 96 },
    ]);
  });

  test('that failed and wrote all the same shows what it wrote', () => {
    const call = {
      ...NOTHING,
      name: 'args_sizes_get',
      args: [0, 4],
      result: 21,
      effects: [{ param: 1, bytes: u32(8) }],
    };
    expect(decodeCall(call).result).toEqual([{ name: 'argv_buf_size', type: 'size', value: 8 }]);
  });

  test('that never returned has no errno', () => {
    const call = { ...NOTHING, name: 'proc_exit', args: [3], result: undefined };
    expect(decodeCall(call)).toEqual({
      name: 'proc_exit',
      known: true,
      args: [{ name: 'rval', type: 'exitcode', value: 3 }],
      result: [],
      errno: undefined,
      pointers: [],
    });
  });

  test('of two paths takes them apart', () => {
    const call = {
      ...NOTHING,
      name: 'path_rename',
      args: [5, 64, 3, 6, 96, 4],
      result: 0,
      reads: text('oldnew!'),
      readLength: 7,
    };
    expect(decodeCall(call).args.map(({ value }) => value)).toEqual([5, 'old', 6, 'new!']);
  });

  test('that polls shows subscriptions and events', () => {
    const call = {
      name: 'poll_oneoff',
      args: [64, 128, 1, 192],
      result: 0,
      reads: fdSubscription(1n, 1, 0),
      readLength: 48,
      effects: [
        { param: 1, bytes: event(1n, 0, 1, 5n) },
        { param: 3, bytes: u32(1) },
      ],
    };
    const decoded = decodeCall(call);
    expect(decoded.args[0]?.value).toEqual([{ userdata: 1, type: 'fd_read', file_descriptor: 0 }]);
    expect(decoded.result[0]?.value).toEqual([
      { userdata: 1, error: 'success', type: 'fd_read', nbytes: 5, flags: [] },
    ]);
  });

  test('that lists a directory shows its entries, and how the last one was cut', () => {
    const entries = bytes(dirent(1n, 9n, 3, '.'), dirent(2n, 10n, 4, 'users.csv'));
    const readdir = (buffer: Uint8Array) =>
      decodeCall({
        ...NOTHING,
        name: 'fd_readdir',
        args: [3, 64, buffer.length, 0n, 32],
        result: 0,
        effects: [
          { param: 1, bytes: buffer },
          { param: 4, bytes: u32(buffer.length) },
        ],
      }).result[0]?.value;
    const dot = { name: '.', d_next: 1, d_ino: 9, d_namlen: 1, d_type: 'directory' };
    const file = { name: 'users.csv', d_next: 2, d_ino: 10, d_namlen: 9, d_type: 'regular_file' };
    expect(readdir(entries)).toEqual([dot, file]);
    expect(readdir(entries.subarray(0, entries.length - 4))).toEqual([
      dot,
      { ...file, name: 'users…' },
    ]);
    expect(readdir(entries.subarray(0, 25 + 16))).toEqual([
      dot,
      { name: null, d_next: 2, d_ino: 10, d_namlen: null, d_type: null },
    ]);
  });

  test('of a module that is not WASI shows its core values', () => {
    const call = {
      ...NOTHING,
      name: 'alert',
      args: [-1, 1n << 60n, 0.5, Number.NaN],
      result: 7,
    };
    expect(decodeCall(call)).toEqual({
      name: 'alert',
      known: false,
      args: [
        { name: 'arg0', type: 'i32', value: -1 },
        { name: 'arg1', type: 'i64', value: '1152921504606846976' },
        { name: 'arg2', type: 'f64', value: 0.5 },
        { name: 'arg3', type: 'f64', value: 'NaN' },
      ],
      result: [{ name: 'result', type: 'i32', value: 7 }],
      errno: undefined,
      pointers: [],
    });
  });

  test.each(['toString', '__proto__', 'constructor', ''])('called %j is unknown', (name) => {
    expect(decodeCall({ ...NOTHING, name, args: [], result: 0 }).known).toBe(false);
  });
});

describe('text', () => {
  const open = (path: Uint8Array, length = path.length) =>
    decodeCall({
      ...NOTHING,
      name: 'path_unlink_file',
      args: [3, 64, length],
      result: 0,
      reads: path,
      readLength: length,
    }).args[1]?.value;

  test('shows bytes that are no UTF-8', () => {
    expect(open(bytes(text('a'), Uint8Array.of(0xff), text('ï')))).toBe('a\\xffï');
  });

  test('that the trace cut ends in an ellipsis; of nothing at all it is null', () => {
    expect(open(text('abc'), 10)).toBe('abc…');
    expect(open(zeros(0), 10)).toBeNull();
    expect(open(zeros(0), 0)).toBe('');
  });

  test('of a buffer is a preview', () => {
    const contents = text('x'.repeat(5000));
    const call = {
      ...NOTHING,
      name: 'random_get',
      args: [64, 5000],
      result: 0,
      effects: [{ param: 0, bytes: contents }],
    };
    expect(decodeCall(call).result[0]?.value).toMatchObject({ length: 5000, shown: 1024 });
    expect(decodeCall(call, { maxBytes: 3 }).result[0]?.value).toEqual({
      text: 'xxx',
      length: 5000,
      shown: 3,
    });
  });
});

describe('a trace that lacks something', () => {
  const write = (reads: Uint8Array, readLength: number) =>
    decodeCall({
      ...NOTHING,
      name: 'fd_write',
      args: [1, 64, 2, 32],
      result: 0,
      reads,
      readLength,
      effects: [{ param: 3, bytes: u32(300) }],
    }).args.map(({ value }) => value);

  test('shows how long the contents were', () => {
    expect(write(bytes(iovecs(100, 200), text('abc')), 316)).toEqual([
      1,
      { text: 'abc', length: 300, shown: 3 },
      [100, 200],
    ]);
  });

  test('even where it was cut inside the iovec array', () => {
    expect(write(iovecs(100, 200).subarray(0, 12), 316)).toEqual([
      1,
      { text: '', length: 300, shown: 0 },
      [100, null],
    ]);
  });

  test('shows arguments, effects and fields that are not there as null', () => {
    const call = { ...NOTHING, name: 'fd_filestat_get', args: [], result: 0 };
    expect(decodeCall(call)).toMatchObject({
      args: [{ name: 'fd', value: null }],
      result: [{ name: 'buf', value: null }],
    });
    const short = { ...call, effects: [{ param: 1, bytes: u64(7n) }] };
    expect(decodeCall(short).result[0]?.value).toMatchObject({ dev: 7, ino: null, ctim: null });
  });

  test('ignores arguments that the function does not have', () => {
    const call = { ...NOTHING, name: 'fd_close', args: [3, 4, 5], result: 0 };
    expect(decodeCall(call).args).toHaveLength(1);
  });
});

describe('lists', () => {
  test('end after 1024 elements', () => {
    const reads = zeros(8 * 5000);
    const call = {
      ...NOTHING,
      name: 'fd_read',
      args: [0, 0, 5000, 0],
      result: 0,
      reads,
      readLength: reads.length,
    };
    const lengths = decodeCall(call).args[1]?.value;
    expect(lengths).toHaveLength(1025);
    expect(lengths).toHaveProperty('1024', null);
  });

  test('of strings too', () => {
    const call = {
      ...NOTHING,
      name: 'args_get',
      args: [0, 0],
      result: 0,
      effects: [{ param: 1, bytes: zeros(1_000_000) }],
    };
    expect(decodeCall(call).result[0]?.value).toHaveLength(1025);
  });

  test('of absurd lengths hold what the trace has', () => {
    const call = {
      ...NOTHING,
      name: 'fd_read',
      args: [0, 0, -1, 0],
      result: 0,
      reads: iovecs(16),
      readLength: 8,
    };
    expect(decodeCall(call).args[1]?.value).toEqual([16, null]);
  });
});

test('every sample call decodes to JSON', () => {
  for (const { call } of SAMPLE_CALLS) {
    const decoded = decodeCall(call);
    expect(JSON.parse(JSON.stringify(decoded.args))).toEqual(decoded.args);
    expect(JSON.parse(JSON.stringify(decoded.result))).toEqual(decoded.result);
    expect(decoded.known).toBe(true);
  }
});

test('nothing is missing from a typical call', () => {
  for (const { call } of TYPICAL_CALLS) {
    expect(JSON.stringify(decodeCall(call))).not.toContain('null');
  }
});
