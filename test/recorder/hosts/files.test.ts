/** What the official suite teaches about files, their descriptors and their attributes. */
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RIGHT } from '../../../recorder/hosts/sandbox/rights.ts';
import { sandboxHost } from '../../../recorder/hosts/sandbox/sandbox.ts';
import { PREVIEW1 } from '../../../wasi/preview1.ts';
import {
  DirectGuest,
  FDFLAG,
  FILE,
  FOLLOW,
  OFLAG,
  OUT,
  READ,
  ROOT,
  WRITE,
} from './direct-guest.ts';

const [SET, CUR, END] = [0, 1, 2];
const FST = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 } as const;

let guest: DirectGuest;
beforeEach(() => {
  guest = new DirectGuest();
});
afterEach(() => guest.remove());

const hostPath = (name: string) => join(guest.root, name);
const put = (name: string, content = '') => writeFileSync(hostPath(name), content);

test('answers every function of Preview 1 but proc_exit', () => {
  const config = { args: [], env: [], preopens: [], stdin: 0, stdout: 1, stderr: 2 };
  const { functions } = sandboxHost(config);
  const expected = [...PREVIEW1.keys()].filter((name) => name !== 'proc_exit');
  expect([...functions.keys()].sort()).toEqual(expected.sort());
});

test('a bad address is a fault, and then nothing happens', () => {
  put('file', 'content');
  const end = guest.memory.buffer.byteLength;
  const fd = guest.mustOpen('file');
  const text = guest.put('new');
  const open = (at: number) =>
    guest.call('path_open', ROOT, 0, ...text, OFLAG.creat, BigInt(FILE), 0n, 0, at);
  expect(open(end - 3)).toBe('fault');
  expect(guest.stat('new')).toBe('noent');
  expect(guest.call('fd_read', fd, end - 7, 1, OUT)).toBe('fault');
  expect(guest.call('fd_read', fd, ...guest.vector([end - 2, 3]), OUT)).toBe('fault');
  expect(guest.call('fd_read', fd, ...guest.vector([8192, 4]), -4 + 1)).toBe('fault');
  expect(guest.read(fd)).toEqual(Buffer.from('content'));
  expect(guest.call('random_get', end - 1, 2)).toBe('fault');
  expect(guest.call('clock_time_get', 0, 0n, end - 7)).toBe('fault');
});

describe('offsets', () => {
  test('seek, tell, and reading and writing move one offset; pread and pwrite none', () => {
    const fd = guest.mustOpen('file', { oflags: OFLAG.creat });
    expect(guest.write(fd, '0123456789')).toBe(10);
    expect(guest.call('fd_tell', fd, OUT)).toBe('success');
    expect(guest.u64).toBe(10n);
    expect(guest.call('fd_seek', fd, -4n, CUR, OUT)).toBe('success');
    expect(guest.u64).toBe(6n);
    expect(guest.read(fd, 2)).toEqual(Buffer.from('67'));
    const vector = guest.vector([8192, 2], [9000, 3]);
    expect(guest.call('fd_pread', fd, ...vector, 1n, OUT)).toBe('success');
    expect([guest.u32, guest.bytes(8192, 2).toString(), guest.bytes(9000, 3).toString()]).toEqual([
      5,
      '12',
      '345',
    ]);
    expect(guest.call('fd_pwrite', fd, ...guest.vector(guest.put('XY')), 0n, OUT)).toBe('success');
    expect(guest.read(fd)).toEqual(Buffer.from('89'));
    expect(readFileSync(hostPath('file'), 'utf8')).toBe('XY23456789');
    expect(guest.call('fd_seek', fd, 5n, END, OUT)).toBe('success');
    expect(guest.u64).toBe(15n);
    expect(guest.call('fd_seek', fd, -16n, CUR, OUT)).toBe('inval');
    expect(guest.call('fd_seek', fd, 0n, 3, OUT)).toBe('inval');
  });

  test('what is appended goes to the end, and the offset with it', () => {
    put('log', 'one ');
    const fd = guest.mustOpen('log', { fdflags: FDFLAG.append, rights: FILE });
    guest.call('fd_seek', fd, 0n, SET, OUT);
    appendFileSync(hostPath('log'), 'two ');
    expect(guest.write(fd, 'three')).toBe(5);
    expect(guest.call('fd_tell', fd, OUT)).toBe('success');
    expect(guest.u64).toBe(13n);
    expect(guest.call('fd_seek', fd, 4n, SET, OUT)).toBe('success');
    expect(guest.read(fd)).toEqual(Buffer.from('two three'));
  });

  test('appending can be switched on and off, and stays with the file that was renamed', () => {
    const rights = FILE | RIGHT.fd_fdstat_set_flags;
    const fd = guest.mustOpen('a', { oflags: OFLAG.creat, rights, fdflags: FDFLAG.append });
    guest.write(fd, 'xx');
    guest.rename('a', 'b');
    expect(guest.call('fd_fdstat_set_flags', fd, 0)).toBe('success');
    guest.call('fd_seek', fd, 0n, SET, OUT);
    guest.write(fd, 'y');
    expect(guest.call('fd_fdstat_set_flags', fd, FDFLAG.append)).toBe('success');
    guest.write(fd, 'z');
    expect(readFileSync(hostPath('b'), 'utf8')).toBe('yxz');
    expect(guest.call('fd_fdstat_get', fd, OUT)).toBe('success');
    expect(guest.structure('fdstat')).toMatchObject({ fs_flags: ['append'] });
    expect(guest.call('fd_fdstat_set_flags', fd, 32)).toBe('inval');
  });

  test('a vector with more buffers than a system takes at once is written whole', () => {
    const fd = guest.mustOpen('file', { oflags: OFLAG.creat });
    const text = guest.put('ab');
    const list = guest.vector(...Array.from({ length: 3000 }, () => text));
    expect(guest.call('fd_write', fd, ...list, OUT)).toBe('success');
    expect(guest.u32).toBe(6000);
    expect(statSync(hostPath('file')).size).toBe(6000);
  });
});

