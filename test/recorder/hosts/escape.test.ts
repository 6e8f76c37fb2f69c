/**
 * Attacks on the sandbox: whatever a path says, and whatever another process does to the tree meanwhile,
 * nothing outside the directory that the guest was given is read, made, changed, named or removed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ATTACKS, expectNoEscape, outside, surround } from './attacks.ts';
import { DirectGuest, FILE, OFLAG, OUT, READ, ROOT } from './direct-guest.ts';

const INSIDE = 'inside';

let guest: DirectGuest;
beforeEach(() => {
  guest = new DirectGuest();
  surround(guest);
});
afterEach(() => guest.remove());

test.each(ATTACKS)('$name', (attack) => expectNoEscape(guest, attack));

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

test('in a read-only directory everything can be read and nothing changed', () => {
  const reader = new DirectGuest({ preopen: guest.root, readOnly: true });
  writeFileSync(join(guest.root, 'a/file'), INSIDE);
  const before = readdirSync(guest.root, { recursive: true });
  const at = reader.mustOpen('a', { oflags: OFLAG.directory, rights: 1 << 13, inheriting: READ });
  const fd = reader.mustOpen('file', { at, rights: READ });
  expect(reader.read(fd)).toEqual(Buffer.from(INSIDE));
  expect(reader.stat('a/file')).toMatchObject({ size: BigInt(INSIDE.length) });
  const text = () => reader.put('a/file');
  const refused: (number | string)[] = [
    reader.open('a/file'),
    reader.open('a/file', { rights: READ, oflags: OFLAG.trunc }),
    reader.open('new', { rights: READ, oflags: OFLAG.creat }),
    reader.write(fd, 'x'),
    reader.call('fd_filestat_set_size', fd, 0n),
    reader.call('fd_filestat_set_times', fd, 0n, 0n, 5),
    reader.call('fd_allocate', fd, 0n, 100n),
    reader.call('path_filestat_set_times', ROOT, 0, ...text(), 0n, 0n, 5),
    reader.at('path_create_directory', 'new'),
    reader.at('path_remove_directory', 'a/b/c'),
    reader.at('path_unlink_file', 'a/file'),
    reader.rename('a/file', 'new'),
    reader.link('a/file', 'new'),
    reader.symlink('a/file', 'new'),
  ];
  expect(refused).toEqual(refused.map(() => 'notcapable'));
  expect(readdirSync(guest.root, { recursive: true })).toEqual(before);
  reader.remove();
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
  writeFileSync(join(guest.root, 'a/given'), 'x');
  const before = outside(guest);
  const times = statSync(join(guest.folder, 'outside/d'), { bigint: true }).mtimeNs;
  const script = join(import.meta.dirname, 'swap-child.ts');
  const child = spawn(process.execPath, [script, join(guest.root, 'swapped'), '../outside'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const answers = new Map<string, number>();
  try {
    // how often each is met depends on what else the machine does: until the race was one
    const tooFew = () => MET.some((met) => (answers.get(met) ?? 0) <= 20);
    for (let i = 0; i < ATTEMPTS || tooFew(); i++) {
      const answer = RACES[i % RACES.length]?.(i) ?? '';
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  expect(answers.get('escaped')).toBeUndefined();
  expect(outside(guest)).toEqual(before);
  expect(statSync(join(guest.folder, 'outside/d'), { bigint: true }).mtimeNs).toBe(times);
  expect(existsSync(join(guest.root, 'a/stolen'))).toBe(false);
});

/** What a walk meets in a race: the directory, the link, and neither. */
const MET = ['success', 'notcapable', 'noent'];

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
  (i) => {
    writeFileSync(join(guest.root, 'bait'), 'x');
    return guest.rename('bait', `swapped/bait-${i}`);
  },
  (i) => guest.link('a/given', `swapped/d/linked-${i}`),
  () => guest.link('swapped/victim', 'a/stolen').replace('noent', 'no victim'),
  () => listing('swapped'),
  () => guest.call('path_filestat_set_times', ROOT, 1, ...guest.put('swapped/d'), 0n, 0n, 5),
];

function reading(path: string): string {
  const fd = guest.open(path, { rights: READ });
  if (typeof fd === 'string') return fd;
  const content = guest.read(fd).toString();
  guest.call('fd_close', fd);
  return content === INSIDE ? 'success' : 'escaped';
}

/** The directory outside has a victim in it, the one inside has not. */
function listing(path: string): string {
  const fd = guest.open(path, { oflags: OFLAG.directory, rights: 1 << 14 });
  if (typeof fd === 'string') return fd;
  const errno = guest.call('fd_readdir', fd, 8192, 4096, 0n, OUT);
  const names = guest.bytes(8192, guest.u32).toString('latin1');
  guest.call('fd_close', fd);
  return names.includes('victim') ? 'escaped' : errno;
}

function closing(fd: number | string): string {
  return typeof fd === 'string' ? fd : guest.call('fd_close', fd);
}
