/** What the official suite teaches about paths: slashes, links, what is made, renamed, removed and listed. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DirectGuest, FOLLOW, OFLAG, OUT, READ, ROOT } from './direct-guest.ts';

let guest: DirectGuest;
beforeEach(() => {
  guest = new DirectGuest();
  mkdirSync(join(guest.root, 'dir/nested'), { recursive: true });
  writeFileSync(join(guest.root, 'file'), 'content');
  writeFileSync(join(guest.root, 'dir/nested/file'), 'deep');
  symlinkSync('file', join(guest.root, 'link'));
  symlinkSync('dir', join(guest.root, 'dirlink'));
  symlinkSync('nowhere', join(guest.root, 'dangling'));
  symlinkSync('loop', join(guest.root, 'loop'));
});
afterEach(() => guest.remove());

const opened = expect.any(Number);

/** Path, expected answer of path_open with and without following the last link. */
const OPENED: readonly (readonly [path: string, follow: unknown, nofollow: unknown])[] = [
  ['file', opened, opened],
  ['./file', opened, opened],
  ['file/', 'notdir', 'notdir'],
  ['file//', 'notdir', 'notdir'],
  ['file/.', 'notdir', 'notdir'],
  ['file/..', 'notdir', 'notdir'],
  ['file/x', 'notdir', 'notdir'],
  ['', 'noent', 'noent'],
  ['.', opened, opened],
  ['dir/', opened, opened],
  ['dir/nested///', opened, opened],
  ['dir/..', opened, opened],
  ['dir/.//nested/../../dir/nested/../nested///./file', opened, opened],
  ['nowhere/../file', 'noent', 'noent'],
  ['link', opened, 'loop'],
  ['link/', 'notdir', 'notdir'],
  ['dirlink', opened, 'loop'],
  ['dirlink/', opened, opened],
  ['dirlink/nested/file', opened, opened],
  ['dirlink/nested/../../file', opened, opened],
  ['dangling', 'noent', 'loop'],
  ['loop', 'loop', 'loop'],
  ['loop/x', 'loop', 'loop'],
  ['file\0', 'inval', 'inval'],
  ['x'.repeat(256), 'nametoolong', 'nametoolong'],
  ['y/'.repeat(2048), 'nametoolong', 'nametoolong'],
];

test.each(OPENED)('opening %j', (path, follow, nofollow) => {
  const rights = READ;
  expect(guest.open(path, { rights, lookup: FOLLOW })).toEqual(follow);
  expect(guest.open(path, { rights, lookup: 0 })).toEqual(nofollow);
  // the same again from a directory that is held
  expect(guest.open(path, { rights, lookup: FOLLOW })).toEqual(follow);
});

test.each([
  ['dangling', 0, 'loop'],
  ['link', 0, 'loop'],
  ['dirlink', 0, 'loop'],
  ['dirlink', FOLLOW, opened],
  ['link', FOLLOW, 'notdir'],
  ['file', FOLLOW, 'notdir'],
])('opening %s as a directory, following %i', (path, lookup, expected) => {
  const oflags = OFLAG.directory;
  expect(guest.open(path, { lookup, oflags, rights: 0 })).toEqual(expected);
});

test('creating: through a link to nowhere, not over what exists, not as a directory', () => {
  const { creat, excl, directory } = OFLAG;
  expect(guest.open('dangling', { oflags: creat })).toEqual(opened);
  expect(readdirSync(guest.root)).toContain('nowhere');
  expect(guest.open('file', { oflags: creat | excl })).toBe('exist');
  expect(guest.open('new', { oflags: creat | directory })).toBe('inval');
  expect(guest.open('new/', { oflags: creat })).toBe('isdir');
});

test('a name is bytes, and need not be text', () => {
  const name = Uint8Array.of(0x66, 0xe2, 0x82, 0xff);
  expect(guest.open(name, { oflags: OFLAG.creat })).toEqual(opened);
  expect(readdirSync(guest.root, 'buffer').some((one) => one.equals(name))).toBe(true);
  expect(guest.stat(name)).toMatchObject({ filetype: 'regular_file' });
  expect(guest.at('path_unlink_file', name)).toBe('success');
});

