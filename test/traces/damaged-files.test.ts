/**
 * Traces that were cut short, or of which bits were flipped, anywhere in the file. What can be read is
 * read and replays; the rest is an error of ours with a code. Nothing crashes, hangs, or is made up.
 */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WasiRrError } from '../../errors.ts';
import { exampleCases } from '../../examples/cases.ts';
import { openRecording } from '../../recorder/record.ts';
import { TraceReader } from '../../traces/reader.ts';
import { PAGE_SIZE } from '../../traces/schema.ts';
import { cpuMs } from '../cpu-time.ts';
import { guest } from '../guests/guests.ts';
import { compileWat } from '../guests/wat.ts';
import { closeStreams, openStreams, Scratch } from '../recorder/scratch.ts';
import { replayedHere } from '../replayer/replayed.ts';
import { randomFrom } from '../wasi/random.ts';
import { eventsOf, lineOf } from './edit-trace.ts';
import { layoutOf } from './file-layout.ts';

const scratch = new Scratch('damaged');
afterAll(() => scratch.remove());

/** Milliseconds of work for reading and replaying one of these small traces, however damaged: a hang is more. */
const PATIENCE = 20_000;

interface Sample {
  readonly trace: string;
  readonly bytes: Uint8Array;
  /** A line each. */
  readonly events: readonly string[];
}

/** Several segments; one; and a trap, with a memory snapshot. */
let long: Sample;
let short: Sample;
let trapped: Sample;

beforeAll(async () => {
  long = sampleOf(
    (await scratch.recordGuest(guest('mixed-calls-20000'), { paranoid: false })).trace,
  );
  const few = { ...guest('mixed-calls-20000'), input: { args: ['600'] } };
  short = sampleOf((await scratch.recordGuest(few, { paranoid: false })).trace);
  const heapsmash = exampleCases().find((one) => one.name === 'heapsmash-O2');
  if (heapsmash === undefined) throw new Error('no heapsmash');
  trapped = sampleOf((await scratch.recordExample(heapsmash)).trace);
});

function sampleOf(trace: string): Sample {
  return { trace, bytes: readFileSync(trace), events: eventsOf(trace).map(lineOf) };
}

interface Reading {
  readonly opened: boolean;
  readonly events: number;
  readonly damage?: string | undefined;
  readonly complete?: boolean;
  readonly replay?: string;
}

function eventsOfSegments(trace: string): number[] {
  const reader = new TraceReader(trace);
  reader.close();
  return reader.segments.map(({ events }) => events);
}

/** Everything that can be read of a trace, as far as it goes; throws only what is a defect. */
function readAll(path: string, events: readonly string[], logIsChecked = true): Reading {
  const began = cpuMs();
  let reader: TraceReader;
  try {
    reader = new TraceReader(path);
  } catch (thrown) {
    return { opened: false, events: 0, replay: codeOf(thrown) };
  }
  const readable: string[] = [];
  try {
    attempt(() => {
      for (const event of reader.events()) readable.push(lineOf(event));
    });
    for (const { id } of attempt(() => reader.snapshots()) ?? [])
      attempt(() => reader.snapshot(id));
    attempt(() => [...reader.query('select * from calls limit 10').rows]);
    if (logIsChecked) {
      expect(readable.findIndex((line, i) => line !== events[i])).toBe(-1);
    }
    let replay: string;
    try {
      const end = replayedHere(path);
      replay = end.kind;
      // a replay that found nothing wrong has replayed what there is
      if (end.kind === 'replayed') expect(end.events).toBe(reader.eventCount);
    } catch (thrown) {
      replay = codeOf(thrown);
    }
    expect(cpuMs() - began).toBeLessThan(PATIENCE);
    const { damage, complete } = reader;
    return { opened: true, events: readable.length, damage, complete, replay };
  } finally {
    reader.close();
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    codeOf(thrown);
    return undefined;
  }
}

