/**
 * A session with keyframes answers what one without them does, and needs no replay for it. Those that a trace holds
 * are used only where they are what they were, and belong to its log.
 */
import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSession, type Session } from '../../../replayer/session/session.ts';
import { removeKeyframes } from '../../../traces/keyframes/store.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { checkFile } from '../../../traces/state.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { recordedExample } from './traces.ts';

const scratch = new Scratch('session-keyframes');
afterAll(() => scratch.remove());

/** A name of heapsmash, which the next one overwrites; and the beginning of its heap. */
const RANGES = [
  [0x12310, 8],
  [0x12000, 6000],
  [0, 64],
] as const;

let trace = '';
/** The same with keyframes in it. */
let stored = '';

beforeAll(async () => {
  trace = (await recordedExample(scratch, 'heapsmash-O0g')).trace;
  stored = scratch.fresh('.wrr');
  copyFileSync(trace, stored);
  const session = await openSession(stored, { readAhead: false });
  const made = await session.keyframes.make();
  expect(made).toMatchObject({ source: 'made', upTo: session.lastEvent });
  await session.keyframes.store();
  await session.close();
});

/** Everything that is asked of memory, at every event but the last, which takes a replay in any case. */
async function answers(session: Session): Promise<unknown[]> {
  const all: unknown[] = [];
  const last = session.lastEvent - 1;
  for (let event = -1; event <= last; event++) {
    await session.goto(event);
    for (const [address, length] of RANGES) all.push(await session.memory.read(address, length));
    const { addresses } = await session.memory.search({ text: 'ren' });
    const [backwards] = (await session.memory.search({ text: 'ren' }, { backwards: true }))
      .addresses;
    all.push(
      await session.globals(),
      addresses,
      backwards,
      await session.diff(event - 1 < -1 ? 3 : event - 1, event),
    );
    all.push(
      await session.diff(event, last),
      await session.diff(event, 2, { ranges: 1, bytes: 3 }),
    );
  }
  for (const [address, length] of RANGES) {
    all.push(await session.memory.history(address, length));
    all.push(await session.memory.history(address, length, { from: 4, to: 11 }));
    all.push(await session.memory.history(address, length, { limit: 2 }));
  }
  // where the memory ends
  all.push(await session.memory.history(0x1fff8, 64), await session.memory.read(0x1fff8, 64));
  return all;
}

async function started(session: Session): Promise<number> {
  return (await session.pool()).started;
}

async function opened<T>(path: string, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(path, { readAhead: false });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

let expected: unknown[] = [];
beforeAll(async () => {
  expected = await opened(trace, answers);
});

describe('made in the session', () => {
  test('the same answers, and no replay', async () => {
    await opened(trace, async (session) => {
      expect(session.keyframes.info).toBeUndefined();
      const making = session.keyframes.make();
      expect(session.keyframes.isMaking).toBe(true);
      const { keyframes, bytes } = await making;
      expect(keyframes).toBeGreaterThan(session.lastEvent);
      expect(bytes).toBeGreaterThan(1000);
      expect(await answers(session)).toEqual(expected);
      expect(await started(session)).toBe(0);
      // what is no memory takes one
      expect(await session.stack()).not.toEqual([]);
      expect(await started(session)).toBe(1);
      await session.last();
      expect(session.verified).toBe(true);
    });
  });

  test('while they are made, the session answers by itself', async () => {
    await opened(trace, async (session) => {
      const making = session.keyframes.make();
      await session.goto(9);
      expect(await session.memory.read(...RANGES[0])).toMatchObject({ address: RANGES[0][0] });
      await making;
    });
  });

  test('called off, and made again', async () => {
    await opened(trace, async (session) => {
      const controller = new AbortController();
      const making = session.keyframes.make({ signal: controller.signal });
      controller.abort(new Error('enough'));
      await expect(making).rejects.toThrow('enough');
      expect(session.keyframes.info).toBeUndefined();
      expect(session.keyframes.isMaking).toBe(false);
      await session.keyframes.make();
      expect(await answers(session)).toEqual(expected);
    });
  });

  test('a budget too small for most of them: what they do not know, a replay tells', async () => {
    await opened(trace, async (session) => {
      await session.keyframes.make({ budget: 20_000 });
      expect(await answers(session)).toEqual(expected);
      expect(await started(session)).toBeGreaterThan(0);
    });
  });

  test('a memory that is none', async () => {
    await opened(trace, async (session) => {
      await session.keyframes.make();
      await session.goto(3);
      await expect(session.memory.read(0, 8, { memory: 7 })).rejects.toThrow('no memory 7');
    });
  });
});

describe('in the trace', () => {
  function changed(sql: string): string {
    const path = scratch.fresh('.wrr');
    copyFileSync(stored, path);
    const db = new Database(path);
    db.exec(sql);
    db.close();
    return path;
  }

  test('are used at once', async () => {
    await opened(stored, async (session) => {
      expect(session.keyframes.info).toMatchObject({ source: 'stored', upTo: session.lastEvent });
      expect(await answers(session)).toEqual(expected);
      expect(await started(session)).toBe(0);
    });
  });

  test.each([
    ['a byte of data', 'update keyframe_groups set data = zeroblob(length(data))'],
    ['a list of changes', 'update keyframe_groups set patches = zeroblob(9)'],
    ['a missing group', 'delete from keyframe_groups'],
    ['an impossible size', 'update keyframe_groups set words = 1000000000'],
    ['a size that is none', "update keyframe_groups set words = 'many'"],
    ['a head that is text', "update keyframes set head = 'none'"],
    ['a head of noise', 'update keyframes set head = randomblob(50)'],
    ['a hash of another', "update keyframes set hash = x'00'"],
  ])('damaged, in %s: a replay tells, and a check says so', async (_what, sql) => {
    const path = changed(sql);
    await opened(path, async (session) => {
      await session.goto(9);
      const bytes = await session.memory.read(...RANGES[1]);
      expect(bytes).toEqual(expected.find((one) => isRange(one, RANGES[1], 9)));
    });
    const reader = new TraceReader(path);
    expect(() => checkFile(reader)).toThrow('keyframes of memory are damaged');
    reader.close();
  });

  test('of another log: as if there were none', async () => {
    const path = changed("update keyframes set log = x'00112233445566778899aabbccddeeff'");
    await opened(path, async (session) => {
      expect(session.keyframes.info).toBeUndefined();
    });
  });

  test('a view in their place is not read', () => {
    const path = changed(
      'drop table keyframes; create view keyframes as select 0 as id, 1 as log, 2 as hash, 3 as head',
    );
    expect(() => new TraceReader(path)).toThrow('no honest trace');
  });

  test('are sound, listed, and can be taken out again', () => {
    const path = changed('');
    const reader = new TraceReader(path);
    checkFile(reader);
    expect(reader.keyframesEntry()?.bytes).toBeGreaterThan(1000);
    expect(removeKeyframes(path)).toBe(true);
    expect(removeKeyframes(path)).toBe(false);
    expect(reader.keyframesEntry()).toBeUndefined();
    expect(reader.keyframes()).toBeUndefined();
    reader.close();
  });
});

/** The answer to a read at an event, as {@link answers} lists them. */
function isRange(one: unknown, range: (typeof RANGES)[number], event: number): boolean {
  return one === expected[(event + 1) * 9 + RANGES.indexOf(range)];
}
