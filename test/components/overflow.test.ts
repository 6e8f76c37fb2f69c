/**
 * Stacks of components overflow in a replay where they did: in one instance or several, in what the host has
 * entered, on a stack of the guest's own, in one of many requests. And can be looked at there.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { trappedElsewhere } from '../../cli/debug/ending.ts';
import { replay } from '../../replayer/replay.ts';
import { openSession } from '../../replayer/session/session.ts';
import type { Motion } from '../../replayer/timetravel/motions.ts';
import { openTimeTravel } from '../../replayer/timetravel/time-travel.ts';
import { TraceReader } from '../../traces/reader.ts';
import { type Trap, trapDepth } from '../../wasm/traps.ts';
import { type RecordedRun, Scratch } from '../recorder/scratch.ts';
import { copyTrace, putMeta } from '../traces/edit-trace.ts';
import { component } from './component-wat.ts';
import { recordServer } from './http-server.ts';
import { OVERFLOWING, overflowingServer } from './overflow-guests.ts';

const scratch = new Scratch('component-overflow');
afterAll(() => scratch.remove());

const runs = new Map<string, Promise<RecordedRun>>();

function recorded(name: string): Promise<RecordedRun> {
  const record = async () =>
    scratch.record({ module: await component(OVERFLOWING[name] ?? ''), paranoid: true });
  const run = runs.get(name) ?? record();
  runs.set(name, run);
  return run;
}

function trapOf({ outcome }: Pick<RecordedRun, 'outcome'>): Trap {
  if (outcome.kind !== 'trap') throw new Error(`no trap: ${outcome.kind}`);
  return outcome.trap;
}

const word = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);

describe('the replay is identical, with its memory', () => {
  test.each(Object.keys(OVERFLOWING))('%s', async (name) => {
    const run = await recorded(name);
    expect(trapOf(run)).toMatchObject({ kind: 'stack-overflow' });
    expect(trapDepth(trapOf(run))).toBeGreaterThan(200);
    expect(run.finalMemory).toBeDefined();
    const again = await replay({ trace: run.trace });
    expect(again).toMatchObject({ status: 'identical', notes: [], finalMemory: run.finalMemory });
  });
});

describe('the session comes to the end and shows the stack there', () => {
  test.each([
    'in instances that call each other',
    'in what the host has entered',
    'with calls at each level',
    'of a guest that has waited',
  ])('%s', async (name) => {
    const { trace, outcome } = await recorded(name);
    const session = await openSession(trace);
    try {
      await session.last();
      const frames = await session.stack();
      const there = trapOf({ outcome }).frames.map(({ func }) => func);
      expect(frames.map(({ func }) => func)).toEqual(there);
      expect(session.replayProblem).toBeUndefined();
      expect(session.verified).toBe(true);
    } finally {
      await session.close();
    }
  });
});

describe('the debugger stands at the last instruction', () => {
  test.each([
    'in a component within',
    'in what the host has entered',
    'of a guest that has waited',
  ])('%s', async (name) => {
    const { trace } = await recorded(name);
    const travel = openTimeTravel(trace);
    try {
      const end = await travel.move(undefined, { kind: 'end' });
      expect(end.stack.length).toBeGreaterThan(0);
      const reader = new TraceReader(trace);
      expect(trappedElsewhere({ trace: reader, stack: end.stack })).toBeUndefined();
      reader.close();
      const step = (reverse: boolean): Motion => ({
        ...{ kind: 'step', size: 'instruction', reverse },
        points: { breaks: [], calls: [], watches: [] },
      });
      const back = await travel.move(end.mark, step(true));
      const again = await travel.move(back.mark, step(false));
      expect(again.mark).toEqual(end.mark);
    } finally {
      await travel.close();
    }
  });
});

test('as deep as it was: what the guest counted is what lies on the stack', async () => {
  const run = await recorded('after calls as deep');
  const session = await openSession(run.trace);
  try {
    await session.last();
    const { bytes } = await session.memory.read(2048, 4);
    // run does not count, nor the frame for which there was no room
    expect(word(bytes)).toBe((trapDepth(trapOf(run)) ?? 0) - 2);
  } finally {
    await session.close();
  }
});

test('in instances that call each other, either can be looked into', async () => {
  const run = await recorded('in instances that call each other');
  const depths: number[] = [];
  for (const instance of [0, 1]) {
    const travel = openTimeTravel(run.trace, { instance });
    try {
      const { mark } = await travel.move(undefined, { kind: 'end' });
      const { bytes } = await travel.read(mark, instance === 0 ? 2048 : 2052, 4);
      depths.push(mark.depth);
      expect(word(bytes)).toBeGreaterThan(1000);
    } finally {
      await travel.close();
    }
  }
  const [pong = 0, ping = 0] = depths;
  // run is of the second one; the frame for which there was no room is of either
  expect(Math.abs(ping + pong - (trapDepth(trapOf(run)) ?? 0))).toBeLessThanOrEqual(1);
});

test('a server goes on in a new instance, and each overflow is come to', async () => {
  const paths = ['/a', '/trap', '/c', '/trap', '/d'];
  const run = await recordServer(scratch, await overflowingServer(), async (client) => {
    for (const path of paths) {
      const { status } = await client.send('GET', path);
      expect(status).toBe(path === '/trap' ? 500 : 201);
    }
  });
  expect(trapOf(run)).toMatchObject({ kind: 'stack-overflow' });
  const bodies: string[] = [];
  const again = await replay({
    trace: run.trace,
    onResponse: ({ body }) => bodies.push(Buffer.concat(body).toString()),
  });
  expect(again).toMatchObject({ status: 'identical', notes: [], finalMemory: run.finalMemory });
  expect(bodies).toEqual(['/a\n', '/c\n', '/d\n']);
});

test('how deep it was is read from the log, whatever the trace says of its end', async () => {
  const run = await recorded('in a component within');
  const { depth: _, ...trap } = trapOf(run);
  const old = scratch.fresh('.wrr');
  copyTrace(run.trace, old, (db) => putMeta(db, 'outcome', { kind: 'trap', trap }));
  expect(await replay({ trace: old })).toMatchObject({ status: 'identical', notes: [] });
});
