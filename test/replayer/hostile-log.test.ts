/**
 * Logs of random and of randomly changed bytes, with checksums that fit, read and replayed: an end comes
 * soon, and it is an error of ours, a divergence, or the truth.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WasiRrError } from '../../errors.ts';
import { EventReader } from '../../traces/event-reader.ts';
import type { LogEvent } from '../../traces/events.ts';
import { TraceReader } from '../../traces/reader.ts';
import { cpuMs } from '../cpu-time.ts';
import { Scratch } from '../recorder/scratch.ts';
import { copyTrace, eventsOf, lineOf, putBytes } from '../traces/edit-trace.ts';
import { encodeEvents } from '../traces/encode-events.ts';
import { randomFrom } from '../wasi/random.ts';
import { everyShape } from './every-shape.ts';
import { replayedHere } from './replayed.ts';

const scratch = new Scratch('hostile-log');
afterAll(() => scratch.remove());

let trace: string;
let events: LogEvent[];
let log: Uint8Array;
beforeAll(async () => {
  trace = (await scratch.recordGuest(everyShape)).trace;
  events = eventsOf(trace);
  log = encodeEvents(events);
});

/** Milliseconds of work. A hang is more. */
const PATIENCE = 20_000;

/** What a log says but for its times, which no guest can tell from others. */
const meaning = (event: LogEvent): string =>
  lineOf({ ...event, startNs: 0, durationNs: 0 } as LogEvent);

/** Reads and replays a log; throws what is a defect. @returns what came of it */
function outcomeOf(bytes: Uint8Array): string {
  const path = copyTrace(trace, scratch.fresh('.wrr'), (db) => putBytes(db, bytes, events.length));
  const began = cpuMs();
  let said: string[] | undefined;
  const reader = new TraceReader(path);
  try {
    said = [...reader.events()].map(meaning);
  } catch (thrown) {
    expect(ours(thrown)).toBe('SEGMENT_CORRUPT');
  } finally {
    reader.close();
  }
  let outcome: string;
  try {
    const end = replayedHere(path);
    outcome = end.kind;
    // nothing was found to differ: then nothing does
    if (end.kind === 'replayed') {
      expect(end.toItsEnd).toBe(true);
      expect(said).toEqual(events.map(meaning));
    }
  } catch (thrown) {
    outcome = ours(thrown);
  }
  expect(cpuMs() - began).toBeLessThan(PATIENCE);
  return outcome;
}

function ours(thrown: unknown): string {
  if (!(thrown instanceof WasiRrError)) throw thrown;
  return thrown.code;
}

test('the log that nobody changed', () => {
  expect(outcomeOf(log)).toBe('replayed');
});

describe('a log in which bytes were changed', () => {
  test.each([1, 2, 3])('seed %i', (seed) => {
    const random = randomFrom(seed);
    const outcomes = new Set<string>();
    for (let i = 0; i < 150; i++) {
      const changed = Uint8Array.from(log);
      for (let changes = 1 + random.below(3); changes > 0; changes--) {
        changed[random.below(changed.length)] = random.pick([
          0,
          1,
          0x7f,
          0x80,
          0xff,
          random.below(256),
        ]);
      }
      outcomes.add(outcomeOf(changed));
    }
    // changed bytes diverge, changed structure is damage; a time, if one was changed, goes unnoticed
    outcomes.delete('replayed');
    expect([...outcomes].sort()).toEqual(['SEGMENT_CORRUPT', 'diverged']);
  });

  test('bytes cut out and put in', () => {
    const random = randomFrom(4);
    for (let i = 0; i < 100; i++) {
      const at = random.below(log.length);
      const rest = log.subarray(at + random.below(20));
      const changed = Buffer.concat([log.subarray(0, at), random.bytes(random.below(20)), rest]);
      expect(outcomeOf(changed)).toMatch(/^(SEGMENT_CORRUPT|diverged|replayed)$/);
    }
  });
});

describe('random bytes for a log', () => {
  test.each([5, 6])('seed %i', (seed) => {
    const random = randomFrom(seed);
    for (let i = 0; i < 60; i++) {
      const bytes = random.bytes(random.pick([1, 10, 100, 5000]));
      // an entry first, so that the guest runs and meets the rest
      const entered = random.below(2) === 0 ? bytes : Buffer.concat([log.subarray(0, 8), bytes]);
      expect(outcomeOf(entered)).toMatch(/^(SEGMENT_CORRUPT|diverged|REPLAY_FAILED)$/);
    }
  });
});

describe('the decoder', () => {
  const reader = () => new TraceReader(trace);

  test('reads random bytes to an end: events, or SEGMENT_CORRUPT', () => {
    const { functions } = reader();
    const random = randomFrom(7);
    let decoded = 0;
    for (let i = 0; i < 3000; i++) {
      const bytes = random.bytes(random.below(300));
      bytes[0] = random.pick([1, 2, 5, 6, 7, 8]);
      bytes[1] = random.below(12);
      const decoder = new EventReader(functions, 0, 0);
      decoder.feed(bytes, 1);
      try {
        while (decoder.next() !== undefined) decoded++;
      } catch (thrown) {
        expect(ours(thrown)).toBe('SEGMENT_CORRUPT');
      }
    }
    expect(decoded).toBeGreaterThan(50);
  });

  test.each([
    ['a number of 20 bytes', [5, ...new Array(19).fill(0xff), 1]],
    ['a length of 2^63', [7, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a part of 2^53 bytes', [8, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['an end without its beginning', [6, 9, 0, 0, 0]],
    ['a kind that does not exist', [0]],
    ['a kind that is kept for later', [3, 0, 0]],
    ['parts of which the event wants none, cut off', [8, 0, 200, 3, 1, 2]],
  ])('refuses %s', (_what, bytes) => {
    const decoder = new EventReader(reader().functions, 0, 0);
    decoder.feed(Uint8Array.from(bytes), 1);
    expect(() => decoder.next()).toThrow(
      expect.objectContaining({ code: 'SEGMENT_CORRUPT', event: 0 }),
    );
  });
});