/** The code of an error of ours; anything else is a defect. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof WasiRrError)) throw thrown;
  expect(thrown.code).toMatch(/^(TRACE_|SEGMENT_|NOT_A_TRACE|QUERY_FAILED|REPLAY_FAILED)/);
  expect(thrown.message.length).toBeGreaterThan(20);
  return thrown.code;
}

describe('a trace that was cut short', () => {
  const sizes = [0, 1, 15, 16, 17, 99, 100, 101, 1000, 8191, 8192, 8193];
  const parts = Array.from({ length: 40 }, (_, i) => i / 40);

  test.each(['long', 'trapped'] as const)(
    '%s: opens with all of the log that is there, or says why not',
    (which) => {
      const { trace, bytes, events } = which === 'long' ? long : trapped;
      const layout = layoutOf(trace);
      const counts = eventsOfSegments(trace);
      expect(layout.segments.length).toBe(counts.length);
      const cuts = [
        ...sizes,
        ...parts.map((part) => Math.floor(part * bytes.length)),
        ...layout.segments.flatMap((end) => [end - PAGE_SIZE, end - 1, end]),
        bytes.length - 1,
      ];
      const readings = cuts.map((size) => {
        const path = scratch.fresh('.wrr');
        writeFileSync(path, bytes.subarray(0, size));
        const reading = readAll(path, events);
        if (reading.opened) {
          expect(reading).toMatchObject({
            complete: false,
            damage: expect.stringContaining('cut'),
          });
        } else expect(reading.replay).toMatch(/^(NOT_A_TRACE|TRACE_TRUNCATED|TRACE_CORRUPT)$/);
        const within = (limit: number) => {
          const whole = layout.segments.findIndex((end) => end > limit);
          const there = counts.slice(0, whole === -1 ? counts.length : whole);
          return there.reduce((a, b) => a + b, 0);
        };
        // the part of its last page that is gone may have been empty
        const roundedUp = Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
        expect(reading.events, `of ${size} bytes`).toBeGreaterThanOrEqual(within(size));
        expect(reading.events, `of ${size} bytes`).toBeLessThanOrEqual(within(roundedUp));
        // without its module a log can be read, but not run
        if (reading.events > 0 && size % PAGE_SIZE === 0) {
          expect(reading.replay === 'replayed', `${size} bytes`).toBe(size >= layout.module);
        }
        return reading;
      });
      const read = new Set(readings.map((reading) => reading.events));
      expect(read).toContain(events.length);
      expect(read.size).toBeGreaterThan(which === 'long' ? 2 : 1);
    },
  );

  test('nothing is wrong with the whole file', () => {
    expect(readAll(long.trace, long.events)).toEqual({
      opened: true,
      events: long.events.length,
      damage: undefined,
      complete: true,
      replay: 'replayed',
    });
  });
});

describe('an unfinished trace whose write-ahead log was cut short', () => {
  test('opens with a prefix, or says why not', async () => {
    const folder = scratch.fresh();
    mkdirSync(folder);
    const streams = openStreams(folder);
    const recording = await openRecording({
      module: await compileWat(guest('mixed-calls-20000').wat),
      args: ['3000'],
      ...streams,
      output: scratch.fresh('.wrr'),
    });
    await recording.call('_start');
    while (recording.progress.calls < 3000) await new Promise((soon) => setTimeout(soon, 5));
    const copy = scratch.fresh('.wrr');
    copyFileSync(recording.trace, copy);
    copyFileSync(`${recording.trace}-wal`, `${copy}-wal`);
    const log = readFileSync(`${copy}-wal`);
    await recording.finish();
    closeStreams(streams);
    const events = eventsOf(recording.trace).map(lineOf);
    expect(events.length).toBeGreaterThan(3000);

    const whole = readAll(copy, events);
    expect(whole).toMatchObject({ opened: true, complete: false, replay: 'replayed' });
    expect(whole.events).toBeGreaterThan(3000);
    let last = -1;
    for (let part = 0; part <= 20; part++) {
      const path = scratch.fresh('.wrr');
      copyFileSync(copy, path);
      writeFileSync(`${path}-wal`, log.subarray(0, Math.floor((log.length * part) / 20)));
      const reading = readAll(path, events);
      expect(reading.events).toBeGreaterThanOrEqual(last);
      last = reading.events;
      if (reading.opened) expect(reading.complete).toBe(false);
    }
    expect(last).toBe(whole.events);
  });
});

describe('a trace with flipped bits', () => {
  const FLIPS = 160;

  test.each([
    ['short', 1],
    ['short', 2],
    ['trapped', 3],
  ] as const)('%s, seed %i: errors have codes, and the log is right or refused', (which, seed) => {
    const { bytes, events } = which === 'short' ? short : trapped;
    const random = randomFrom(seed);
    const seen = new Map<string, number>();
    for (let i = 0; i < FLIPS; i++) {
      const flipped = Uint8Array.from(bytes);
      // the first pages hold the schema, the description and the dictionary
      const at = random.below(random.pick([bytes.length, 100, 16384, 65536]) % (bytes.length + 1));
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      const path = scratch.fresh('.wrr');
      writeFileSync(path, flipped);
      // the dictionary of functions has no checksum, so names may be other ones
      const { replay = '' } = readAll(path, events, at > 65536);
      seen.set(replay, (seen.get(replay) ?? 0) + 1);
    }
    // it matters that the flips did something
    expect(seen.size).toBeGreaterThan(2);
  });

  test('in a segment: SEGMENT_CORRUPT, which names it, and what comes before it can be read', () => {
    const path = scratch.fresh('.wrr');
    copyFileSync(long.trace, path);
    const db = new Database(path);
    const segments = db.prepare('select count(*) from segments').pluck().get() as number;
    expect(segments).toBeGreaterThan(2);
    const data = db.prepare('select data from segments where id = 2').pluck().get() as Uint8Array;
    data[data.length >> 1] = (data[data.length >> 1] ?? 0) ^ 4;
    db.prepare('update segments set data = ? where id = 2').run(data);
    const first = db
      .prepare('select first_event from segments where id = 2')
      .pluck()
      .get() as number;
    db.close();

    const reader = new TraceReader(path);
    const before = [...reader.events(0, first)].map(lineOf);
    expect(before).toEqual(long.events.slice(0, first));
    expect(() => [...reader.events()]).toThrow(
      expect.objectContaining({
        code: 'SEGMENT_CORRUPT',
        event: first,
        message: expect.stringContaining('segment 2'),
      }),
    );
    reader.close();
    expect(() => replayedHere(path)).toThrow(expect.objectContaining({ code: 'SEGMENT_CORRUPT' }));
  });
});

describe('what is no trace', () => {
  const opening = (path: string) => () => new TraceReader(path);
  const withCode = (code: string) => expect.objectContaining({ name: 'WasiRrError', code });

  test('an empty file', () => {
    const path = scratch.fresh('.wrr');
    writeFileSync(path, '');
    expect(opening(path)).toThrow(withCode('NOT_A_TRACE'));
  });

  test('a text', () => {
    const path = scratch.fresh('.wrr');
    writeFileSync(path, 'SQLite format 4, or so they say. '.repeat(40));
    expect(opening(path)).toThrow(withCode('NOT_A_TRACE'));
  });

  test('a folder', () => {
    expect(opening(scratch.path)).toThrow(withCode('TRACE_UNREADABLE'));
  });

  test('nothing', () => {
    expect(opening(scratch.fresh('.wrr'))).toThrow(withCode('TRACE_NOT_FOUND'));
  });

  test('a device without end', () => {
    expect(opening('/dev/zero')).toThrow(withCode('NOT_A_TRACE'));
  });

  test('a database of something else', () => {
    const path = scratch.fresh('.wrr');
    new Database(path)
      .exec('create table customers (name); insert into customers values (1)')
      .close();
    expect(opening(path)).toThrow(withCode('NOT_A_TRACE'));
  });

  test('another application', () => {
    const path = scratch.fresh('.wrr');
    copyFileSync(trapped.trace, path);
    const db = new Database(path);
    db.pragma('application_id = 1');
    db.close();
    expect(opening(path)).toThrow(withCode('NOT_A_TRACE'));
  });

  test('a trace from the future: the error says what to install', () => {
    const path = scratch.fresh('.wrr');
    copyFileSync(trapped.trace, path);
    const db = new Database(path);
    db.pragma('user_version = 99');
    db.close();
    expect(opening(path)).toThrow(
      expect.objectContaining({
        code: 'TRACE_TOO_NEW',
        message: expect.stringMatching(/format 99.*npm install wasi-rr/),
      }),
    );
  });

  test('reading a trace does not change it', () => {
    const { size, mtimeMs } = statSync(long.trace);
    readAll(long.trace, long.events);
    expect(statSync(long.trace)).toMatchObject({ size, mtimeMs });
    // and a file that is too short is not made longer
    const path = scratch.fresh('.wrr');
    copyFileSync(long.trace, path);
    truncateSync(path, size - 100);
    readAll(path, long.events);
    expect(statSync(path).size).toBe(size - 100);
  });
});
