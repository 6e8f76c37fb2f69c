/**
 * Traces that were changed after they were recorded, with checksums that fit. Whatever was changed, the
 * replay says at which event, and what; it never goes on as if nothing had happened.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replay } from '../../replayer/replay.ts';
import type { CallEvent, LogEvent } from '../../traces/events.ts';
import type { Outcome } from '../../traces/outcome.ts';
import { program } from '../guests/assemble.ts';
import type { Guest } from '../guests/guest.ts';
import { type RecordedRun, Scratch } from '../recorder/scratch.ts';
import { copyTrace, eventsOf, forgeLog, putMeta } from '../traces/edit-trace.ts';
import { replayed } from './replayed.ts';

const scratch = new Scratch('altered');
afterAll(() => scratch.remove());

/** Every call stands in a handler that catches all there is, and goes on as if nothing had happened. */
const guarded = (call: string): string => `try ${call} catch_all (nop) end`;

/**
 * Events: 0 enter, 1 fd_write "one", 2 random_get, 3 clock_time_get, 4 fd_write of the 4 random bytes,
 * 5 sched_yield, 6 fd_write "end", 7 proc_exit(3), 8 unwind.
 */
const guest: Guest = {
  name: 'altered',
  wat: program(`
  (memory (export "memory") 1 2)
  (func (export "_start")
    ${guarded('(say "one\n")')}
    ${guarded('(drop (call $random_get (i32.const 2048) (i32.const 4)))')}
    ${guarded('(drop (call $clock_time_get (i32.const 1) (i64.const 5) (i32.const 2056)))')}
    ${guarded('(call $say (i32.const 2048) (i32.const 4))')}
    ${guarded('(i32.store (i32.const 2064) (call $sched_yield))')}
    ${guarded('(say "end\n")')}
    ${guarded('(call $proc_exit (i32.const 3))')})`),
  expect: { ending: { kind: 'exit', code: 3 } },
};

let run: RecordedRun;
beforeAll(async () => {
  run = await scratch.recordGuest(guest);
});

test('the corpus is what the tests below think it is', () => {
  const names = eventsOf(run.trace).map((event) =>
    'func' in event ? event.func.name : event.kind,
  );
  expect(names).toEqual([
    '_start',
    'fd_write',
    'random_get',
    'clock_time_get',
    'fd_write',
    'sched_yield',
    'fd_write',
    'proc_exit',
    'unwind',
  ]);
});

test('a log that is only written anew replays as before', async () => {
  const trace = forgeLog(run.trace, scratch.fresh('.wrr'), (events) => events);
  expect(await replayed(trace)).toMatchObject({ status: 'identical', events: 9 });
});

const CHANGED = /the trace was changed after it was recorded/;