describe('removing', () => {
  test.each([
    ['path_unlink_file', 'dir', 'isdir'],
    ['path_unlink_file', 'dir/', 'isdir'],
    ['path_unlink_file', 'file/', 'notdir'],
    ['path_unlink_file', 'nowhere', 'noent'],
    ['path_unlink_file', 'nowhere/', 'noent'],
    ['path_unlink_file', 'dangling', 'success'],
    ['path_unlink_file', 'dirlink', 'success'],
    ['path_unlink_file', 'dirlink/', 'notdir'],
    ['path_remove_directory', 'file', 'notdir'],
    ['path_remove_directory', 'file/', 'notdir'],
    ['path_remove_directory', 'dir', 'notempty'],
    ['path_remove_directory', 'dirlink', 'notdir'],
    ['path_remove_directory', 'dirlink/', 'notdir'],
    ['path_create_directory', 'dir', 'exist'],
    ['path_create_directory', 'dir/', 'exist'],
    ['path_create_directory', 'dangling', 'exist'],
    ['path_create_directory', 'new/', 'success'],
  ])('%s %s: %s', (call, path, errno) => {
    expect(guest.at(call, path)).toBe(errno);
  });

  test('an empty directory goes, with or without a slash', () => {
    for (const path of ['new', 'new/']) {
      expect(guest.at('path_create_directory', 'new')).toBe('success');
      expect(guest.at('path_remove_directory', path)).toBe('success');
    }
  });
});

describe('renaming', () => {
  test.each([
    ['dir', 'other', 'success'],
    ['dir/', 'other', 'success'],
    ['dir', 'other/', 'success'],
    ['dir/', 'other/', 'success'],
    ['file/', 'other', 'notdir'],
    ['file', 'other/', 'notdir'],
    ['file', 'dir', 'isdir'],
    ['file', 'dir/', 'notdir'],
    ['dir', 'file', 'notdir'],
    ['dir', 'file/', 'notdir'],
    ['nowhere', 'other', 'noent'],
    ['dir', 'dir/nested/inside', 'inval'],
    ['link', 'other', 'success'],
    ['file', 'link', 'success'],
  ])('%s to %s: %s', (from, to, errno) => {
    expect(guest.rename(from, to)).toBe(errno);
  });

  test('over an empty directory, not over a full one', () => {
    guest.at('path_create_directory', 'empty');
    guest.at('path_create_directory', 'source');
    expect(guest.rename('source', 'dir')).toBe('notempty');
    expect(guest.rename('source', 'empty')).toBe('success');
    expect(guest.stat('source')).toBe('noent');
  });
});

describe('linking', () => {
  test.each([
    ['file', 'other', 0, 'success'],
    ['file', 'dir/nested/other', 0, 'success'],
    ['file', 'file', 0, 'exist'],
    ['file', 'dir', 0, 'exist'],
    ['file', 'dangling', 0, 'exist'],
    ['file', 'other/', 0, 'noent'],
    ['file', 'dir/', 0, 'exist'],
    ['dir', 'other', 0, 'perm'],
    ['dangling', 'other', 0, 'success'],
    ['loop', 'other', 0, 'success'],
    ['dangling', 'other', FOLLOW, 'noent'],
    ['link', 'other', FOLLOW, 'success'],
  ])('%s as %s, following %i: %s', (from, to, lookup, errno) => {
    expect(guest.link(from, to, lookup)).toBe(errno);
  });

  test('a followed link gives a second name to what it leads to, an unfollowed one to itself', () => {
    guest.link('link', 'followed', FOLLOW);
    guest.link('link', 'kept', 0);
    expect(guest.stat('followed', 0)).toMatchObject({ filetype: 'regular_file', nlink: 2n });
    expect(guest.stat('kept', 0)).toMatchObject({ filetype: 'symbolic_link' });
  });

  test.each([
    ['anything', 'new', 'success'],
    ['../outside', 'new', 'success'],
    ['/', 'new', 'notcapable'],
    ['/etc/passwd', 'new', 'notcapable'],
    ['anything', 'new/', 'noent'],
    ['anything', 'dir', 'exist'],
    ['anything', 'dir/', 'exist'],
    ['anything', 'file', 'exist'],
    ['anything', 'dangling', 'exist'],
    ['', 'new', 'noent'],
    ['a\0b', 'new', 'inval'],
  ])('a symbolic link to %j as %s: %s', (target, path, errno) => {
    expect(guest.symlink(target, path)).toBe(errno);
  });

  test('reading a link cuts it to the buffer and leaves the rest of that as it is', () => {
    Buffer.from(guest.memory.buffer).fill('~', 16384, 16400);
    expect(guest.readlink('link')).toBe('file');
    expect(guest.bytes(16388, 2).toString()).toBe('~~');
    expect(guest.readlink('link', 2)).toBe('fi');
    expect(guest.readlink('link', 0)).toBe('');
    expect(guest.readlink('file')).toBe('inval');
    expect(guest.readlink('nowhere')).toBe('noent');
  });
});

