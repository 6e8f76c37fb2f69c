/** Attacks on a directory's walls by what paths and links say, and what must come of them: nothing. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type DirectGuest, FOLLOW, OFLAG, READ, ROOT } from './direct-guest.ts';

const SECRET = 'what lies outside';

/** Puts a folder `outside` beside the guest's, and some folders into that. */
export function surround(guest: DirectGuest): void {
  mkdirSync(join(guest.folder, 'outside/d'), { recursive: true });
  for (const name of ['secret', 'victim', 'd/secret']) {
    writeFileSync(join(guest.folder, 'outside', name), SECRET);
  }
  mkdirSync(join(guest.root, 'a/b/c'), { recursive: true });
}

/** All names and contents outside, which no attack may change. */
export function outside(guest: DirectGuest): Record<string, string> {
  const folder = join(guest.folder, 'outside');
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((one) => {
      const path = join(one.parentPath, one.name);
      return [path, one.isFile() ? readFileSync(path, 'utf8') : ''];
    }),
  );
}

/** Every way to use a path, as one call each; each must fail. */
const USES: Readonly<
  Record<string, (guest: DirectGuest, path: string) => string | number | object>
> = {
  read: (guest, path) => guest.open(path, { rights: READ }),
  write: (guest, path) => guest.open(path, { oflags: OFLAG.trunc }),
  create: (guest, path) => guest.open(path, { oflags: OFLAG.creat }),
  'open as directory': (guest, path) => guest.open(path, { oflags: OFLAG.directory, rights: 0 }),
  stat: (guest, path) => guest.stat(path),
  'stat itself': (guest, path) => guest.stat(`${path}/.`, 0),
  'set times': (guest, path) =>
    guest.call('path_filestat_set_times', ROOT, FOLLOW, ...guest.put(path), 0n, 0n, 5),
  'make directory': (guest, path) => guest.at('path_create_directory', `${path}/made`),
  'remove directory': (guest, path) => guest.at('path_remove_directory', `${path}/d`),
  unlink: (guest, path) => guest.at('path_unlink_file', `${path}/victim`),
  'rename from': (guest, path) => guest.rename(`${path}/victim`, 'stolen'),
  'rename to': (guest, path) => guest.rename('bait', `${path}/bait`),
  'link from': (guest, path) => guest.link(path, 'stolen', FOLLOW),
  'link to': (guest, path) => guest.link('bait', `${path}/bait`),
  'link symbolically': (guest, path) => guest.symlink('x', `${path}/new`),
  'read link': (guest, path) => guest.readlink(`${path}/link`),
};

/** What a path leads to, and the links that must be there first. */
export interface Attack {
  readonly name: string;
  readonly path: string;
  readonly links?: Readonly<Record<string, string>>;
}

export const ATTACKS: readonly Attack[] = [
  { name: '..', path: '../outside' },
  { name: '.. after going down', path: 'a/b/../../../outside' },
  { name: '.. many times', path: `${'../'.repeat(60)}etc` },
  { name: '.. in a directory that is held', path: 'a/b/c/../../../../outside' },
  { name: 'absolute', path: '/etc' },
  { name: 'absolute with more slashes', path: '//etc' },
  { name: 'a link with ..', path: 'out', links: { out: '../outside' } },
  { name: 'a link with .. from below', path: 'a/b/out', links: { 'a/b/out': '../../../outside' } },
  { name: 'an absolute link', path: 'out', links: { out: '/etc' } },
  { name: 'an absolute link to the root itself', path: 'out/outside', links: { out: '/' } },
  {
    name: 'a chain of links',
    path: 'first',
    links: {
      first: 'a/second',
      'a/second': './third',
      'a/third': '../fourth',
      fourth: '../outside',
    },
  },
  { name: 'a link to ..', path: 'up/outside', links: { up: '..' } },
  { name: 'a link to .. with a slash', path: 'up/outside', links: { up: '../' } },
  {
    name: 'links that go up one each',
    path: 'a/b/c/up/up/up/up/outside',
    links: { 'a/b/c/up': '..', 'a/b/up': '..', 'a/up': '..', up: '..' },
  },
  { name: 'a magic link of /proc', path: 'self/root/etc', links: { self: '/proc/self' } },
  { name: 'a link to what is not there yet', path: 'out', links: { out: '../outside/not-yet' } },
  { name: 'a link with slashes behind it', path: 'out//d', links: { out: '../outside' } },
  { name: 'a link with a dot behind it', path: 'out/./d', links: { out: '../outside' } },
  {
    name: 'a link through a descriptor of this process',
    path: 'fds/1/../..',
    links: { fds: '/proc/self/fd' },
  },
  { name: 'a link to a link outside', path: 'a/out', links: { 'a/out': '../../link-outside' } },
  { name: 'a link to /dev/fd', path: 'fd/3/..', links: { fd: '/dev/fd' } },
];

export function expectNoEscape(guest: DirectGuest, { path, links = {} }: Attack): void {
  for (const [link, target] of Object.entries(links)) symlinkSync(target, join(guest.root, link));
  writeFileSync(join(guest.root, 'bait'), 'x');
  const [before, names] = [outside(guest), readdirSync(guest.root)];
  for (const [use, attempt] of Object.entries(USES)) {
    // more than once: a directory that is walked to again is held from then on
    for (let i = 0; i < 3; i++) expect(attempt(guest, path), use).toBe('notcapable');
  }
  expect(outside(guest)).toEqual(before);
  expect(readdirSync(guest.root)).toEqual(names);
}
