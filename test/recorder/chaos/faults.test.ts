/**
 * Each fault on its own, at a rate of one, against the sandbox: that it happens, and that it never does what
 * no host may do. DirectGuest checks that a call which fails has written nothing.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { chaoticHost } from '../../../recorder/chaos/chaotic-host.ts';
import { FAULT_NAMES, FAULTS, type FaultName } from '../../../recorder/chaos/faults.ts';
import { RIGHT } from '../../../recorder/hosts/sandbox/rights.ts';
import { PREVIEW1 } from '../../../wasi/preview1.ts';
import { pattern } from '../../guests/guest.ts';
import { DirectGuest, FDFLAG, FILE, OFLAG, OUT, ROOT } from '../hosts/direct-guest.ts';

const [REALTIME, MONOTONIC, ABSTIME] = [0, 1, 1];
const SECOND = 1_000_000_000n;
const EVENTS = 16384;

const guests: DirectGuest[] = [];
afterEach(() => {
  for (const one of guests.splice(0)) one.remove();
});

interface Chaotic {
  readonly guest: DirectGuest;
  /** What was injected so far. */
  readonly notes: string[];
}

function chaotic(
  name: FaultName,
  seed = 1,
  given: ConstructorParameters<typeof DirectGuest>[0] = {},
  rate = 1,
): Chaotic {
  const notes: string[] = [];
  const guest = new DirectGuest({
    ...given,
    around: (host) =>
      chaoticHost(host, { seed, faults: [{ name, rate }] }, (fault, detail) => {
        notes.push(`${fault} ${detail}`);
      }),
  });
  guests.push(guest);
  return { guest, notes };
}

const seeds = Array.from({ length: 20 }, (_, i) => i * 7919);

test('every fault has calls of WASI, a share and rates that are chances, and reasons', () => {
  for (const name of FAULT_NAMES) {
    const { calls, share, rates, about } = FAULTS[name];
    for (const call of calls) expect(PREVIEW1.has(call), call).toBe(true);
    for (const chance of [share, ...rates]) {
      expect(chance).toBeGreaterThan(0);
      expect(chance).toBeLessThanOrEqual(1);
    }
    expect(about.length).toBeGreaterThan(40);
  }
});

describe('short reads', () => {
  test.each(seeds)('seed %i: all bytes arrive, in order, and nothing else is touched', (seed) => {
    const { guest, notes } = chaotic('short-read', seed);
    const content = pattern(3000);
    writeFileSync(join(guest.root, 'x'), content);
    const fd = guest.mustOpen('x', { rights: FILE });
    const got: Buffer[] = [];
    const memory = new Uint8Array(guest.memory.buffer);
    for (let last = 1; last > 0; ) {
      memory.fill(0xaa, 20_000, 22_000);
      const [list, count] = guest.vector([20_500, 3], [20_100, 0], [20_200, 200], [20_600, 64]);
      const before = Buffer.from(memory.subarray(list, list + 8 * count));
      expect(guest.call('fd_read', fd, list, count, OUT)).toBe('success');
      expect(Buffer.compare(before, memory.subarray(list, list + 8 * count))).toBe(0);
      last = guest.u32;
      const filled = Buffer.concat([
        memory.subarray(20_500, 20_503),
        memory.subarray(20_200, 20_400),
        memory.subarray(20_600, 20_664),
      ]);
      got.push(filled.subarray(0, last));
      // what was not returned is as it was
      expect(filled.subarray(last).every((byte) => byte === 0xaa)).toBe(true);
    }
    expect(Buffer.compare(Buffer.concat(got), content)).toBe(0);
    expect(notes.length).toBeGreaterThan(10);
    for (const note of notes) expect(note).toMatch(/^short-read [1-9]\d* of 267 bytes$/);
  });

  test('at an offset: as many bytes as are said, from there', () => {
    const { guest, notes } = chaotic('short-read');
    writeFileSync(join(guest.root, 'x'), '0123456789');
    const fd = guest.mustOpen('x', { rights: FILE });
    for (let i = 0; i < 20; i++) {
      const [list] = guest.vector([8192, 5]);
      expect(guest.call('fd_pread', fd, list, 1, 3n, OUT)).toBe('success');
      expect(guest.u32).toBeGreaterThan(0);
      expect('34567'.startsWith(guest.bytes(8192, guest.u32).toString())).toBe(true);
    }
    expect(notes.length).toBe(20);
  });

  test('no fault where there is nothing to shorten, and none is said', () => {
    const { guest, notes } = chaotic('short-read');
    writeFileSync(join(guest.root, 'x'), 'a');
    const fd = guest.mustOpen('x', { rights: FILE });
    expect(guest.read(fd, 1)).toEqual(Buffer.from('a'));
    expect(guest.read(fd, 100)).toEqual(Buffer.from(''));
    expect(guest.read(99)).toBe('badf');
    expect(notes).toEqual([]);
  });

  test('a list of buffers that would be read over is left alone', () => {
    const { guest, notes } = chaotic('short-read');
    writeFileSync(join(guest.root, 'x'), pattern(64));
    const fd = guest.mustOpen('x', { rights: FILE });
    // the buffer begins at the list itself
    const [list] = guest.vector([4096, 64]);
    expect(list).toBe(4096);
    expect(guest.call('fd_read', fd, list, 1, OUT)).toBe('success');
    expect(Buffer.compare(guest.bytes(4096, 64), pattern(64))).toBe(0);
    expect(notes).toEqual([]);
  });

  test('lists that no memory holds are refused as without chaos', () => {
    const { guest } = chaotic('short-read');
    writeFileSync(join(guest.root, 'x'), 'content');
    const fd = guest.mustOpen('x', { rights: FILE });
    expect(guest.call('fd_read', fd, 65_532, 1, OUT)).toBe('fault');
    expect(guest.call('fd_read', fd, -8, 2, OUT)).toBe('fault');
  });
});

