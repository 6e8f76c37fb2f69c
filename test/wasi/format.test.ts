import { describe, expect, test } from 'vitest';
import type { RecordedCall } from '../../wasi/call.ts';
import { DescriptorTable } from '../../wasi/descriptors.ts';
import { type FormatOptions, formatCall, formatResult } from '../../wasi/format.ts';
import { bytes, dirent, iovecs, text, u32, zeros } from './bytes.ts';
import {
  accept,
  close,
  DIRECTORY,
  failed,
  fdstatGet,
  filestatGet,
  open,
  preopen,
  read,
  renumber,
  write,
} from './calls.ts';
import { SAMPLE_CALLS } from './sample-calls.ts';

function line(call: RecordedCall, options: FormatOptions = {}): string {
  return `${formatCall(call, options)} ${formatResult(call, options)}`;
}

test('the log reads like this', async () => {
  const lines = SAMPLE_CALLS.map(({ call, about }) => `# ${about}\n${line(call)}\n`);
  await expect(lines.join('')).toMatchFileSnapshot('golden/log.txt');
});

test('a run reads like this', () => {
  const table = new DescriptorTable();
  const run = [
    ...preopen(3, '/'),
    open(3, 'data', 4, DIRECTORY),
    open(4, 'users.csv', 5),
    read(5, 'id,name\n1,Ada\n2,Grace\n3,Barbara\n4,Jo\n'),
    read(5, ''),
    failed(read(4, ''), 31),
    close(5),
    failed(open(4, 'user.csv', 5), 44),
    renumber(1, 5),
    write(5, ['hello\n']),
    accept(6, 7),
    fdstatGet(7, 6),
    write(2, ['done\n'], 4),
  ];
  const lines = run.map((call) => {
    const shown = line(call, { table });
    table.apply(call);
    return shown;
  });
  expect(lines).toEqual([
    'fd_prestat_get(3, {type=DIR, pr_name_len=1}) = 0',
    'fd_prestat_dir_name(3<preopen>, "/", 1) = 0',
    'path_open(3</>, SYMLINK_FOLLOW, "data", DIRECTORY, FD_READ, 0, 0) = 4</data>',
    'path_open(4</data>, SYMLINK_FOLLOW, "users.csv", 0, FD_READ, 0, 0) = 5</data/users.csv>',
    'fd_read(5</data/users.csv>, "id,name\\n1,Ada\\n2,Grace\\n3,Barbara\\n"…, [4096]) = 37',
    'fd_read(5</data/users.csv>, "", [4096]) = 0',
    'fd_read(4</data>, [4096]) = ISDIR (Is a directory)',
    'fd_close(5</data/users.csv>) = 0',
    'path_open(4</data>, SYMLINK_FOLLOW, "user.csv", 0, FD_READ, 0, 0) = NOENT (No such file or directory)',
    'fd_renumber(1<stdout>, 5) = 0',
    'fd_write(5<stdout>, "hello\\n", [6]) = 6',
    'sock_accept(6, 0) = 7',
    'fd_fdstat_get(7<socket>, {fs_filetype=SOCKET_STREAM, fs_flags=0, fs_rights_base=0, fs_rights_inheriting=0}) = 0',
    'fd_write(2<stderr>, "done\\n", [5]) = 4',
  ]);
});

describe('the result', () => {
  test.each([
    [close(3), '= 0'],
    [read(3, 'abc'), '= 3'],
    [failed(close(3)), '= BADF (Bad file descriptor)'],
    [failed(close(3), 1), '= 2BIG (Argument list too long)'],
    [failed(close(3), 1000), '= ERRNO 1000 (unknown to WASI)'],
    [{ ...close(3), result: undefined }, '= ?'],
    [{ ...read(3, 'abc'), effects: [] }, '= ?'],
    [{ ...close(3), name: 'alert', result: 5 }, '= 5'],
    [{ ...close(3), name: 'alert', result: undefined }, '= ?'],
  ])('%#: %s', (call, shown) => {
    expect(formatResult(call)).toBe(shown);
  });
});

