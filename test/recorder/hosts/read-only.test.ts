/** A directory that is given read-only: all that reads works, and nothing below it can be changed in any way. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RIGHT } from '../../../recorder/hosts/sandbox/rights.ts';
import { DirectGuest, FDFLAG, FILE, OFLAG, OUT, READ, ROOT, WRITE } from './direct-guest.ts';

const NOW = 2 | 8;
const READING = READ | RIGHT.fd_seek | RIGHT.fd_tell | RIGHT.fd_filestat_get;

let guest: DirectGuest;
let before: string;

beforeEach(() => {
  guest = new DirectGuest({ readOnly: true });
  mkdirSync(join(guest.root, 'sub'));
  writeFileSync(join(guest.root, 'file'), 'content');
  writeFileSync(join(guest.root, 'sub/deep'), 'deep');
  symlinkSync('file', join(guest.root, 'link'));
  before = tree(guest.root);
});
afterEach(() => guest.remove());

/** Names, contents, sizes and times of modification. */
function tree(folder: string): string {
  const lines = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mtimeNs, mode } = statSync(path, { bigint: true });
    return `${path} ${mtimeNs} ${mode} ${entry.isFile() ? readFileSync(path, 'utf8') : ''}`;
  });
  return lines.sort().join('\n');
}

test('reading works, at any depth', () => {
  expect(guest.read(guest.mustOpen('file', { rights: READING }))).toEqual(Buffer.from('content'));
  expect(guest.read(guest.mustOpen('link', { rights: READ }))).toEqual(Buffer.from('content'));
  const sub = guest.mustOpen('sub', {
    rights: RIGHT.path_open | RIGHT.fd_readdir,
    inheriting: READ,
  });
  const deep = guest.mustOpen('deep', { at: sub, rights: READ });
  expect(guest.read(deep)).toEqual(Buffer.from('deep'));
  expect(guest.stat('sub/deep')).toMatchObject({ size: 4n });
  expect(guest.readlink('link')).toBe('file');
  expect(guest.call('fd_readdir', ROOT, 16384, 4096, 0n, OUT)).toBe('success');
});

test('it says what it can do, so that a program need not try', () => {
  expect(guest.call('fd_fdstat_get', ROOT, OUT)).toBe('success');
  const { fs_rights_base, fs_rights_inheriting } = guest.structure('fdstat');
  for (const rights of [fs_rights_base, fs_rights_inheriting] as string[][]) {
    expect(rights).toContain('path_open');
    for (const one of ['path_create_file', 'path_unlink_file', 'path_rename_source', 'fd_write']) {
      expect(rights).not.toContain(one);
    }
  }
});

describe('what would change something is notcapable', () => {
  const put = (text: string) => guest.put(text);
  test.each<[string, () => number | string]>([
    ['to open for writing', () => guest.open('file', { rights: FILE | WRITE })],
    ['to open for writing, further down', () => guest.open('sub/deep', { rights: WRITE })],
    ['to create', () => guest.open('new', { rights: READ, oflags: OFLAG.creat })],
    ['to create what is there', () => guest.open('file', { rights: READ, oflags: OFLAG.creat })],
    ['to truncate', () => guest.open('file', { rights: READ, oflags: OFLAG.trunc })],
    ['to append', () => guest.open('file', { rights: WRITE, fdflags: FDFLAG.append })],
    ['to make a directory', () => guest.at('path_create_directory', 'new')],
    ['to remove one', () => guest.at('path_remove_directory', 'sub')],
    ['to remove a file', () => guest.at('path_unlink_file', 'file')],
    ['to rename', () => guest.rename('file', 'other')],
    ['to link', () => guest.link('file', 'other')],
    ['to make a symbolic link', () => guest.symlink('file', 'other')],
    [
      'to set times',
      () => guest.call('path_filestat_set_times', ROOT, 0, ...put('file'), 0n, 0n, NOW),
    ],
    [
      'to set the times of an open file',
      () => {
        const file = guest.mustOpen('file', { rights: READING });
        return guest.call('fd_filestat_set_times', file, 0n, 0n, NOW);
      },
    ],
    [
      'to write to a file that is open for reading',
      () => guest.write(guest.mustOpen('file', { rights: READING }), 'x'),
    ],
    [
      'to set its size',
      () => guest.call('fd_filestat_set_size', guest.mustOpen('file', { rights: READING }), 0n),
    ],
    [
      'to make room in it',
      () => guest.call('fd_allocate', guest.mustOpen('file', { rights: READING }), 0n, 100n),
    ],
    [
      'to ask for the right back',
      () => guest.call('fd_fdstat_set_rights', ROOT, BigInt(RIGHT.path_open | WRITE), 0n),
    ],
    [
      'to pass on through a directory what it lacks',
      () => guest.open('sub', { rights: RIGHT.path_open, inheriting: READ | WRITE }),
    ],
  ])('%s', (_, change) => {
    expect(change()).toBe('notcapable');
    expect(tree(guest.root)).toBe(before);
  });
});
