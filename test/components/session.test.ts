/**
 * The debugger's session on components: wherever it goes, in whatever order, every memory and every stack is
 * that of a straight replay, whose guests run on one stack.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../examples/cases.ts';
import { ComponentReplay } from '../../replayer/component/component-replay.ts';
import { makeKeyframes } from '../../replayer/keyframes/make-keyframes.ts';
import type { StackFrame } from '../../replayer/session/messages.ts';
import { SessionProgram } from '../../replayer/session/program.ts';
import { openSession, type Session } from '../../replayer/session/session.ts';
import { passedAt } from '../../traces/keyframes/moments.ts';
import { KeyframeReader } from '../../traces/keyframes/reader.ts';
import { TraceReader } from '../../traces/reader.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import { Scratch } from '../recorder/scratch.ts';
import { shuffled } from '../replayer/session/traces.ts';
import { randomFrom } from '../wasi/random.ts';
import { httpServer, recordServer } from './http-server.ts';

// the frames of a trap are compared with the recorded ones
Error.stackTraceLimit = MAX_FRAMES + 20;

const scratch = new Scratch('components-session');
const cacheHome = process.env.XDG_CACHE_HOME;
const traces = new Map<string, string>();

const NAMES = ['heapsmash-O0g', 'flakyparse-O0g', 'two-memories'];

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = scratch.fresh();
  for (const name of NAMES) traces.set(name, await recorded(name));
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  scratch.remove();
});

function fixture(file: string): string {
  return join(import.meta.dirname, 'fixtures', file);
}

async function recorded(name: string): Promise<string> {
  const example = exampleCases().find((one) => one.name === name);
  const run =
    example === undefined
      ? await scratch.record({ module: await parse(readFileSync(fixture(`${name}.wat`), 'utf8')) })
      : await scratch.recordExample({ ...example, wasm: fixture(`${name}.component.wasm`) });
  return run.trace;
}

function traceOf(name: string): string {
  const trace = traces.get(name);
  if (trace === undefined) throw new Error(`${name} was not recorded`);
  return trace;
}

type Bytes = Uint8Array<ArrayBuffer>;

interface State {
  /** Those that instances export. */
  readonly memories: readonly Uint8Array[];
  readonly kind: string;
  readonly stack: readonly string[];
}

/** The state after each event; from before any at index 0. */
async function straight(trace: string): Promise<State[]> {
  const reader = new TraceReader(trace);
  const kinds = [...reader.events()].map(({ kind }) => kind);
  const states: State[] = [{ memories: [], kind: 'nothing', stack: [] }];
  const replay: ComponentReplay = new ComponentReplay(reader, {
    onEvent: (event) => {
      const { stack = '' } = new Error('stack');
      const memories = replay.graph.memories.map(({ buffer }) => new Uint8Array(buffer).slice());
      const frames = replay.graph.frames(stack);
      states.push({
        memories,
        kind: kinds[event] ?? '',
        stack: frames.map(({ instance, func, offset }) => `${instance} ${func} ${offset}`),
      });
    },
  });
  const end = await replay.run();
  expect(end).toMatchObject({ kind: 'replayed', toItsEnd: true });
  reader.close();
  return states;
}

function framed({ instance, func, offset }: StackFrame): string {
  return `${instance?.id} ${func} ${offset}`;
}

async function expectState(session: Session, states: readonly State[]): Promise<void> {
  const at = session.position;
  const { memories, kind, stack } = states[at + 1] as State;
  for (const [memory, expected] of memories.entries()) {
    const { bytes } = await session.memory.read(0, 64 << 20, { memory });
    // comparing megabytes with a matcher takes seconds
    if (!Buffer.from(bytes).equals(expected)) expect.fail(`another memory ${memory} at ${at}`);
  }
  // after a trap or exit it is that from which it came
  if (kind === 'unwind') return;
  const frames = await session.stack();
  expect(frames.map(framed), `stack at ${at}`).toEqual(stack);
}