function withCall(
  events: readonly LogEvent[],
  number: number,
  change: (call: CallEvent) => Partial<CallEvent>,
): LogEvent[] {
  return events.map((event) =>
    event.number === number && event.kind === 'call' ? { ...event, ...change(event) } : event,
  );
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

describe('a log of which one thing was changed diverges where the guest notices', () => {
  const cases: readonly {
    what: string;
    edit: (events: LogEvent[]) => readonly LogEvent[];
    event: number;
    mismatch: object;
    difference: RegExp;
    cause?: RegExp;
  }[] = [
    {
      what: 'an i32 argument',
      edit: (events) => withCall(events, 2, ({ args }) => ({ args: [2052, ...args.slice(1)] })),
      event: 2,
      mismatch: { what: 'argument', index: 0, recorded: 2052, actual: 2048 },
      difference: /argument 1 is 2048, recorded was 2052/,
    },
    {
      what: 'an i64 argument',
      edit: (events) => withCall(events, 3, () => ({ args: [1, 6n, 2056] })),
      event: 3,
      mismatch: { what: 'argument', index: 1, recorded: 6n, actual: 5n },
      difference: /argument 2 is 5, recorded was 6/,
    },
    {
      what: 'a byte that the guest printed',
      edit: (events) =>
        withCall(events, 6, ({ hostReads }) => ({
          hostReads: { ...hostReads, kept: flipped(hostReads.kept, 9) },
        })),
      event: 6,
      mismatch: { what: 'bytes', offset: 9, recorded: 111, actual: 110 },
      difference: /byte 9 .* is 0x6e, recorded was 0x6f/,
    },
    {
      what: 'how much the host read',
      edit: (events) =>
        withCall(events, 1, ({ hostReads }) => ({
          hostReads: { ...hostReads, length: 13, hash: 0n },
        })),
      event: 1,
      mismatch: { what: 'length', recorded: 13, actual: 12 },
      difference: /12 bytes, recorded were 13/,
    },
    {
      what: 'the size of the memory',
      edit: (events) => withCall(events, 3, () => ({ pages: 2 })),
      event: 3,
      mismatch: { what: 'memory-size', recorded: 2, actual: 1 },
      difference: /1 pages, recorded were 2/,
      cause: /less memory is free/,
    },
    {
      what: 'random bytes that the guest prints',
      edit: (events) =>
        withCall(events, 2, ({ effects }) => ({
          effects: effects.map((effect) => ({ ...effect, bytes: flipped(effect.bytes, 3) })),
        })),
      event: 4,
      mismatch: { what: 'bytes', offset: 11 },
      difference: /byte 11 /,
    },
    {
      what: 'a time that the guest only keeps',
      edit: (events) =>
        withCall(events, 3, ({ effects }) => ({
          effects: effects.map((effect) => ({ ...effect, bytes: flipped(effect.bytes, 0) })),
        })),
      event: 9,
      mismatch: { what: 'final-memory' },
      difference: /memory at the end hashes to/,
    },
    {
      what: 'a result that the guest only keeps',
      edit: (events) => withCall(events, 5, () => ({ results: [28] })),
      event: 9,
      mismatch: { what: 'final-memory' },
      difference: /memory at the end hashes to/,
    },
    {
      what: 'another function',
      edit: (events) =>
        withCall(events, 5, () => ({ func: (events[2] as CallEvent).func, args: [1, 2] })),
      event: 5,
      mismatch: { what: 'function' },
      difference: /another function is called/,
    },
    {
      what: 'a call too few',
      edit: (events) => renumbered(events.filter((event) => event.number !== 5)),
      event: 5,
      mismatch: { what: 'function' },
      difference: /another function is called/,
    },
    {
      what: 'a call too many',
      edit: (events) =>
        renumbered(events.flatMap((event) => (event.number === 2 ? [event, event] : [event]))),
      event: 3,
      mismatch: { what: 'function' },
      difference: /another function is called/,
    },
    {
      what: 'an end before the guest ended',
      edit: (events) => renumbered(events.filter(({ number }) => number < 6 || number === 8)),
      event: 6,
      mismatch: { what: 'extra-call' },
      difference: /makes a call where the recorded run made none/,
    },
    {
      what: 'another exit code, among the arguments of proc_exit',
      edit: (events) =>
        events.map((event) => (event.kind === 'open' ? { ...event, args: [0] } : event)),
      event: 7,
      mismatch: { what: 'argument', index: 0, recorded: 0, actual: 3 },
      difference: /argument 1 is 3, recorded was 0/,
    },
    {
      what: 'another exit code, where the exit unwinds',
      edit: (events) => withReason(events, { kind: 'exit', code: 0 }),
      event: 8,
      mismatch: { what: 'ending' },
      difference: /ends/,
    },
    {
      what: 'a trap in place of the exit',
      edit: (events) =>
        withReason(events, {
          kind: 'trap',
          trap: { kind: 'unreachable', message: 'unreachable', frames: [] },
        }),
      event: 8,
      mismatch: { what: 'ending' },
      difference: /ends/,
    },
  ];

  test.each(cases)('$what', async ({ edit, event, mismatch, difference, cause = CHANGED }) => {
    const trace = forgeLog(run.trace, scratch.fresh('.wrr'), edit);
    const report = await replayed(trace);
    expect(report.status).toBe('diverged');
    const { divergence } = report;
    expect(divergence).toMatchObject({ event, mismatch });
    expect(divergence?.difference).toMatch(difference);
    expect(divergence?.expected).not.toBe('');
    expect(divergence?.actual).not.toBe('');
    expect(divergence?.likelyCause).toMatch(cause);
    // what came after the divergence was not replayed
    if (event < 6) expect(report.stdout.toString('latin1')).not.toContain('end');
  });
});

describe('a damaged event ends the guest there, whatever it catches', () => {
  test('an effect outside of the memory', async () => {
    const trace = forgeLog(run.trace, scratch.fresh('.wrr'), (events) =>
      withCall(events, 2, ({ effects }) => ({
        effects: effects.map((effect) => ({ ...effect, form: 'absolute', address: 2 ** 31 })),
      })),
    );
    const printed: string[] = [];
    const onOutput = (_stream: string, bytes: Uint8Array) => {
      printed.push(Buffer.from(bytes).toString());
    };
    await expect(replay({ trace, onOutput })).rejects.toMatchObject({
      code: 'SEGMENT_CORRUPT',
      event: 2,
      message: expect.stringContaining('an effect that lies outside of the memory'),
    });
    expect(printed).toEqual(['one\n']);
  });

  test('a call that did not return, and that something else follows', async () => {
    const trace = forgeLog(run.trace, scratch.fresh('.wrr'), (events) =>
      events.map((event) =>
        event.number === 5 && event.kind === 'call'
          ? { ...event, kind: 'open', result: undefined, effects: [] }
          : event,
      ),
    );
    await expect(replayed(trace)).rejects.toMatchObject({ code: 'SEGMENT_CORRUPT', event: 6 });
  });
});

describe('what a trace says of its end must be what the log says', () => {
  test('another exit code', async () => {
    const trace = copyTrace(run.trace, scratch.fresh('.wrr'), (db) =>
      putMeta(db, 'outcome', { kind: 'exit', code: 0 }),
    );
    const report = await replayed(trace);
    expect(report).toMatchObject({
      status: 'diverged',
      divergence: { mismatch: { what: 'ending' } },
    });
    expect(report.divergence?.expected).toContain('exit 0');
    expect(report.divergence?.actual).toContain('exit 3');
  });

  test('another memory at the end', async () => {
    const trace = copyTrace(run.trace, scratch.fresh('.wrr'), (db) =>
      putMeta(db, 'finalMemory', { pages: 1, xxh64: '0123456789abcdef' }),
    );
    expect(await replayed(trace)).toMatchObject({
      status: 'diverged',
      divergence: { event: 9, mismatch: { what: 'final-memory' } },
    });
  });

  test('no memory at the end, where the guest has one', async () => {
    const trace = copyTrace(run.trace, scratch.fresh('.wrr'), (db) =>
      putMeta(db, 'finalMemory', null),
    );
    expect(await replayed(trace)).toMatchObject({
      status: 'diverged',
      divergence: { event: 9, mismatch: { what: 'final-memory' } },
    });
  });

  test('fewer events than the run had, in log and description: never identical', async () => {
    const trace = forgeLog(run.trace, scratch.fresh('.wrr'), (events) => events.slice(0, 5));
    const report = await replayed(trace);
    expect(report.status).toBe('prefix');
    expect(report.events).toBe(5);
    expect(report.notes.join()).toMatch(/end/);
  });

  test.each([0, 5, 100])('%i events in the description, 9 in the log', async (count) => {
    const trace = copyTrace(run.trace, scratch.fresh('.wrr'), (db) => putMeta(db, 'events', count));
    const report = await replayed(trace);
    expect(report).toMatchObject({ status: 'prefix', events: 9 });
    expect(report.notes).not.toEqual([]);
  });
});

function renumbered(events: readonly LogEvent[]): LogEvent[] {
  return events.map((event, number) => {
    const moved = { ...event, number };
    return 'opened' in moved ? { ...moved, opened: 0 } : moved;
  });
}

function withReason(events: readonly LogEvent[], outcome: Outcome): LogEvent[] {
  const reason = JSON.stringify(outcome);
  return events.map((event) => (event.kind === 'unwind' ? { ...event, reason } : event));
}
