import { describe, expect, test } from 'vitest';
import {
  isStructure,
  STRUCTURES,
  type Structure,
  type StructureType,
  structureAt,
} from '../../wasi/structures.ts';
import {
  bytes,
  clockSubscription,
  dirent,
  event,
  fdSubscription,
  fdstat,
  filestat,
  u32,
  zeros,
} from './bytes.ts';

const SIZES: Record<StructureType, number> = {
  fdstat: 24,
  filestat: 64,
  prestat: 8,
  dirent: 24,
  subscription: 48,
  event: 32,
};

test('the structures have the sizes that wasi-libc asserts', () => {
  const sizes = Object.entries(STRUCTURES).map(([type, { size }]) => [type, size]);
  expect(Object.fromEntries(sizes)).toEqual(SIZES);
  expect(isStructure('fdstat')).toBe(true);
  expect(isStructure('constructor')).toBe(false);
});

test('a one-line rendering names fields that exist', () => {
  for (const structure of Object.values<Structure>(STRUCTURES)) {
    const fields = [structure.fields, ...(structure.variants?.fields ?? [])].flat();
    const names = fields.map(({ name }) => name);
    for (const name of structure.brief ?? []) expect(names).toContain(name);
  }
});

describe('decoding', () => {
  test.each<[StructureType, Uint8Array, object]>([
    [
      'fdstat',
      fdstat(4, 1, 2n, 1n << 29n),
      {
        fs_filetype: 'regular_file',
        fs_flags: ['append'],
        fs_rights_base: ['fd_read'],
        fs_rights_inheriting: ['sock_accept'],
      },
    ],
    [
      'filestat',
      filestat({ filetype: 3, size: 4096n, time: 1_700_000_000_000_000_000n }),
      {
        dev: 7,
        ino: 42,
        filetype: 'directory',
        nlink: 1,
        size: 4096,
        atim: '1700000000000000000',
        mtim: '1700000000000000000',
        ctim: '1700000000000000000',
      },
    ],
    ['prestat', u32(0, 5), { type: 'dir', pr_name_len: 5 }],
    ['prestat', u32(1, 5), { type: 1 }],
    [
      'dirent',
      dirent(2n, 43n, 4, 'a.txt'),
      { d_next: 2, d_ino: 43, d_namlen: 5, d_type: 'regular_file' },
    ],
    [
      'subscription',
      clockSubscription(5n, 1, 250n, 1),
      {
        userdata: 5,
        type: 'clock',
        id: 'monotonic',
        timeout: 250,
        precision: 0,
        flags: ['subscription_clock_abstime'],
      },
    ],
    [
      'subscription',
      fdSubscription(6n, 2, 1),
      { userdata: 6, type: 'fd_write', file_descriptor: 1 },
    ],
    ['event', event(5n, 0, 0), { userdata: 5, error: 'success', type: 'clock' }],
    [
      'event',
      event(6n, 8, 1, 12n, 1),
      {
        userdata: 6,
        error: 'badf',
        type: 'fd_read',
        nbytes: 12,
        flags: ['fd_readwrite_hangup'],
      },
    ],
  ])('a %s', (type, memory, value) => {
    expect(structureAt(type, memory, 0)).toEqual(value);
    expect(structureAt(type, bytes(zeros(3), memory), 3)).toEqual(value);
  });

  test('shows fields behind the end of the bytes as null', () => {
    const cut = fdstat(4, 1, 2n, 2n).subarray(0, 12);
    expect(structureAt('fdstat', cut, 0)).toEqual({
      fs_filetype: 'regular_file',
      fs_flags: ['append'],
      fs_rights_base: null,
      fs_rights_inheriting: null,
    });
    expect(structureAt('event', zeros(0), 0)).toEqual({ userdata: null, error: null, type: null });
  });
});