/**
 * That who watches a guest run, as a trail of steps back does, is told the same as who has stopped it there.
 * Whether a session lays a trail depends on how long its runs take: this does not.
 */
async function expectSeenInPassing(trace: string, states: readonly State[]): Promise<void> {
  const reader = new TraceReader(trace);
  const program = new SessionProgram(reader, (bytes) => new WebAssembly.Module(bytes as Bytes));
  const guest = program.start();
  const others: number[] = [];
  let seen = 0;
  await guest.advance(reader.eventCount - 1, () => false, {
    wantsStack: true,
    reached() {},
    passed(event, memories) {
      seen++;
      const { memories: expected, kind, stack } = states[event + 1] as State;
      const frames = kind === 'unwind' ? [] : program.frames(guest.stack ?? '');
      const same =
        expected.every((bytes, memory) => Buffer.from(bytes).equals(memories[memory] as Bytes)) &&
        isDeepStrictEqual(frames.map(framed), stack);
      if (!same) others.push(event);
    },
  });
  expect(others, 'events at which something else was told').toEqual([]);
  expect(seen).toBe(states.length);
  reader.close();
}

async function expectKeyframes(path: string, states: readonly State[]): Promise<void> {
  const trace = new TraceReader(path);
  const made = await makeKeyframes(trace, { budget: 64 << 20, paranoid: true });
  const keyframes = new KeyframeReader(made);
  for (const [i, { memories }] of states.entries()) {
    for (const [memory, bytes] of memories.entries()) {
      const known = keyframes.whole(memory, passedAt(i - 1));
      if (!known || !Buffer.from(known).equals(bytes)) expect.fail(`memory ${memory} at ${i - 1}`);
    }
  }
  trace.close();
}

describe.each(NAMES)('%s', (name) => {
  test('keyframes have every memory at every event', async () => {
    await expectKeyframes(traceOf(name), await straight(traceOf(name)));
  });

  test('has the memories and the stack of a straight replay at every event, in any order', async () => {
    const states = await straight(traceOf(name));
    await expectSeenInPassing(traceOf(name), states);
    const last = states.length - 2;
    // few guests, so that they are taken, moved and given up all the time
    const session = await openSession(traceOf(name), { poolGuests: 3 });
    expect(session.lastEvent).toBe(last);
    for (const event of shuffled(-1, last, randomFrom(last + 7))) {
      expect(await session.goto(event)).toEqual({ position: event, replayed: true });
      await expectState(session, states);
    }
    await session.last();
    expect(session.verified).toBe(true);
    for (let left = 40; left > 0 && session.position > -1; left--) {
      await session.back();
      await expectState(session, states);
    }
    await session.first();
    for (let left = 40; left > 0 && session.position < last; left--) {
      await session.next();
      await expectState(session, states);
    }
    expect(session.replayProblem).toBeUndefined();
    await session.close();
  });
});

test('a server, whose instances are made anew after each trap, has them at every event', async () => {
  const run = await recordServer(scratch, await httpServer(), async (client) => {
    for (let i = 0; i < 6; i++) {
      expect((await client.send('GET', '/here')).status).toBe(201);
      expect((await client.send('GET', '/trap')).status).toBe(500);
    }
  });
  const states = await straight(run.trace);
  await expectSeenInPassing(run.trace, states);
  await expectKeyframes(run.trace, states);
  const session = await openSession(run.trace, { poolGuests: 3 });
  const last = states.length - 2;
  for (const event of shuffled(-1, last, randomFrom(3)).slice(0, 80)) {
    await session.goto(event);
    await expectState(session, states);
  }
  await session.last();
  expect(session.replayProblem).toBeUndefined();
  await session.close();
});

test('the stack of a trap goes through all components, with their names', async () => {
  const session = await openSession(traceOf('two-memories'));
  const { kind } = await session.gotoFailure();
  const stack = (await session.stack()).map(({ name, instance }) => `${instance?.name}: ${name}`);
  expect(kind).toBe('trap');
  expect(stack).toEqual(['code: keep', 'code: go', 'component.core6.wasm: adapter0', 'main: run']);
  await session.close();
});

