/** Time that is made up: it passes by being read and waited for, exactly, and takes none of ours. */
import { execFileSync } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_START_NS, planClock, STEP_NS } from '../../../recorder/determinism.ts';
import { DirectGuest, OUT } from './direct-guest.ts';
import { ABSTIME, poll } from './poll.ts';

const [REALTIME, MONOTONIC, PROCESS_CPU, THREAD_CPU] = [0, 1, 2, 3];
const DAY = 86_400n * 1_000_000_000n;
const HOUR = DAY / 24n;
const STEP = BigInt(STEP_NS);

const guests: DirectGuest[] = [];
let guest: DirectGuest;
beforeEach(() => {
  guest = guestWith({});
});
afterEach(() => {
  for (const one of guests.splice(0)) one.remove();
});

function guestWith(given: ConstructorParameters<typeof DirectGuest>[0]): DirectGuest {
  const made = new DirectGuest({ clock: planClock({}), ...given });
  guests.push(made);
  return made;
}

function read(from: DirectGuest, clock: number): bigint {
  expect(from.call('clock_time_get', clock, 0n, OUT)).toBe('success');
  return from.u64;
}

describe('reading', () => {
  test('begins where it was told to, and takes a step, whichever clock it is', () => {
    expect(read(guest, REALTIME)).toBe(DEFAULT_START_NS);
    expect(read(guest, REALTIME)).toBe(DEFAULT_START_NS + STEP);
    expect(read(guest, MONOTONIC)).toBe(DAY + 2n * STEP);
    expect(read(guest, PROCESS_CPU)).toBe(3n * STEP);
    expect(read(guest, THREAD_CPU)).toBe(4n * STEP);
    expect(read(guestWith({ clock: planClock({ startNs: 7n }) }), REALTIME)).toBe(7n);
  });

  test('only a reading takes a step', () => {
    expect(guest.call('clock_res_get', MONOTONIC, OUT)).toBe('success');
    expect(guest.u64).toBe(1n);
    expect(guest.call('clock_time_get', 4, 0n, OUT)).toBe('inval');
    expect(guest.call('clock_res_get', 4, OUT)).toBe('inval');
    poll(guest, { write: 1 });
    guest.stat('.');
    expect(read(guest, REALTIME)).toBe(DEFAULT_START_NS);
  });

  test('stops at the last time that a signed number holds', () => {
    const last = 2n ** 63n - 1n;
    const late = guestWith({ clock: planClock({ startNs: last - STEP }) });
    const seen = [read(late, REALTIME), read(late, REALTIME), read(late, REALTIME)];
    expect(seen).toEqual([last - STEP, last, last]);
    expect(() => planClock({ startNs: last + 1n })).toThrow(/1970 and 2262/);
    expect(() => planClock({ startNs: -1n })).toThrow(/1970 and 2262/);
  });
});

describe('waiting', () => {
  test('for hours is over at once, and the time is exact', () => {
    expect(poll(guest, { timeout: 3n * HOUR }, { timeout: 5n * HOUR })).toMatchObject([
      { userdata: 0n, type: 'clock', error: 'success' },
    ]);
    expect(read(guest, REALTIME)).toBe(DEFAULT_START_NS + 3n * HOUR);
    expect(read(guest, MONOTONIC)).toBe(DAY + 3n * HOUR + STEP);
  });

  test('for a time of the clock ends at that time, and one in the past takes none', () => {
    const at = (clock: number, timeout: bigint) => ({ timeout, clock, flags: ABSTIME });
    const deadline = DEFAULT_START_NS + HOUR;
    expect(poll(guest, at(REALTIME, deadline))).toHaveLength(1);
    expect(poll(guest, at(REALTIME, deadline - 5n), at(MONOTONIC, 0n))).toHaveLength(2);
    expect(read(guest, REALTIME)).toBe(deadline);
    // that reading was a step beyond it
    expect(poll(guest, at(MONOTONIC, DAY + HOUR + STEP))).toHaveLength(1);
    expect(read(guest, REALTIME)).toBe(deadline + STEP);
    expect(poll(guest, at(PROCESS_CPU, 2n * HOUR))).toHaveLength(1);
    expect(read(guest, PROCESS_CPU)).toBe(2n * HOUR);
  });

  test('two deadlines at the same time happen together', () => {
    const both = poll(
      guest,
      { timeout: HOUR },
      { timeout: DEFAULT_START_NS + HOUR, clock: REALTIME, flags: ABSTIME },
    );
    expect(both).toHaveLength(2);
  });

  test('with a stream that is ready takes no time', () => {
    expect(poll(guest, { timeout: HOUR }, { read: 0 })).toMatchObject([{ userdata: 1n }]);
    expect(read(guest, REALTIME)).toBe(DEFAULT_START_NS);
  });

  test('with a stream that is silent gives it the real time, and takes just as much', () => {
    const path = join(guest.folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const silent = guestWith({ stdin: openSync(path, constants.O_RDWR) });
    const timeout = 30_123_456n;
    const before = process.hrtime.bigint();
    expect(poll(silent, { timeout }, { read: 0 })).toMatchObject([{ userdata: 0n, type: 'clock' }]);
    expect(process.hrtime.bigint() - before).toBeGreaterThanOrEqual(30_000_000n);
    expect(read(silent, REALTIME)).toBe(DEFAULT_START_NS + timeout);
  });
});
