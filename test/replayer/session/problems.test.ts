/** Traces that do not replay, or not to an end: they open, and show what they can. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PastStop } from '../../../replayer/session/past-run.ts';
import { openSession, type Session } from '../../../replayer/session/session.ts';
import { guest } from '../../guests/guests.ts';
import { type RecordedRun, Scratch } from '../../recorder/scratch.ts';
import { copyTrace, eventsOf, forgeLog, putMeta } from '../../traces/edit-trace.ts';
import { recordedExample, traceOfGuest } from './traces.ts';

const scratch = new Scratch('problems');
afterAll(() => scratch.remove());

let run: RecordedRun;

beforeAll(async () => {
  run = await recordedExample(scratch, 'heapsmash-O2');
});

async function withSession<T>(trace: string, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(trace);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** What needs no replay works at the end, whatever became of the replay. */
async function expectTraceView(session: Session): Promise<void> {
  expect((await session.last()).position).toBe(session.lastEvent);
  expect((await session.files()).length).toBeGreaterThan(2);
  expect((await session.output()).length.stdout).toBe(run.stdout.length);
  expect(await session.find({ function: 'fd_read' }, 'backward')).toBeGreaterThan(0);
}

test('a divergence: everything before it can be seen, and it says what differs', async () => {
  const read = eventsOf(run.trace).find(
    (event) => event.kind === 'call' && event.name === 'fd_read',
  );
  const at = read?.number ?? 0;
  const trace = forgeLog(run.trace, scratch.fresh('.wrr'), (events) =>
    events.map((event) =>
      event.kind === 'call' && event.number === at
        ? { ...event, args: [77, ...event.args.slice(1)] }
        : event,
    ),
  );
  await withSession(trace, async (session) => {
    expect(session.replayProblem).toBeUndefined();
    expect(await session.goto(at - 1)).toEqual({ position: at - 1, replayed: true });
    expect(await session.goto(at)).toEqual({ position: at, replayed: false });
    expect(session.replayProblem).toMatchObject({
      event: at,
      code: 'DIVERGENCE',
      divergence: { event: at, difference: expect.stringContaining('77') },
    });
    await expect(session.memory.read(0, 1)).rejects.toMatchObject({
      code: 'DIVERGENCE',
      event: at,
    });
    await expect(session.stack()).rejects.toMatchObject({ code: 'DIVERGENCE' });
    await expectTraceView(session);
    expect(await session.goto(at - 1)).toEqual({ position: at - 1, replayed: true });
    expect((await session.stack()).length).toBeGreaterThan(0);
  });
});

test('another final memory: everything can be seen, and it says so', async () => {
  const trace = copyTrace(run.trace, scratch.fresh('.wrr'), (db) =>
    putMeta(db, 'finalMemory', { pages: 2, xxh64: '0123456789abcdef' }),
  );
  await withSession(trace, async (session) => {
    expect((await session.last()).replayed).toBe(true);
    expect(session.verified).toBe(false);
    expect(session.replayProblem).toMatchObject({
      code: 'DIVERGENCE',
      event: session.lastEvent + 1,
    });
    expect((await session.memory.read(0, 16)).bytes).toHaveLength(16);
  });
});

test('no module: what the trace tells can be seen', async () => {
  const trace = copyTrace(run.trace, scratch.fresh('.wrr'), (db) => db.exec('delete from modules'));
  await withSession(trace, async (session) => {
    expect(session.replayProblem).toMatchObject({ event: -1, code: 'TRACE_CORRUPT' });
    expect(await session.goto(3)).toEqual({ position: 3, replayed: false });
    await expect(session.globals()).rejects.toMatchObject({ code: 'TRACE_CORRUPT' });
    await expectTraceView(session);
  });
});

test('a damaged segment: everything before it can be seen', async () => {
  const { trace } = await scratch.recordGuest(guest('mixed-calls-20000'), { paranoid: false });
  let first = 0;
  const damaged = copyTrace(trace, scratch.fresh('.wrr'), (db) => {
    const last = db.prepare('select max(id) from segments').pluck().get();
    first = Number(db.prepare('select first_event from segments where id = ?').pluck().get(last));
    db.prepare('update segments set crc32 = crc32 + 1 where id = ?').run(last);
  });
  expect(first).toBeGreaterThan(0);
  await withSession(damaged, async (session) => {
    expect((await session.last()).replayed).toBe(false);
    expect(session.replayProblem).toMatchObject({ event: first, code: 'SEGMENT_CORRUPT' });
    await expect(session.files()).rejects.toMatchObject({ code: 'SEGMENT_CORRUPT' });
    expect((await session.goto(first - 1)).replayed).toBe(true);
    expect(await session.files()).not.toHaveLength(0);
    expect((await session.memory.read(0, 4)).bytes).toHaveLength(4);
  });
});