describe('text', () => {
  const long = write(1, ['x'.repeat(100)]);

  test('is cut at 32 characters, or where the caller says', () => {
    expect(formatCall(long)).toBe(`fd_write(1, "${'x'.repeat(32)}"…, [100])`);
    expect(formatCall(long, { maxText: 3 })).toBe('fd_write(1, "xxx"…, [100])');
    expect(formatCall(long, { maxText: 100 })).toBe(`fd_write(1, "${'x'.repeat(100)}", [100])`);
  });

  test('that the trace cut ends in one ellipsis', () => {
    const cut = { ...long, reads: long.reads.subarray(0, 8 + 5) };
    expect(formatCall(cut)).toBe('fd_write(1, "xxxxx"…, [100])');
    expect(formatCall(cut, { maxText: 2 })).toBe('fd_write(1, "xx"…, [100])');
  });

  test('of which the trace holds nothing is missing', () => {
    const lost = { ...long, reads: long.reads.subarray(0, 8) };
    expect(formatCall(lost)).toBe('fd_write(1, ?, [100])');
  });

  test('of a path is shown in full', () => {
    expect(formatCall(open(3, 'p'.repeat(200), 4))).toContain(`"${'p'.repeat(200)}"`);
  });

  test('is escaped, wherever it comes from', () => {
    const table = new DescriptorTable();
    for (const call of preopen(3, '/\x1b[2J')) table.apply(call);
    expect(formatCall(open(3, '\u202e"\n', 4), { table })).toBe(
      'path_open(3</\\x1b[2J>, SYMLINK_FOLLOW, "\\u{202e}\\"\\n", 0, FD_READ, 0, 0)',
    );
    expect(formatResult(open(3, '\u202e"\n', 4), { table })).toBe('= 4</\\x1b[2J/\\u{202e}"\\n>');
    expect(formatCall({ ...close(3), name: '\x1b[2J' })).toBe('\\x1b[2J(3)');
  });
});

describe('structures, lists and rights', () => {
  const entries = bytes(...Array.from({ length: 10 }, (_, i) => dirent(0n, 0n, 4, `${i}`)));
  const effects = [
    { param: 1, bytes: entries },
    { param: 4, bytes: u32(entries.length) },
  ];
  const readdir = { ...close(3), name: 'fd_readdir', args: [3, 64, 4096, 0n, 32], effects };
  const rights = {
    ...close(3),
    name: 'fd_fdstat_set_rights',
    args: [3, 0b11110n, (1n << 30n) - 1n],
  };

  test('are abbreviated', () => {
    expect(formatCall(filestatGet(3, 4))).toBe(
      'fd_filestat_get(3, {filetype=REGULAR_FILE, size=0, …})',
    );
    expect(formatCall(readdir).match(/name=/g)).toHaveLength(8);
    expect(formatCall(readdir)).toContain('{name="7", d_type=REGULAR_FILE, …}, …], 4096, 0)');
    expect(formatCall(rights)).toBe('fd_fdstat_set_rights(3, 4 rights, ALL)');
    const reads = iovecs(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const writev = { ...close(3), name: 'fd_read', args: [3, 64, 9, 32], reads, readLength: 72 };
    expect(formatCall(failed(writev))).toBe('fd_read(3, [1, 2, 3, 4, 5, 6, 7, 8, …])');
  });

  test('are shown whole on request', () => {
    const verbose = { verbose: true };
    expect(formatCall(filestatGet(3, 4), verbose)).toBe(
      'fd_filestat_get(3, {dev=7, ino=42, filetype=REGULAR_FILE, nlink=1, size=0, atim=0, mtim=0, ctim=0})',
    );
    expect(formatCall(readdir, verbose).match(/name=/g)).toHaveLength(10);
    expect(formatCall(rights, verbose)).toContain(
      '(3, FD_READ|FD_SEEK|FD_FDSTAT_SET_FLAGS|FD_SYNC, FD_DATASYNC|FD_READ|',
    );
  });
});

test('what the trace does not hold is a question mark', () => {
  const nothing = { result: 0, reads: zeros(0), readLength: 0, effects: [] };
  expect(line({ ...nothing, name: 'fd_seek', args: [3] })).toBe('fd_seek(3, ?, ?) = ?');
  expect(line({ ...nothing, name: 'fd_filestat_get', args: [3, 64] })).toBe(
    'fd_filestat_get(3, ?) = 0',
  );
  expect(line({ ...nothing, name: 'path_unlink_file', args: [3, 64, 5] })).toBe(
    'path_unlink_file(3, ?) = 0',
  );
  expect(line({ ...nothing, name: 'args_sizes_get', args: [0, 4] })).toBe(
    'args_sizes_get() = {argc=?, argv_buf_size=?}',
  );
});

test('a function that WASI does not have is shown by its core values', () => {
  const call = { ...close(3), name: 'log', args: [1, -2n, 0.5], reads: text('') };
  expect(line(call)).toBe('log(1, -2, 0.5) = 0');
});