describe('listing', () => {
  interface Entry {
    readonly name: string;
    readonly next: bigint;
    readonly inode: bigint;
    readonly type: unknown;
  }

  /** What fd_readdir gives from a cookie on: whole entries, and bytes used. */
  function list(fd: number, cookie: bigint, room: number): { entries: Entry[]; used: number } {
    expect(guest.call('fd_readdir', fd, 32768, room, cookie, OUT)).toBe('success');
    const used = guest.u32;
    const entries: Entry[] = [];
    for (let at = 0; at + 24 <= used; ) {
      const head = guest.structure('dirent', 32768 + at);
      const length = Number(head.d_namlen);
      if (at + 24 + length > used) break;
      const name = guest.bytes(32768 + at + 24, length).toString();
      entries.push({
        name,
        next: head.d_next as bigint,
        inode: head.d_ino as bigint,
        type: head.d_type,
      });
      at += 24 + length;
    }
    return { entries, used };
  }

  test('. and .. come first, every entry with its type and inode', () => {
    const { entries, used } = list(ROOT, 0n, 4096);
    expect(used).toBeLessThan(4096);
    const inode = statSync(guest.root, { bigint: true }).ino;
    expect(entries.slice(0, 2)).toMatchObject([
      { name: '.', inode, type: 'directory' },
      // what lies above is not the guest's to know
      { name: '..', inode, type: 'directory' },
    ]);
    const file = statSync(join(guest.root, 'file'), { bigint: true }).ino;
    expect(entries).toContainEqual(
      expect.objectContaining({ name: 'file', inode: file, type: 'regular_file' }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({ name: 'link', type: 'symbolic_link' }),
    );
    expect(
      entries
        .map(({ name }) => name)
        .slice(2)
        .sort(),
    ).toEqual(readdirSync(guest.root).sort());
  });

  test('of many entries tells the same of each as a look at it', () => {
    const folder = join(guest.root, 'dir');
    for (let i = 0; i < 600; i++) writeFileSync(join(folder, `file-${i}`), '');
    mkdirSync(join(folder, 'folder'));
    symlinkSync('file-1', join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.of(0xff, 0x2e)]), '');
    const fd = guest.mustOpen('dir', { oflags: OFLAG.directory, rights: 1 << 14 });
    const entries: Entry[] = [];
    for (let cookie = 0n; ; cookie = entries.at(-1)?.next ?? 0n) {
      const page = list(fd, cookie, 8192);
      entries.push(...page.entries);
      if (page.used < 8192) break;
    }
    const inodeOf = (path: string | Buffer) => lstatSync(path, { bigint: true }).ino;
    const self = { inode: inodeOf(folder), type: 'directory' };
    expect(entries.slice(0, 2)).toMatchObject([
      { name: '.', ...self },
      { name: '..', ...self },
    ]);
    const types: Record<string, string> = {
      nested: 'directory',
      folder: 'directory',
      link: 'symbolic_link',
      fifo: 'unknown',
    };
    const seen = entries.slice(2).map(({ name, inode, type }) => ({ name, inode, type }));
    const there = readdirSync(folder, 'buffer').map((bytes) => ({
      name: bytes.toString(),
      inode: inodeOf(Buffer.concat([Buffer.from(`${folder}/`), bytes])),
      type: types[bytes.toString()] ?? 'regular_file',
    }));
    const byInode = (a: { inode: bigint }, b: { inode: bigint }) => Number(a.inode - b.inode);
    expect(seen.sort(byInode)).toEqual(there.sort(byInode));
  });

  test.each([30, 64, 100, 256])('a buffer of %i bytes gives every entry once', (room) => {
    for (let i = 0; i < 40; i++) writeFileSync(join(guest.root, `dir/${i}`), '');
    const fd = guest.mustOpen('dir', { oflags: OFLAG.directory, rights: 1 << 14 });
    const names: string[] = [];
    for (let cookie = 0n; ; ) {
      const { entries, used } = list(fd, cookie, room);
      names.push(...entries.map(({ name }) => name));
      if (used < room) break;
      const last = entries.at(-1);
      if (last === undefined) throw new Error('no entry fits');
      cookie = last.next;
    }
    const expected = ['.', '..', 'nested', ...Array.from({ length: 40 }, (_, i) => `${i}`)];
    expect(names.sort()).toEqual(expected.sort());
  });

  test('cookies keep their meaning while entries come and go; beginning anew looks anew', () => {
    const fd = guest.mustOpen('dir', { oflags: OFLAG.directory, rights: 1 << 14 });
    const [dot] = list(fd, 0n, 4096).entries;
    writeFileSync(join(guest.root, 'dir/a-new-one'), '');
    const rest = list(fd, dot?.next ?? 0n, 4096).entries.map(({ name }) => name);
    expect(rest).toEqual(['..', 'nested']);
    expect(list(fd, 0n, 4096).entries).toHaveLength(4);
    expect(list(fd, 4n, 4096).used).toBe(0);
    expect(guest.call('fd_readdir', fd, 32768, 100, 5n, OUT)).toBe('inval');
  });
});