describe('rights', () => {
  test('reading and writing need their right, given when opening', () => {
    put('file', 'x');
    const reader = guest.mustOpen('file', { rights: READ });
    expect(guest.write(reader, 'y')).toBe('notcapable');
    const writer = guest.mustOpen('file', { rights: WRITE });
    expect(guest.read(writer)).toBe('notcapable');
    expect(guest.write(writer, 'y')).toBe(1);
    expect(guest.call('fd_tell', writer, OUT)).toBe('notcapable');
    expect(guest.call('fd_sync', writer)).toBe('notcapable');
  });

  test('rights can be dropped but not regained', () => {
    const fd = guest.mustOpen('file', { oflags: OFLAG.creat });
    expect(guest.call('fd_fdstat_set_rights', fd, BigInt(READ), 0n)).toBe('success');
    expect(guest.write(fd, 'x')).toBe('notcapable');
    expect(guest.call('fd_fdstat_set_rights', fd, BigInt(READ | WRITE), 0n)).toBe('notcapable');
    expect(guest.call('fd_fdstat_set_rights', fd, 0n, BigInt(READ))).toBe('notcapable');
  });

  test('a directory passes on what it inherits, and no more', () => {
    mkdirSync(hostPath('dir'));
    put('dir/file', 'x');
    const rights = RIGHT.path_open | RIGHT.path_filestat_get;
    const at = guest.mustOpen('dir', { oflags: OFLAG.directory, rights, inheriting: READ });
    expect(guest.open('file', { at, rights: READ })).toEqual(expect.any(Number));
    expect(guest.open('file', { at, rights: WRITE })).toBe('notcapable');
    expect(guest.open('new', { at, rights: READ, oflags: OFLAG.creat })).toBe('notcapable');
    expect(guest.open('file', { at, rights: READ, oflags: OFLAG.trunc })).toBe('notcapable');
    expect(guest.call('path_unlink_file', at, ...guest.put('file'))).toBe('notcapable');
    expect(readFileSync(hostPath('dir/file'), 'utf8')).toBe('x');
  });

  test('truncating needs no right to write', () => {
    put('file', 'content');
    expect(guest.open('file', { rights: 0, oflags: OFLAG.trunc })).toEqual(expect.any(Number));
    expect(statSync(hostPath('file')).size).toBe(0);
  });
});