test('a trace says of each frame of its trap in which module it is', async () => {
  const reader = new TraceReader(traceOf('two-memories'));
  const { outcome } = reader.meta;
  const frames = outcome?.kind === 'trap' ? outcome.trap.frames : [];
  expect(frames.map(({ module, func, name }) => [module, func, name])).toEqual([
    [3, 2, 'keep'],
    [3, 3, undefined],
    [6, 12, undefined],
    [5, 2, undefined],
  ]);
  reader.close();
});

test('frames of a program have their places in its source', async () => {
  const session = await openSession(traceOf('heapsmash-O0g'));
  await session.gotoFailure();
  const [frame, , , , , run] = await session.stack();
  expect(frame).toMatchObject({ name: 'main', instance: { name: 'heapsmash-O0g.wasm' } });
  expect(frame?.source[0]?.place).toMatchObject({ file: 'src/heapsmash.c', line: 35 });
  // the adapter's: what lies at that byte of the program is nothing to it
  expect(run).toMatchObject({ name: 'wasi:cli/run@0.2.12#run', source: [] });
  await session.close();
});

describe('of a component with three memories', () => {
  let session: Session;
  beforeAll(async () => {
    session = await openSession(traceOf('two-memories'));
  });
  afterAll(() => session.close());

  const bytesAt = async (event: number, address: number, length: number, memory?: number) => {
    await session.goto(event);
    const { bytes } = await session.memory.read(address, length, { memory });
    return Buffer.from(bytes);
  };

  test('each instance has its memories, and one holds the program', async () => {
    const { instances, memories, main } = await session.layout();
    const names = instances.map(({ name, memories: own }) => `${name} ${own}`);
    expect(names).toEqual([
      'libc 0',
      'vault 2',
      'code 0',
      'libc 1',
      'component.core6.wasm 0',
      'main 1',
    ]);
    expect(memories).toHaveLength(3);
    expect(instances[main]?.name).toBe('code');
  });

  test('one that nobody exports is shown, with what a start function wrote', async () => {
    // the event says that it is about to be made
    expect((await bytesAt(1, 16, 4, 2)).length).toBe(0);
    expect((await bytesAt(2, 16, 4, 2)).toString('hex')).toBe('34120000');
    expect((await bytesAt(session.lastEvent, 64, 3, 2)).toString()).toBe('ot\0');
  });

  test('the one that is meant by default is that of the program', async () => {
    expect((await bytesAt(16, 1024, 3)).toString()).toBe('one');
    expect((await bytesAt(16, 1024, 3, 1)).toString()).toBe('\0\0\0');
  });

  test('is searched, compared and watched one by one', async () => {
    await session.last();
    const hits = (memory: number) => session.memory.search({ text: 'one' }, { memory });
    expect((await hits(0)).addresses).toEqual([1024]);
    expect((await hits(1)).addresses).toEqual([256]);
    expect((await hits(2)).addresses).toEqual([]);
    const diff = await session.diff(7, session.lastEvent, { memory: 2 });
    expect(diff.ranges).toMatchObject([{ address: 64, length: 2 }]);
    expect(await session.diff(7, 22, { memory: 1 })).toMatchObject({
      sizeBefore: 1 << 16,
      sizeAfter: 2 << 16,
    });
    const { changes } = await session.memory.history(8, 8, { memory: 1 });
    // there, and zeros, once its instance is made
    expect(changes).toMatchObject([
      { by: 'guest', event: 4, before: new Uint8Array(0) },
      { by: 'guest', event: 8, before: new Uint8Array(8) },
    ]);
    const { changes: passed } = await session.memory.history(1027, 24, { memory: 0 });
    expect(passed.slice(1)).toMatchObject([{ by: 'call', event: 20 }]);
  });

  test('globals are those of an instance', async () => {
    await session.last();
    const vault = await session.globals({ instance: 1 });
    expect(vault.globals).toMatchObject([{ name: 'puts', exported: false, value: 2 }]);
    expect((await session.globals()).globals).toEqual([]);
  });

  test('what is not there is refused', async () => {
    await expect(session.memory.read(0, 1, { memory: 3 })).rejects.toThrow('no memory 3');
    await expect(session.globals({ instance: 9 })).rejects.toThrow('no instance 9');
    await expect(session.continuePast(10)).rejects.toThrow('was not interrupted');
  });
});

