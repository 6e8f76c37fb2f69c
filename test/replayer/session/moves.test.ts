/** Moving about: conditions, the failure, marks, limits, cancelling. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallCondition } from '../../../replayer/session/find-call.ts';
import {
  openSession,
  type Session,
  type SessionOptions,
} from '../../../replayer/session/session.ts';
import { formatCall } from '../../../wasi/format.ts';
import { program } from '../../guests/assemble.ts';
import { guest } from '../../guests/guests.ts';
import { compileWat } from '../../guests/wat.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { eventsOf } from '../../traces/edit-trace.ts';
import { memoriesOf } from './straight-replay.ts';
import { recordedExample, traceOfGuest } from './traces.ts';

const scratch = new Scratch('moves');
afterAll(() => scratch.remove());

let heapsmash: string;
let calls: string;

beforeAll(async () => {
  heapsmash = (await recordedExample(scratch, 'heapsmash-O2')).trace;
  calls = (
    await scratch.recordGuest(
      { ...guest('mixed-calls-20000'), input: { args: ['3000'] } },
      { paranoid: false },
    )
  ).trace;
});

async function withSession<T>(
  trace: string,
  use: (session: Session) => Promise<T>,
  options?: SessionOptions,
): Promise<T> {
  const session = await openSession(trace, options);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

describe('conditions', () => {
  test.each<[string, CallCondition, RegExp]>([
    ['a function', { function: 'fd_read' }, /^fd_read/],
    ['an error', { errno: 'badf' }, /EBADF|badf/],
    ['a descriptor', { fd: 3 }, /^\w+\((fd=)?3\b/],
    ['a path', { path: 'users' }, /^path_open|users/],
    ['text', { text: 'USERS' }, /users/i],
  ])('%s: the same calls forwards and backwards', async (_, condition) => {
    await withSession(heapsmash, async (session) => {
      const forward: number[] = [];
      while ((await session.continueTo(condition)) !== undefined) forward.push(session.position);
      expect(forward.length).toBeGreaterThan(0);
      await session.last();
      const backward: number[] = [];
      while ((await session.reverseContinueTo(condition)) !== undefined) {
        backward.push(session.position);
      }
      expect(backward.reverse()).toEqual(forward);
      // none left: it stays where it is
      expect(session.position).toBe(forward[0]);
    });
  });

  test('a function and an error find exactly those calls', async () => {
    const events = eventsOf(heapsmash);
    const expected = events.filter(
      (event) => event.kind === 'call' && event.name === 'fd_prestat_get' && event.result === 8,
    );
    await withSession(heapsmash, async (session) => {
      const found = await session.find({ function: 'fd_prestat_get', errno: 'badf' }, 'forward');
      expect(found).toBe(expected[0]?.number);
    });
  });

  test('bytes are found in what a call passed and in what it got', async () => {
    const events = eventsOf(heapsmash);
    const bytes = Buffer.from('users.csv');
    const carries = events.filter(
      (event) =>
        event.kind === 'call' &&
        [event.reads, ...event.effects.map((effect) => effect.bytes)].some((one) =>
          Buffer.from(one).includes(bytes),
        ),
    );
    expect(carries.length).toBeGreaterThan(0);
    await withSession(heapsmash, async (session) => {
      expect(await session.find({ bytes }, 'forward')).toBe(carries[0]?.number);
      expect(await session.find({ bytes }, 'backward', { from: session.lastEvent + 1 })).toBe(
        carries.at(-1)?.number,
      );
      expect(await session.find({ bytes: Buffer.from('nowhere') }, 'forward')).toBeUndefined();
    });
  });
});

describe('the failure', () => {
  test('of a trap is the end, with its final memory checked', async () => {
    await withSession(heapsmash, async (session) => {
      expect(session.verified).toBeUndefined();
      const place = await session.gotoFailure();
      expect(place).toEqual({
        kind: 'trap',
        event: session.lastEvent,
        position: session.lastEvent,
        replayed: true,
      });
      expect(session.verified).toBe(true);
    });
  });

  test('of an exit code is the last call that failed, but for the end of the preopens', async () => {
    const failing = program(`
      (func (export "_start")
        (drop (call $fd_prestat_get (i32.const 77) (i32.const 2048)))
        (drop (call $fd_close (i32.const 99)))
        (say "so\\n")
        (drop (call $fd_prestat_get (i32.const 78) (i32.const 2048)))
        (call $proc_exit (i32.const 3)))`);
    const { trace } = await scratch.record({ module: await compileWat(failing) });
    await withSession(trace, async (session) => {
      const { kind, event } = await session.gotoFailure();
      expect(kind).toBe('call');
      const call = eventsOf(trace)[event];
      expect(call?.kind === 'call' && formatCall(call)).toContain('fd_close');
    });
  });

  describe('of an exit code, with words on stderr', () => {
    const complain = `(i32.store (i32.const 2048) (i32.const 2064)) (i32.store (i32.const 2052) (i32.const 3))
      (drop (call $fd_write (i32.const 2) (i32.const 2048) (i32.const 1) (i32.const 2056)))`;
    const fail = '(drop (call $fd_close (i32.const 99)))';
    const yields = (times: number) => '(drop (call $sched_yield))'.repeat(times);
    const place = async (body: string) => {
      const wat = program(`(data (i32.const 2064) "oh.")
        (func (export "_start") ${body} (call $proc_exit (i32.const 1)))`);
      const { trace } = await scratch.record({ module: await compileWat(wat) });
      return withSession(trace, async (session) => {
        const { kind, event } = await session.failure();
        const call = eventsOf(trace)[event];
        return [kind, event, call?.kind === 'call' ? call.name : undefined];
      });
    };

    test.each([
      [
        'the call that failed right before',
        `${fail}${yields(3)}${complain}`,
        'call',
        1,
        'fd_close',
      ],
      [
        'not one that failed long before',
        `${fail}${yields(30)}${complain}`,
        'message',
        32,
        'fd_write',
      ],
      [
        'the first of several',
        `${complain}${yields(30)}${complain}${yields(4)}${complain}`,
        'message',
        32,
        'fd_write',
      ],
      ['one that failed after', `${complain}${yields(30)}${fail}`, 'call', 32, 'fd_close'],
      ['the last line of a log', `${complain.repeat(40)}`, 'message', 40, 'fd_write'],
    ] as const)('%s', async (_, body, kind, event, name) => {
      expect(await place(body)).toEqual([kind, event, name]);
    });
  });

  test('of an exit code without a failed call is the exit', async () => {
    await withSession(await traceOfGuest(scratch, guest('exit-3')), async (session) => {
      expect(await session.failure()).toEqual({ kind: 'exit', event: session.lastEvent });
    });
  });
});

describe('marks', () => {
  test('a snapshot shows the memory without replay when the trace is opened again', async () => {
    const memories = memoriesOf(heapsmash);
    await withSession(heapsmash, async (session) => {
      await session.goto(7);
      await session.snapshot('before the copy');
    });
    await withSession(
      heapsmash,
      async (session) => {
        expect(session.snapshots()).toContainEqual(
          expect.objectContaining({ event: 7, label: 'before the copy' }),
        );
        const whole = memories[8] ?? new Uint8Array(0);
        await session.goto(7);
        const { bytes, size } = await session.memory.read(0, whole.length);
        expect(size).toBe(whole.length);
        expect(Buffer.from(bytes).equals(whole)).toBe(true);
        expect((await session.pool()).started).toBe(0);
        // what the snapshot does not have comes from a replay
        expect((await session.stack()).length).toBeGreaterThan(0);
        expect((await session.pool()).started).toBe(1);
      },
      { readAhead: false },
    );
  });

  test('bookmarks are kept, by event, with their notes', async () => {
    await withSession(heapsmash, async (session) => {
      const late = session.addBookmark('late', 'here it is', 9);
      session.addBookmark('early', '', 2);
      await expect(async () => session.addBookmark('none', '', 9999)).rejects.toMatchObject({
        code: 'EVENT_NOT_FOUND',
      });
      expect(session.bookmarks().map(({ name }) => name)).toEqual(['early', 'late']);
      expect(session.removeBookmark(late.id)).toBe(true);
      expect(session.removeBookmark(late.id)).toBe(false);
    });
    await withSession(heapsmash, async (session) => {
      expect(session.bookmarks()).toMatchObject([{ event: 2, name: 'early', note: '' }]);
    });
  });
});

test('there is nowhere to go beyond the ends', async () => {
  await withSession(heapsmash, async (session) => {
    expect((await session.back()).position).toBe(-1);
    expect((await session.last()).position).toBe(session.lastEvent);
    expect((await session.next()).position).toBe(session.lastEvent);
    expect((await session.first()).position).toBe(-1);
    for (const event of [-2, session.lastEvent + 1, 0.5, Number.NaN]) {
      await expect(session.goto(event)).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' });
    }
  });
});

describe('limits', () => {
  test('hold for the number of guests, however one moves about', async () => {
    await withSession(
      calls,
      async (session) => {
        for (const share of [0.9, 0.1, 0.5, 0.7, 0.2, 0.95, 0.3, 0.05]) {
          await session.goto(Math.floor(session.lastEvent * share));
          // one more than may be parked: the one that is looked at
          expect((await session.pool()).guests.length).toBeLessThanOrEqual(3);
        }
      },
      { poolGuests: 2 },
    );
  });

  test('hold for bytes: with room for no guest, only the one that is looked at stays', async () => {
    await withSession(
      calls,
      async (session) => {
        for (const share of [0.9, 0.1, 0.5]) {
          await session.goto(Math.floor(session.lastEvent * share));
          const { guests, imageBytes } = await session.pool();
          expect(guests).toEqual([session.position]);
          expect(imageBytes).toBe(0);
        }
      },
      { poolBytes: 0, imageBytes: 0 },
    );
  });
});

describe('cancelling', () => {
  const busy = program(`
    (func (export "_start") (local $i i32)
      (say "one\\n")
      (local.set $i (i32.const 1000000000))
      (loop $spin
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (i32.store (i32.const 4096) (local.get $i))
        (br_if $spin (local.get $i)))
      (say "two\\n"))`);

  test('before anything began changes nothing', async () => {
    await withSession(calls, async (session) => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(session.last({ signal })).rejects.toThrow('enough');
      expect(session.position).toBe(-1);
    });
  });

  test('stops a replay between calls; the position stays, and the session goes on', async () => {
    await withSession(calls, async (session) => {
      await session.goto(5);
      const stop = new AbortController();
      const move = session.last({ signal: stop.signal });
      stop.abort(new Error('enough'));
      await expect(move).rejects.toThrow('enough');
      expect(session.position).toBe(5);
      expect((await session.last()).replayed).toBe(true);
      expect(session.verified).toBe(true);
    });
  });

  test('stops a guest that makes no call, too', async () => {
    const { trace } = await scratch.record({ module: await compileWat(busy) });
    await withSession(trace, async (session) => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error('enough')), 50);
      await expect(session.last({ signal: stop.signal })).rejects.toThrow('enough');
      expect((await session.goto(1)).replayed).toBe(true);
      expect((await session.stack()).length).toBeGreaterThan(0);
    });
  });
});

test('a closed session says so', async () => {
  const session = await openSession(heapsmash);
  const move = expect(session.goto(3)).rejects.toMatchObject({ code: 'SESSION_CLOSED' });
  await session.close();
  await move;
  await expect(session.goto(3)).rejects.toMatchObject({ code: 'SESSION_CLOSED' });
});
