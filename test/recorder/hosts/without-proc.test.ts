/**
 * The sandbox on a platform without /proc, where directories are known by their path: everything but a
 * racing process is kept out as well. Runs the code for macOS on whatever this is.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

vi.hoisted(() => Object.defineProperty(process, 'platform', { value: 'darwin' }));

const { HAS_PROC } = await import('../../../recorder/hosts/sandbox/directory.ts');
const { ATTACKS, expectNoEscape, surround } = await import('./attacks.ts');
const { DirectGuest, FDFLAG, FILE, FOLLOW, OFLAG, OUT, READ } = await import('./direct-guest.ts');

let guest: InstanceType<typeof DirectGuest>;
beforeEach(() => {
  guest = new DirectGuest();
  surround(guest);
});
afterEach(() => guest.remove());

test('there is none', () => expect(HAS_PROC).toBe(false));

describe('no path and no link leads outside', () => {
  test.each(ATTACKS)('$name', (attack) => expectNoEscape(guest, attack));
});

test('paths, links and directories below are walked as elsewhere', () => {
  writeFileSync(join(guest.root, 'a/b/file'), 'content');
  symlinkSync('../a/./b', join(guest.root, 'a/link'));
  symlinkSync('b/file', join(guest.root, 'a/filelink'));
  for (const path of ['a/b/file', 'a/link/c/../file', 'a/filelink']) {
    const fd = guest.mustOpen(path, { rights: READ, lookup: FOLLOW });
    expect(guest.read(fd)).toEqual(Buffer.from('content'));
  }
  for (const path of ['a', 'a/.', 'a/b/..']) {
    const at = guest.mustOpen(path, {
      oflags: OFLAG.directory,
      rights: 1 << 13,
      inheriting: FILE,
    });
    expect(guest.open('b/file', { at, rights: READ })).toEqual(expect.any(Number));
    expect(guest.open('../a/b/file', { at, rights: READ })).toBe('notcapable');
  }
});

test('what is appended leaves the offset at the end', () => {
  const fd = guest.mustOpen('log', { oflags: OFLAG.creat, fdflags: FDFLAG.append });
  guest.write(fd, 'one');
  expect(guest.call('fd_tell', fd, OUT)).toBe('success');
  expect(guest.u64).toBe(3n);
});

test('directories are listed', () => {
  mkdirSync(join(guest.root, 'a/new'));
  const at = guest.mustOpen('a', { oflags: OFLAG.directory, rights: 1 << 14 });
  expect(guest.call('fd_readdir', at, 8192, 4096, 0n, OUT)).toBe('success');
  expect(guest.bytes(8192, guest.u32).toString('latin1')).toContain('new');
});