test('all memories are stored together, and shown without a replay', async () => {
  const trace = await recorded('two-memories');
  const session = await openSession(trace);
  await session.goto(16);
  await session.snapshot('here');
  await session.close();
  const again = await openSession(trace);
  await again.goto(16);
  const bytes = await again.memory.stored(16, { memory: 1 });
  expect(Buffer.from(bytes?.subarray(256, 259) ?? []).toString()).toBe('one');
  expect((await again.pool()).started).toBe(0);
  expect(again.snapshots()).toMatchObject([
    { event: 16, label: 'here', memory: 0, memorySize: 1 << 16 },
    { event: 16, label: 'here', memory: 1 },
    { event: 16, label: 'here', memory: 2, memorySize: 2 << 16 },
    // of the recorder's making: those that instances export
    { event: 50, label: 'trap', memory: 0, memorySize: 1 << 16 },
    { event: 50, label: 'trap', memory: 1, memorySize: 2 << 16 },
  ]);
  for (const memory of [0, 1]) {
    expect(await again.memory.checkStored(50, { memory })).toEqual({ difference: undefined });
  }
  expect(await again.memory.checkStored(16, { memory: 2 })).toEqual({ difference: undefined });
  await again.close();
});

test('another end of the memory is told, and everything before it is shown', async () => {
  const trace = await recorded('two-memories');
  const db = new Database(trace);
  const other = JSON.stringify({ pages: 5, xxh64: '0123456789abcdef' });
  db.prepare("update meta set value = ? where key = 'finalMemory'").run(other);
  db.close();
  const session = await openSession(trace);
  await session.last();
  expect(session.verified).toBe(false);
  expect(session.replayProblem).toMatchObject({ code: 'DIVERGENCE', event: 51 });
  expect((await session.goto(16)).replayed).toBe(true);
  await session.close();
});

test('a component that does something else is shown up to there', async () => {
  const trace = await recorded('two-memories');
  const db = new Database(trace);
  // the program takes the one random number for the other function of the runtime
  const row = db
    .prepare('select id, imports from instances where imports like \'%"bytes"%\'')
    .get();
  const { id, imports } = row as { id: number; imports: string };
  const links = JSON.parse(imports) as { kind: string; func?: number }[];
  for (const link of links) if (link.kind === 'host') link.func = 0;
  db.prepare('update instances set imports = ? where id = ?').run(JSON.stringify(links), id);
  db.close();
  const session = await openSession(trace);
  expect(await session.goto(16)).toEqual({ position: 16, replayed: true });
  expect((await session.goto(20)).replayed).toBe(false);
  expect(session.replayProblem).toMatchObject({ code: 'DIVERGENCE', event: 17 });
  const frames = session.replayProblem?.divergence?.frames.map(({ func, module }) => [
    module,
    func,
  ]);
  expect(frames?.[0]?.[0]).toBe(3);
  await expect(session.stack()).rejects.toThrow('does not replay');
  await session.close();
});

test('a seek that is called off leaves the session where it was', async () => {
  const session = await openSession(traceOf('heapsmash-O0g'), { readAhead: false });
  await session.goto(20);
  const abort = new AbortController();
  abort.abort(new Error('called off'));
  await expect(session.last({ signal: abort.signal })).rejects.toThrow('called off');
  expect(session.position).toBe(20);
  await session.last();
  expect(session.verified).toBe(true);
  await session.close();
});