test.each(seeds)('short writes, seed %i: what is said to be written is, once', (seed) => {
  const { guest, notes } = chaotic('short-write', seed);
  const content = pattern(2000);
  const fd = guest.mustOpen('x', { oflags: OFLAG.creat, rights: FILE });
  for (let at = 0; at < content.length; ) {
    const written = guest.write(fd, content.subarray(at, at + 300));
    if (typeof written === 'string') throw new Error(written);
    expect(written).toBeGreaterThan(0);
    at += written;
  }
  expect(Buffer.compare(readFileSync(join(guest.root, 'x')), content)).toBe(0);
  expect(notes.length).toBeGreaterThan(6);
});

describe('directories', () => {
  const names = Array.from({ length: 300 }, (_, i) => `${'n'.repeat(i % 60)}-${i}`);

  function listing(guest: DirectGuest, fd: number, room: number): string[] {
    const found: string[] = [];
    const view = new DataView(guest.memory.buffer);
    for (let cookie = 0n; ; ) {
      expect(guest.call('fd_readdir', fd, 40_000, room, cookie, OUT)).toBe('success');
      const used = guest.u32;
      expect(used).toBeLessThanOrEqual(room);
      for (let at = 40_000; at + 24 <= 40_000 + used; ) {
        const end = at + 24 + view.getUint32(at + 16, true);
        if (end > 40_000 + used) break;
        found.push(guest.bytes(at + 24, end - at - 24).toString());
        cookie = view.getBigUint64(at, true);
        at = end;
      }
      if (used < room) return found;
    }
  }

  test.each([100, 128, 1000, 20_000])('%i bytes at a time: each entry exactly once', (room) => {
    const { guest, notes } = chaotic('readdir-order', room);
    for (const name of names) writeFileSync(join(guest.root, name), '');
    const found = listing(guest, ROOT, room);
    expect(found.toSorted()).toEqual(['.', '..', ...names].toSorted());
    expect(notes[0]).toBe('readdir-order of 302 entries');
  });

  test('another order for another seed, the same one again for the same', () => {
    const orders = [1, 1, 2, 3].map((seed) => {
      const { guest } = chaotic('readdir-order', seed);
      for (const name of names) writeFileSync(join(guest.root, name), '');
      const twice = [listing(guest, ROOT, 4096), listing(guest, ROOT, 300)];
      expect(twice[0]).toEqual(twice[1]);
      return twice[0]?.join();
    });
    expect(orders[0]).toBe(orders[1]);
    expect(new Set(orders).size).toBe(3);
  });

  test('every order of three comes up', () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const { guest } = chaotic('readdir-order', seed);
      for (const name of ['10', '20', '30']) writeFileSync(join(guest.root, name), '');
      orders.add(
        listing(guest, ROOT, 4096)
          .filter((name) => !name.startsWith('.'))
          .join(),
      );
      guest.remove();
    }
    expect(orders.size).toBe(6);
  });

  test('two open ones are told apart, and a closed one is forgotten', () => {
    const { guest } = chaotic('readdir-order');
    for (const name of ['a', 'b']) {
      mkdirSync(join(guest.root, name));
      for (let i = 0; i < 20; i++) writeFileSync(join(guest.root, name, `${name}${i}`), '');
    }
    const open = (name: string) =>
      guest.mustOpen(name, { oflags: OFLAG.directory, rights: RIGHT.fd_readdir });
    const [a, b] = [open('a'), open('b')];
    const first = guest.call('fd_readdir', a, 40_000, 200, 0n, OUT);
    expect(first).toBe('success');
    expect(listing(guest, b, 100)).toContain('b7');
    expect(guest.call('fd_readdir', a, 40_000, 200, 2n, OUT)).toBe('success');
    expect(guest.call('fd_renumber', b, a)).toBe('success');
    expect(listing(guest, a, 100)).toContain('b7');
    expect(guest.call('fd_readdir', a, 40_000, 200, 99n, OUT)).toBe('inval');
    expect(guest.call('fd_close', a)).toBe('success');
    expect(guest.call('fd_readdir', a, 40_000, 200, 0n, OUT)).toBe('badf');
  });

  test('buffers outside the memory are the host’s to refuse', () => {
    const { guest } = chaotic('readdir-order');
    expect(guest.call('fd_readdir', ROOT, 65_500, 100, 0n, OUT)).toBe('fault');
    expect(guest.call('fd_readdir', ROOT, 4096, 100, 0n, 65_534)).toBe('fault');
  });
});

