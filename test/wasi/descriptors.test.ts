import { describe, expect, test } from 'vitest';
import type { RecordedCall } from '../../wasi/call.ts';
import { type Descriptor, DescriptorTable } from '../../wasi/descriptors.ts';
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
  readdir,
  renumber,
} from './calls.ts';

const STDIN: Descriptor = { fd: 0, kind: 'stdin' };
const STDOUT: Descriptor = { fd: 1, kind: 'stdout' };
const STDERR: Descriptor = { fd: 2, kind: 'stderr' };

function tableAfter(...calls: readonly RecordedCall[]): DescriptorTable {
  const table = new DescriptorTable();
  calls.forEach((call, index) => {
    table.apply(call, index);
  });
  return table;
}

const START = preopen(3, '/');

describe('at the start', () => {
  test('the standard streams are open, and nothing else', () => {
    expect(tableAfter().entries()).toEqual([STDIN, STDOUT, STDERR]);
    expect(tableAfter().get(3)).toBeUndefined();
  });

  test('preopens are learnt from the calls with which libc asks for them', () => {
    const [stat] = START;
    expect(tableAfter(...(stat ? [stat] : [])).get(3)).toEqual({ fd: 3, kind: 'preopen' });
    expect(tableAfter(...START, ...preopen(4, 'data')).entries()).toEqual([
      STDIN,
      STDOUT,
      STDERR,
      { fd: 3, kind: 'preopen', path: '/' },
      { fd: 4, kind: 'preopen', path: 'data' },
    ]);
  });

  test('what was given and is no directory is a socket', () => {
    const OTHER = 1;
    const [stat, name] = preopen(3, '', OTHER);
    const table = tableAfter(...(stat && name ? [stat, name] : []), ...preopen(4, '/'));
    expect(table.get(3)).toEqual({ fd: 3, kind: 'socket' });
    expect(table.get(4)).toMatchObject({ kind: 'preopen', path: '/' });
  });

  test('a name that the host terminated ends there', () => {
    expect(tableAfter(...preopen(3, '/data\0rest')).get(3)?.path).toBe('/data');
  });
});

describe('path_open', () => {
  test('opens a file under its directory', () => {
    expect(tableAfter(...START, open(3, './a/../users.csv', 4)).get(4)).toEqual({
      fd: 4,
      kind: 'file',
      path: '/users.csv',
      openedBy: 2,
    });
  });

  test('of a directory makes one that other paths are relative to', () => {
    const table = tableAfter(...START, open(3, 'data', 4, DIRECTORY), open(4, '2024/a.csv', 5));
    expect(table.get(4)).toMatchObject({ kind: 'directory', path: '/data' });
    expect(table.get(5)).toMatchObject({ kind: 'file', path: '/data/2024/a.csv', openedBy: 3 });
  });

  test('keeps the path as it is where the directory is unknown', () => {
    const table = tableAfter(open(9, 'x', 4));
    expect(table.get(4)).toMatchObject({ kind: 'file', path: 'x' });
    expect(table.get(9)).toEqual({ fd: 9, kind: 'unknown' });
  });

  test('that failed opens nothing', () => {
    expect(tableAfter(...START, failed(open(3, 'users.csv', 4), 44)).get(4)).toBeUndefined();
  });

  test('of which the trace lost the descriptor opens nothing', () => {
    const lost = { ...open(3, 'users.csv', 4), effects: [] };
    expect(tableAfter(...START, lost).entries()).toHaveLength(4);
  });

  test('of which the trace lost the path opens a file without one', () => {
    const lost = { ...open(3, 'users.csv', 4), reads: new Uint8Array(0) };
    expect(tableAfter(...START, lost).get(4)).toEqual({ fd: 4, kind: 'file', openedBy: 2 });
  });

  test('without a call number leaves openedBy out', () => {
    const table = new DescriptorTable();
    table.apply(open(3, 'x', 4));
    expect(table.get(4)).toEqual({ fd: 4, kind: 'file', path: 'x' });
  });
});

describe('closing and moving', () => {
  test('fd_close closes; a failed one does not', () => {
    const opened = [...START, open(3, 'a', 4)];
    expect(tableAfter(...opened, close(4)).get(4)).toBeUndefined();
    expect(tableAfter(...opened, failed(close(4))).get(4)).toBeDefined();
    expect(tableAfter(close(7)).get(7)).toBeUndefined();
  });

  test('a number can be used again', () => {
    const table = tableAfter(...START, open(3, 'a', 4), close(4), open(3, 'b', 4));
    expect(table.get(4)).toMatchObject({ path: '/b', openedBy: 4 });
  });

  test('fd_renumber replaces one descriptor by another', () => {
    const table = tableAfter(...START, open(3, 'log', 4), renumber(4, 1));
    expect(table.get(1)).toEqual({ fd: 1, kind: 'file', path: '/log', openedBy: 2 });
    expect(table.get(4)).toBeUndefined();
  });

  test('a standard stream stays one under another number', () => {
    expect(tableAfter(renumber(1, 5)).entries()).toEqual([
      STDIN,
      STDERR,
      { fd: 5, kind: 'stdout' },
    ]);
  });

  test('onto itself changes nothing', () => {
    expect(tableAfter(renumber(1, 1)).get(1)).toEqual(STDOUT);
  });

  test('of what nobody saw opened moves something unknown', () => {
    expect(tableAfter(renumber(8, 1)).entries()).toEqual([
      STDIN,
      { fd: 1, kind: 'unknown' },
      STDERR,
    ]);
  });
});

describe('what a descriptor is', () => {
  test('sock_accept gives a socket', () => {
    expect(tableAfter(accept(3, 5)).get(5)).toEqual({ fd: 5, kind: 'socket', openedBy: 0 });
    expect(tableAfter(accept(3, 5)).get(3)).toEqual({ fd: 3, kind: 'socket' });
  });

  test.each([
    ['fd_fdstat_get', fdstatGet(4, 3), 'directory'],
    ['fd_filestat_get', filestatGet(4, 3), 'directory'],
    ['fd_readdir', readdir(4), 'directory'],
    ['fd_fdstat_get', fdstatGet(4, 6), 'socket'],
    ['fd_fdstat_get', fdstatGet(4, 4), 'file'],
    ['fd_fdstat_get', fdstatGet(4, 2), 'file'],
    ['fd_fdstat_get', fdstatGet(4, 200), 'file'],
  ])('%s tells what a path led to', (_, call, kind) => {
    expect(tableAfter(...START, open(3, 'x', 4), call).get(4)).toEqual({
      fd: 4,
      kind,
      path: '/x',
      openedBy: 2,
    });
  });

  test('does not change for standard streams and preopens', () => {
    const table = tableAfter(...START, fdstatGet(3, 3), fdstatGet(1, 4), filestatGet(0, 6));
    expect(table.entries().map(({ kind }) => kind)).toEqual([
      'stdin',
      'stdout',
      'stderr',
      'preopen',
    ]);
  });

  test('is unknown where it was used but never seen opened', () => {
    expect(tableAfter(read(9, 'x')).get(9)).toEqual({ fd: 9, kind: 'unknown' });
    expect(tableAfter(failed(read(9, 'x'))).get(9)).toBeUndefined();
    expect(tableAfter(fdstatGet(9, 6)).get(9)).toEqual({ fd: 9, kind: 'socket' });
  });
});

test('resolve gives the path that a call means', () => {
  const table = tableAfter(...START, open(3, 'data', 4, DIRECTORY));
  expect(table.resolve(4, '../x')).toBe('/x');
  expect(table.resolve(99, 'x')).toBe('x');
});