describe('directories as descriptors', () => {
  test.each([
    ['fd_read', (fd: number) => guest.read(fd), 'isdir'],
    ['fd_write', (fd: number) => guest.write(fd, 'x'), 'isdir'],
    ['fd_seek', (fd: number) => guest.call('fd_seek', fd, 0n, CUR, OUT), 'isdir'],
    ['fd_tell', (fd: number) => guest.call('fd_tell', fd, OUT), 'isdir'],
    ['fd_filestat_set_size', (fd: number) => guest.call('fd_filestat_set_size', fd, 0n), 'isdir'],
    ['fd_allocate', (fd: number) => guest.call('fd_allocate', fd, 0n, 1n), 'isdir'],
  ])('%s', (_name, call, errno) => {
    expect(call(ROOT)).toBe(errno);
  });

  test('cannot be opened for writing, and have no right to seek', () => {
    mkdirSync(hostPath('dir'));
    const oflags = OFLAG.directory;
    expect(guest.open('dir', { oflags, rights: READ | WRITE })).toBe('isdir');
    const fd = guest.mustOpen('dir', { oflags, rights: RIGHT.fd_seek | RIGHT.fd_readdir });
    guest.call('fd_fdstat_get', fd, OUT);
    expect(guest.structure('fdstat')).toMatchObject({
      fs_filetype: 'directory',
      fs_flags: [],
      fs_rights_base: ['fd_readdir'],
    });
    put('file');
    expect(guest.open('file', { oflags })).toBe('notdir');
    expect(guest.open('x', { at: guest.mustOpen('file') })).toBe('notdir');
  });

  test('have flags that stay as they are, since paths start at them', () => {
    expect(guest.call('fd_fdstat_set_flags', ROOT, FDFLAG.append)).toBe('notsup');
    expect(guest.call('fd_fdstat_set_flags', ROOT, FDFLAG.nonblock)).toBe('success');
    expect(guest.open('new', { oflags: OFLAG.creat })).toEqual(expect.any(Number));
  });

  test('the name of a preopen needs room', () => {
    expect(guest.call('fd_prestat_get', ROOT, OUT)).toBe('success');
    expect(guest.structure('prestat')).toMatchObject({ type: 'dir', pr_name_len: 1 });
    expect(guest.call('fd_prestat_dir_name', ROOT, 8192, 0)).toBe('nametoolong');
    expect(guest.call('fd_prestat_dir_name', ROOT, 8192, 2)).toBe('success');
    expect(guest.bytes(8192, 1).toString()).toBe('/');
    // wasi-libc ends its search for preopens at the first badf
    expect(guest.call('fd_prestat_get', 0, OUT)).toBe('badf');
    expect(guest.call('fd_prestat_get', 4, OUT)).toBe('badf');
  });
});

describe('numbers', () => {
  test('the lowest free number is used', () => {
    put('file');
    const [first, second] = [guest.mustOpen('file'), guest.mustOpen('file')];
    expect([first, second]).toEqual([4, 5]);
    guest.call('fd_close', first);
    expect(guest.call('fd_close', first)).toBe('badf');
    expect(guest.mustOpen('file')).toBe(4);
  });

  test('renumbering moves a descriptor over another that is open', () => {
    put('a', 'a');
    put('b', 'b');
    const [a, b] = [guest.mustOpen('a'), guest.mustOpen('b')];
    expect(guest.call('fd_renumber', a, b)).toBe('success');
    expect(guest.read(b)).toEqual(Buffer.from('a'));
    expect(guest.read(a)).toBe('badf');
    expect(guest.call('fd_renumber', b, 77)).toBe('badf');
    expect(guest.call('fd_renumber', 77, b)).toBe('badf');
    expect(guest.call('fd_renumber', b, b)).toBe('success');
    expect(guest.call('fd_renumber', b, ROOT)).toBe('success');
    expect(guest.call('fd_prestat_get', ROOT, OUT)).toBe('badf');
  });

  test.each(['sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown'])('%s', (name) => {
    const rest = Array.from({ length: (PREVIEW1.get(name)?.params.length ?? 0) - 1 }, () => 0);
    expect(guest.call(name, 99, ...rest)).toBe('badf');
    expect(guest.call(name, 1, ...rest)).toBe('notsock');
  });
});

