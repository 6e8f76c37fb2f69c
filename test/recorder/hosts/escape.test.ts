/**
 * Attacks on the sandbox: whatever a path says, and whatever another process does to the tree meanwhile,
 * nothing outside the directory that the guest was given is read, made, changed, named or removed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DirectGuest, FILE, FOLLOW, OFLAG, READ, ROOT } from './direct-guest.ts';

const SECRET = 'what lies outside';
const INSIDE = 'inside';

let guest: DirectGuest;
beforeEach(() => {
  guest = new DirectGuest();
  mkdirSync(join(guest.folder, 'outside/d'), { recursive: true });
  for (const name of ['secret', 'victim', 'd/secret']) {
    writeFileSync(join(guest.folder, 'outside', name), SECRET);
  }
  mkdirSync(join(guest.root, 'a/b/c'), { recursive: true });
});
afterEach(() => guest.remove());

/** All names and contents outside, which no attack may change. */
function outside(): Record<string, string> {
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
const USES: Readonly<Record<string, (path: string) => string | number | object>> = {
  read: (path) => guest.open(path, { rights: READ }),
  write: (path) => guest.open(path, { oflags: OFLAG.trunc }),
  create: (path) => guest.open(path, { oflags: OFLAG.creat }),
  'open as directory': (path) => guest.open(path, { oflags: OFLAG.directory, rights: 0 }),
  stat: (path) => guest.stat(path),
  'stat itself': (path) => guest.stat(`${path}/.`, 0),
  'set times': (path) =>
    guest.call('path_filestat_set_times', ROOT, FOLLOW, ...guest.put(path), 0n, 0n, 5),
  'make directory': (path) => guest.at('path_create_directory', `${path}/made`),
  'remove directory': (path) => guest.at('path_remove_directory', `${path}/d`),
  unlink: (path) => guest.at('path_unlink_file', `${path}/victim`),
  'rename from': (path) => guest.rename(`${path}/victim`, 'stolen'),
  'rename to': (path) => guest.rename('bait', `${path}/bait`),
  'link from': (path) => guest.link(path, 'stolen', FOLLOW),
  'link to': (path) => guest.link('bait', `${path}/bait`),
  'link symbolically': (path) => guest.symlink('x', `${path}/new`),
  'read link': (path) => guest.readlink(`${path}/link`),
};

/** What a path leads to, and the links that must be there first. */
const ATTACKS: readonly {
  readonly name: string;
  readonly path: string;
  readonly links?: Readonly<Record<string, string>>;
}[] = [
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
  { name: 'a link to /dev/fd', path: 'fd/3/..', links: { fd: '/dev/fd' } },
];

test.each(ATTACKS)('$name', ({ path, links = {} }) => {
  for (const [link, target] of Object.entries(links)) symlinkSync(target, join(guest.root, link));
  writeFileSync(join(guest.root, 'bait'), 'x');
  const [before, names] = [outside(), readdirSync(guest.root)];
  for (const [use, attempt] of Object.entries(USES)) {
    // more than once: a directory that is walked to again is held from then on
    for (let i = 0; i < 3; i++) expect(attempt(path), use).toBe('notcapable');
  }
  expect(outside()).toEqual(before);
  expect(readdirSync(guest.root)).toEqual(names);
});

test('/proc itself gives a guest that was given it no way out', () => {
  const proc = new DirectGuest({ preopen: '/proc' });
  for (const path of ['self/root', 'self/root/etc', 'self/cwd', 'thread-self/root', 'self/exe']) {
    expect(proc.open(path, { rights: READ })).toBe('notcapable');
  }
  // the text of such a link is no path
  for (const fd of readdirSync('/proc/self/fd')) {
    expect(proc.open(`self/fd/${fd}`, { rights: READ })).toMatch(/^(notcapable|noent)$/);
  }
  proc.remove();
});

test('a directory below the root is itself a place from which .. leads nowhere', () => {
  const at = guest.mustOpen('a/b', { oflags: OFLAG.directory, rights: 1 << 13, inheriting: FILE });
  for (const path of ['..', '../../a', 'c/../..', '../b/c']) {
    expect(guest.open(path, { at, rights: READ })).toBe('notcapable');
  }
});

test('a long path and a deep tree are walked or refused, and leave nothing open', () => {
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  mkdirSync(join(guest.root, 'e/'.repeat(1000)), { recursive: true });
  expect(guest.stat('e/'.repeat(1000))).toMatchObject({ filetype: 'directory' });
  expect(guest.stat('e/'.repeat(1001))).toBe('noent');
  expect(guest.stat('e/'.repeat(3000))).toBe('nametoolong');
  expect(guest.stat(`${'e/'.repeat(500)}${'../'.repeat(500)}bait`)).toBe('noent');
  expect(guest.stat(`${'e/'.repeat(500)}${'../'.repeat(501)}bait`)).toBe('notcapable');
  expect(guest.at('path_create_directory', `${'e/'.repeat(1000)}new`)).toBe('success');
  expect(guest.at('path_create_directory', `${'e/'.repeat(1000)}new/${'x'.repeat(256)}`)).toBe(
    'nametoolong',
  );
  // one for the directory that is held
  expect(open() - before).toBeLessThanOrEqual(1);
});

describe('a directory that is held', () => {
  const use = () => guest.open('a/b/c/secret', { rights: READ });
  beforeEach(() => {
    writeFileSync(join(guest.root, 'a/b/c/secret'), INSIDE);
    for (let i = 0; i < 3; i++) expect(use()).toEqual(expect.any(Number));
  });

  test('is found by its new path when it has moved, and not by its old one', () => {
    renameSync(join(guest.root, 'a/b'), join(guest.root, 'moved'));
    expect(use()).toBe('noent');
    expect(guest.open('moved/c/secret', { rights: READ })).toEqual(expect.any(Number));
  });

  test('is not used for another one that took its place', () => {
    renameSync(join(guest.root, 'a/b'), join(guest.root, 'moved'));
    mkdirSync(join(guest.root, 'a/b/c'), { recursive: true });
    writeFileSync(join(guest.root, 'a/b/c/secret'), 'another');
    const fd = use();
    expect(guest.read(fd as number)).toEqual(Buffer.from('another'));
  });

  test('is not used once it has been removed', () => {
    rmSync(join(guest.root, 'a/b'), { recursive: true });
    expect(use()).toBe('noent');
    mkdirSync(join(guest.root, 'a/b/c'), { recursive: true });
    expect(use()).toBe('noent');
    expect(guest.at('path_create_directory', 'a/b/c/new')).toBe('success');
    expect(readdirSync(join(guest.root, 'a/b/c'))).toEqual(['new']);
  });

  test('does not hide a link that took its place', () => {
    rmSync(join(guest.root, 'a/b'), { recursive: true });
    symlinkSync('../../outside', join(guest.root, 'a/b'));
    expect(use()).toBe('notcapable');
  });
});

test('a directory swapped for a link while paths through it are walked', async () => {
  const ATTEMPTS = 12_000;
  for (const folder of ['swapped', 'swapped/d']) {
    mkdirSync(join(guest.root, folder));
    writeFileSync(join(guest.root, folder, 'secret'), INSIDE);
  }
  const before = outside();
  const script = join(import.meta.dirname, 'swap-child.ts');
  const child = spawn(process.execPath, [script, join(guest.root, 'swapped'), '../outside'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const answers = new Map<string, number>();
  try {
    for (let i = 0; i < ATTEMPTS; i++) {
      const answer = RACES[i % RACES.length]?.(i) ?? '';
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  expect(answers.get('escaped')).toBeUndefined();
  expect(outside()).toEqual(before);
  // the race was one: the walk met the directory, the link, and neither
  for (const met of ['success', 'notcapable', 'noent']) {
    expect(answers.get(met), `${met} among ${JSON.stringify([...answers])}`).toBeGreaterThan(20);
  }
}, 40_000);

/** What a racing guest tries; the answer `escaped` where it has got outside. */
const RACES: readonly ((attempt: number) => string)[] = [
  () => reading('swapped/secret'),
  () => reading('swapped/d/secret'),
  () => {
    const stat = guest.stat('swapped/d/secret');
    if (typeof stat === 'string') return stat;
    return stat.size === BigInt(INSIDE.length) ? 'success' : 'escaped';
  },
  (i) => {
    const fd = guest.open(`swapped/new-${i}`, { oflags: OFLAG.creat });
    return closing(fd);
  },
  (i) => guest.at('path_create_directory', `swapped/d/new-${i}`),
  () => guest.at('path_unlink_file', 'swapped/victim').replace('noent', 'no victim'),
  (i) => guest.symlink('x', `swapped/link-${i}`),
  () => guest.rename('swapped/victim', 'stolen').replace('noent', 'no victim'),
];

function reading(path: string): string {
  const fd = guest.open(path, { rights: READ });
  if (typeof fd === 'string') return fd;
  const content = guest.read(fd).toString();
  guest.call('fd_close', fd);
  return content === INSIDE ? 'success' : 'escaped';
}

function closing(fd: number | string): string {
  return typeof fd === 'string' ? fd : guest.call('fd_close', fd);
}