describe('clocks', () => {
  const now = (guest: DirectGuest, clock: number) => {
    expect(guest.call('clock_time_get', clock, 0n, OUT)).toBe('success');
    return guest.u64;
  };

  test.each(seeds)('seed %i: the time of day goes both ways, the other never back', (seed) => {
    const { guest } = chaotic('clock-jump', seed);
    const back = [0, 0];
    let last = [now(guest, REALTIME), now(guest, MONOTONIC)];
    for (let i = 0; i < 100; i++) {
      const next = [now(guest, REALTIME), now(guest, MONOTONIC)];
      next.forEach((time, clock) => {
        if (time < (last[clock] as bigint)) back[clock] = (back[clock] ?? 0) + 1;
      });
      last = next;
    }
    expect(back[REALTIME]).toBeGreaterThan(0);
    expect(back[MONOTONIC]).toBe(0);
    const week = 8n * 86_400n * SECOND;
    const wrong = (last[0] as bigint) - BigInt(Date.now()) * 1_000_000n;
    expect(wrong < week && wrong > -week).toBe(true);
  });

  test('a deadline is meant by the clock that the guest sees', () => {
    for (const clock of [REALTIME, MONOTONIC]) {
      const { guest } = chaotic('clock-jump', 5);
      for (let i = 0; i < 30; i++) now(guest, clock);
      const list = new DataView(new ArrayBuffer(48));
      list.setUint32(16, clock, true);
      list.setUint16(40, ABSTIME, true);
      // before the reading from which the deadline counts: whatever holds this thread up then is waited as well
      const started = performance.now();
      const deadline = now(guest, clock) + SECOND / 20n;
      list.setBigUint64(24, deadline, true);
      const [address] = guest.put(new Uint8Array(list.buffer));
      expect(guest.call('poll_oneoff', address, EVENTS, 1, OUT)).toBe('success');
      const took = performance.now() - started;
      // hours, were it the host's clock, or nothing at all
      expect(took).toBeGreaterThan(40);
      expect(took).toBeLessThan(20_000);
      const stored = new DataView(guest.memory.buffer).getBigUint64(address + 24, true);
      expect(stored).toBe(deadline);
    }
  });

  test('clocks of the processor are left alone, an unknown one is an error', () => {
    const { guest, notes } = chaotic('clock-jump');
    expect(guest.call('clock_time_get', 2, 0n, OUT)).toBe('success');
    expect(guest.call('clock_time_get', 9, 0n, OUT)).toBe('inval');
    expect(notes).toEqual([]);
  });
});