describe('times are set to the nanosecond', () => {
  const TIME = 1_700_000_000_123_456_789n;
  const AGO = 1_234_567_890_987_654_321n;

  test('of a descriptor, each alone or both', () => {
    const rights = FILE | RIGHT.fd_filestat_set_times;
    const fd = guest.mustOpen('file', { oflags: OFLAG.creat, rights });
    const times = (atim: bigint, mtim: bigint, flags: number) => {
      expect(guest.call('fd_filestat_set_times', fd, atim, mtim, flags)).toBe('success');
      const { atimeNs, mtimeNs } = statSync(hostPath('file'), { bigint: true });
      return [atimeNs, mtimeNs];
    };
    expect(times(TIME, AGO, FST.atim | FST.mtim)).toEqual([TIME, AGO]);
    expect(times(5n, TIME, FST.mtim)).toEqual([TIME, TIME]);
    expect(times(0n, 5n, FST.atim)).toEqual([0n, TIME]);
    const before = BigInt(Date.now() - 60_000) * 1_000_000n;
    const [atim, mtim] = times(5n, 5n, FST.mtimNow);
    expect(atim).toBe(0n);
    expect(mtim).toBeGreaterThan(before);
    expect(times(5n, 5n, 0)).toEqual([atim, mtim]);
  });

  test('of a path; of a link itself unless it is followed', () => {
    put('file');
    symlinkSync('file', hostPath('link'));
    const set = (lookup: number, time: bigint, flags: number = FST.mtim) => {
      const text = guest.put('link');
      return guest.call('path_filestat_set_times', ROOT, lookup, ...text, 0n, time, flags);
    };
    expect(set(0, TIME)).toBe('success');
    expect(set(FOLLOW, AGO)).toBe('success');
    expect(guest.stat('link', 0)).toMatchObject({ filetype: 'symbolic_link', mtim: TIME });
    expect(guest.stat('link')).toMatchObject({ filetype: 'regular_file', mtim: AGO });
    expect(set(0, TIME, FST.mtim | FST.mtimNow)).toBe('inval');
    expect(set(0, TIME, FST.atim | FST.atimNow)).toBe('inval');
  });

  test('of a name that is no text, as near as Node can', () => {
    const name = Uint8Array.of(0x66, 0xff);
    expect(guest.open(name, { oflags: OFLAG.creat })).toEqual(expect.any(Number));
    const text = guest.put(name);
    expect(guest.call('path_filestat_set_times', ROOT, 0, ...text, 0n, TIME, FST.mtim)).toBe(
      'success',
    );
    const { mtim } = guest.stat(name) as { mtim: bigint };
    expect(Math.abs(Number(mtim - TIME))).toBeLessThan(240);
  });
});

test('sizes: set, allocated, and refused where no file can be that large', () => {
  const rights = FILE | RIGHT.fd_allocate | RIGHT.fd_filestat_set_size | RIGHT.fd_advise;
  const fd = guest.mustOpen('file', { oflags: OFLAG.creat, rights });
  const size = () => statSync(hostPath('file')).size;
  expect(guest.call('fd_filestat_set_size', fd, 100n)).toBe('success');
  expect(guest.call('fd_allocate', fd, 10n, 10n)).toBe('success');
  expect(size()).toBe(100);
  expect(guest.call('fd_allocate', fd, 90n, 20n)).toBe('success');
  expect(size()).toBe(110);
  expect(guest.call('fd_allocate', fd, 0n, 0n)).toBe('inval');
  expect(guest.call('fd_filestat_set_size', fd, -1n)).toBe('fbig');
  expect(guest.call('fd_advise', fd, 10n, 50n, 0)).toBe('success');
  expect(guest.call('fd_advise', fd, 10n, 50n, 6)).toBe('inval');
});

test('attributes are the file’s, to the nanosecond', () => {
  put('file', 'content');
  const { dev, ino, size, nlink, atimeNs, mtimeNs, ctimeNs } = statSync(hostPath('file'), {
    bigint: true,
  });
  const expected = { dev, ino, nlink, size, atim: atimeNs, mtim: mtimeNs, ctim: ctimeNs };
  expect(guest.stat('file')).toEqual({ ...expected, filetype: 'regular_file' });
  expect(guest.call('fd_filestat_get', guest.mustOpen('file'), OUT)).toBe('success');
  expect(guest.structure('filestat')).toEqual({ ...expected, filetype: 'regular_file' });
});
