import { describe, expect, test } from 'vitest';
import {
  ENUMS,
  enumName,
  errnoDescription,
  errnoName,
  FLAGS,
  type FlagsType,
  flagNames,
} from '../../wasi/names.ts';

// The values are those of wasi-libc's api.h, which is generated from the witx by another tool.

describe('errno', () => {
  test.each([
    [0, 'success'],
    [1, '2big'],
    [2, 'acces'],
    [6, 'again'],
    [8, 'badf'],
    [20, 'exist'],
    [28, 'inval'],
    [31, 'isdir'],
    [44, 'noent'],
    [52, 'nosys'],
    [54, 'notdir'],
    [58, 'notsup'],
    [63, 'perm'],
    [64, 'pipe'],
    [70, 'spipe'],
    [76, 'notcapable'],
  ])('%i is %s', (errno, name) => {
    expect(errnoName(errno)).toBe(name);
  });

  test('has 77 different names, each with a description', () => {
    expect(new Set(ENUMS.errno).size).toBe(77);
    for (let errno = 0; errno < 77; errno++) expect(errnoDescription(errno)).toMatch(/^[A-Z]/);
    expect(errnoDescription(44)).toBe('No such file or directory');
  });

  test.each([-1, 77, 65535, 0.5, Number.NaN])('shows the number %d, which it lacks', (errno) => {
    expect(errnoName(errno)).toBe(`errno ${errno}`);
    expect(errnoDescription(errno)).toBeUndefined();
  });
});

describe('enumerations', () => {
  test.each([
    ['clockid', ['realtime', 'monotonic', 'process_cputime_id', 'thread_cputime_id']],
    ['whence', ['set', 'cur', 'end']],
    ['advice', ['normal', 'sequential', 'random', 'willneed', 'dontneed', 'noreuse']],
    ['eventtype', ['clock', 'fd_read', 'fd_write']],
    ['preopentype', ['dir']],
  ] as const)('%s counts from 0', (type, names) => {
    expect(names.map((_, value) => enumName(type, value))).toEqual(names);
    expect(enumName(type, names.length)).toBeUndefined();
  });

  test('number file types as the witx', () => {
    expect(enumName('filetype', 0)).toBe('unknown');
    expect(enumName('filetype', 3)).toBe('directory');
    expect(enumName('filetype', 4)).toBe('regular_file');
    expect(enumName('filetype', 7)).toBe('symbolic_link');
    expect(enumName('filetype', 8)).toBeUndefined();
  });

  test('number signals as the witx, which differs from Linux', () => {
    expect(enumName('signal', 0)).toBe('none');
    expect(enumName('signal', 6)).toBe('abrt');
    expect(enumName('signal', 7)).toBe('bus');
    expect(enumName('signal', 11)).toBe('segv');
    expect(enumName('signal', 15)).toBe('term');
    expect(enumName('signal', 16)).toBe('chld');
    expect(enumName('signal', 30)).toBe('sys');
    expect(enumName('signal', 31)).toBeUndefined();
  });
});

describe('flags', () => {
  test.each<[FlagsType, bigint | number, string[]]>([
    ['oflags', 0, []],
    ['oflags', 0b1001, ['creat', 'trunc']],
    ['oflags', 0b0110, ['directory', 'excl']],
    ['fdflags', 0b11111, ['append', 'dsync', 'nonblock', 'rsync', 'sync']],
    ['lookupflags', 1, ['symlink_follow']],
    ['fstflags', 0b1111, ['atim', 'atim_now', 'mtim', 'mtim_now']],
    ['riflags', 3, ['recv_peek', 'recv_waitall']],
    ['roflags', 1, ['recv_data_truncated']],
    ['sdflags', 3, ['rd', 'wr']],
    ['subclockflags', 1, ['subscription_clock_abstime']],
    ['eventrwflags', 1, ['fd_readwrite_hangup']],
    ['rights', (1n << 1n) | (1n << 6n), ['fd_read', 'fd_write']],
    ['rights', (1n << 13n) | (1n << 29n), ['path_open', 'sock_accept']],
  ])('%s %d are %j', (type, value, names) => {
    expect(flagNames(type, value)).toEqual(names);
  });

  test('shows unknown bits together in hex', () => {
    expect(flagNames('sdflags', 0b1_0101)).toEqual(['rd', '0x14']);
    expect(flagNames('siflags', 0xffff_ffff)).toEqual(['0xffffffff']);
    expect(flagNames('rights', 1n << 63n)).toEqual(['0x8000000000000000']);
    expect(flagNames('rights', -1n).at(-1)).toBe('0xffffffffc0000000');
  });

  test('has one name a bit, 30 of them rights', () => {
    expect(FLAGS.rights).toHaveLength(30);
    for (const [type, names] of Object.entries(FLAGS)) {
      expect([type, new Set(names).size]).toEqual([type, names.length]);
    }
  });
});