describe('a start function', () => {
  test('can be stopped in its calls, with memory and stack', async () => {
    await withSession(await traceOfGuest(scratch, guest('start-section-exit')), async (session) => {
      expect(await session.goto(0)).toEqual({ position: 0, replayed: true });
      expect((await session.stack()).map(({ name }) => name)).toEqual(['first']);
      expect(await session.memory.size()).toBe(65536);
      expect(await session.last()).toEqual({ position: 1, replayed: true });
      expect(await session.first()).toEqual({ position: -1, replayed: true });
    });
  });

  test('that traps leaves its stack and its memory', async () => {
    await withSession(await traceOfGuest(scratch, guest('start-section-trap')), async (session) => {
      expect(session.lastEvent).toBe(0);
      expect((await session.last()).replayed).toBe(true);
      expect((await session.stack()).map(({ name }) => name)).toEqual(['first']);
      expect(await session.memory.size()).toBe(65536);
    });
  });
});

test.each(['stack-overflow', 'stack-overflow-with-calls'])(
  '%s: the end is reached, and is as it was',
  async (name) => {
    await withSession(await traceOfGuest(scratch, guest(name)), async (session) => {
      expect((await session.last()).replayed).toBe(true);
      expect(session.verified).toBe(true);
      expect(session.replayProblem).toBeUndefined();
      expect(await session.back()).toMatchObject({ replayed: true });
    });
  },
);

/** Lets it run on; on a busy machine a guest may get no time at all in a slice. */
async function sampledSlice(session: Session): Promise<PastStop> {
  for (;;) {
    const stop = await session.continuePast(50);
    if (stop.samples > 0) return stop;
  }
}

describe('a run that was interrupted', () => {
  const interrupted = (name: string) =>
    scratch.recordGuest(guest(name), { paranoid: false }, 'start');

  test('can be seen at its last event, and run on in slices: a busy loop is paused in it', async () => {
    const { trace } = await interrupted('busy-loop');
    await withSession(trace, async (session) => {
      expect(await session.gotoFailure()).toMatchObject({ kind: 'stopped', replayed: true });
      expect(session.verified).toBeUndefined();
      const position = session.position;
      for (let slice = 0; slice < 2; slice++) {
        const stop = await sampledSlice(session);
        expect(stop.state).toBe('paused');
        expect(stop.stack.map(({ name }) => name)).toEqual(['_start']);
        expect(stop.hottest[0]?.frame.name).toBe('_start');
      }
      const { bytes } = await session.memory.read(0, 256);
      expect((await session.readPast(0, 256)).bytes).toEqual(bytes);
      expect(session.position).toBe(position);
      await session.leavePast();
      await expect(session.readPast(0, 1)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    });
  });

  test('is paused before its slice is over', async () => {
    const { trace } = await interrupted('busy-loop');
    await withSession(trace, async (session) => {
      const slice = session.continuePast(600_000);
      // asked for while the thread still starts, it holds all the same
      session.pausePast();
      expect((await slice).state).toBe('paused');
      const second = session.continuePast(600_000);
      setTimeout(() => session.pausePast(), 20);
      expect((await second).state).toBe('paused');
    });
  });

  test.each([
    ['busy-calls', 'sched_yield'],
    ['blocked-sleep', 'poll_oneoff'],
  ])('%s gets no further than its next call, %s', async (name, call) => {
    const { trace } = await interrupted(name);
    await withSession(trace, async (session) => {
      const stop = await session.continuePast(600_000);
      expect(stop).toMatchObject({ state: 'called', call: { name: call } });
      expect(stop.stack.at(-1)?.name).toBe('_start');
      expect((await session.readPast(0, 8)).bytes).toHaveLength(8);
    });
  });

  test('names the loop of a program that hangs', async () => {
    const { trace } = await recordedExample(scratch, 'hang-O0g');
    await withSession(trace, async (session) => {
      await session.last();
      const { stack, hottest } = await sampledSlice(session);
      expect(stack.length).toBeGreaterThan(1);
      expect(stack.at(-1)?.name).toMatch(/^_start/);
      expect(hottest.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
      expect(hottest[0]?.frame.func).toBe(stack[0]?.func);
    });
  });

  test('one that came to its end goes no further', async () => {
    await withSession(run.trace, async (session) => {
      await expect(session.continuePast(10)).rejects.toMatchObject({
        code: 'REPLAY_FAILED',
        message: expect.stringContaining('was not interrupted'),
      });
    });
  });
});