/** A subscription to a clock, and one to what can be read from stdin. */
function subscriptions(guest: DirectGuest, ...kinds: readonly ('clock' | 'stdin')[]) {
  const list = new DataView(new ArrayBuffer(48 * kinds.length));
  kinds.forEach((kind, i) => {
    if (kind === 'stdin') list.setUint8(48 * i + 8, 1);
    else list.setUint32(48 * i + 16, MONOTONIC, true);
  });
  return guest.put(new Uint8Array(list.buffer))[0];
}

describe('interruptions', () => {
  test('of streams, not of files; nothing is read', () => {
    const { guest, notes } = chaotic('interrupt', 1);
    writeFileSync(join(guest.root, 'x'), 'content');
    const fd = guest.mustOpen('x', { rights: FILE });
    expect(guest.read(fd)).toEqual(Buffer.from('content'));
    expect(notes).toEqual([]);
    expect(guest.read(0)).toBe('intr');
    expect(guest.write(1, 'text')).toBe('intr');
    expect(guest.read(99)).toBe('badf');
    expect(notes).toEqual(['interrupt (EINTR)', 'interrupt (EINTR)']);
  });

  test('of polls that wait for a descriptor, not of mere sleeps', () => {
    const { guest } = chaotic('interrupt', 1);
    const poll = (...kinds: ('clock' | 'stdin')[]) =>
      guest.call('poll_oneoff', subscriptions(guest, ...kinds), EVENTS, kinds.length, OUT);
    expect(poll('clock')).toBe('success');
    expect(poll('clock', 'stdin')).toBe('intr');
  });
});

test('EAGAIN from descriptors that do not block, and from no others', () => {
  const { guest, notes } = chaotic('again');
  const pipe = join(guest.root, 'pipe');
  execFileSync('mkfifo', [pipe]);
  openSync(pipe, 'r+');
  writeFileSync(join(guest.root, 'x'), 'content');
  const blocking = guest.mustOpen('pipe', { rights: FILE });
  expect(guest.write(blocking, 'text')).toBe(4);
  const file = guest.mustOpen('x', { rights: FILE, fdflags: FDFLAG.nonblock });
  expect(guest.read(file)).toEqual(Buffer.from('content'));
  expect(notes).toEqual([]);
  const nonblocking = guest.mustOpen('pipe', { rights: FILE, fdflags: FDFLAG.nonblock });
  expect(guest.read(nonblocking)).toBe('again');
  expect(notes).toEqual(['again (EAGAIN)']);
});

test.each(seeds)('a full disk, seed %i: stays full for a while, and loses nothing', (seed) => {
  const { guest, notes } = chaotic('no-space', seed, {}, 0.05);
  const fd = guest.mustOpen('x', { oflags: OFLAG.creat, rights: FILE });
  let stored = '';
  const answers: string[] = [];
  for (let i = 0; i < 600; i++) {
    const text = `${i},`.padEnd(12, '.');
    const written = guest.write(fd, text);
    if (typeof written === 'number') stored += text.slice(0, written);
    answers.push(typeof written === 'number' ? '.' : written);
  }
  expect(readFileSync(join(guest.root, 'x'), 'utf8')).toBe(stored);
  expect(new Set(answers)).toEqual(new Set(['.', 'nospc']));
  // not one by one
  const runs = answers.join('').match(/(nospc)+/g) ?? [];
  expect(Math.max(...runs.map((run) => run.length / 5))).toBeGreaterThan(5);
  expect(notes.length).toBeGreaterThanOrEqual(answers.filter((one) => one !== '.').length);
});

test('a full disk: streams are spared, folders cannot be made', () => {
  const { guest } = chaotic('no-space');
  expect(guest.write(1, 'text')).toBe(4);
  expect(guest.at('path_create_directory', 'new')).toBe('nospc');
  expect(guest.symlink('x', 'link')).toBe('nospc');
});

test('delays of polls are bounded, all in all', () => {
  const { guest, notes } = chaotic('poll-delay', 3);
  for (let i = 0; i < 300; i++) {
    guest.call('poll_oneoff', subscriptions(guest, 'clock'), EVENTS, 1, OUT);
  }
  const total = notes.reduce((sum, note) => sum + Number(/of (\d+) ms/.exec(note)?.[1]), 0);
  expect(notes.length).toBeLessThan(300);
  expect(total).toBeGreaterThan(1500);
  expect(total).toBeLessThan(2200);
});
