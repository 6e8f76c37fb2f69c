/** The inside of a component's run, between its calls: from the trap to the line that wrote, across instances. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseLine } from '../../cli/debug/commands.ts';
import { Debugger } from '../../cli/debug/debugger.ts';
import { trappedElsewhere } from '../../cli/debug/ending.ts';
import { exampleCases } from '../../examples/cases.ts';
import type { Points } from '../../replayer/timetravel/motions.ts';
import { openTimeTravel, type TimeTravel } from '../../replayer/timetravel/time-travel.ts';
import { TraceReader } from '../../traces/reader.ts';
import { SourceFiles } from '../../tui/source/source-files.ts';
import { Scratch } from '../recorder/scratch.ts';

const scratch = new Scratch('components-travel');
const cacheHome = process.env.XDG_CACHE_HOME;
let heapsmash: string;
let twoMemories: string;

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = scratch.fresh();
  const fixture = (file: string) => join(import.meta.dirname, 'fixtures', file);
  const example = exampleCases().find(({ name }) => name === 'heapsmash-O0g');
  if (example === undefined) throw new Error('no example heapsmash-O0g');
  const wasm = fixture('heapsmash-O0g.component.wasm');
  heapsmash = (await scratch.recordExample({ ...example, wasm })).trace;
  const module = await parse(readFileSync(fixture('two-memories.wat'), 'utf8'));
  twoMemories = (await scratch.record({ module })).trace;
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  scratch.remove();
});

async function inside<T>(
  trace: string,
  work: (travel: TimeTravel) => Promise<T>,
  instance?: number,
): Promise<T> {
  const travel = openTimeTravel(trace, { instance });
  try {
    return await work(travel);
  } finally {
    await travel.close();
  }
}

/** Where the user lies whose function pointer was written over. */
const USER = 0x12320;

function points(watches: Points['watches'] = [], breaks: Points['breaks'] = []): Points {
  return { watches, breaks, calls: [] };
}

test('the end of an instance that did not trap is told from the end of the run', async () => {
  const trace = new TraceReader(heapsmash);
  try {
    for (const instance of [1, 2]) {
      await inside(
        heapsmash,
        async (travel) => {
          const bugger = new Debugger(trace, travel, new SourceFiles([], () => undefined, []));
          await bugger.begin();
          expect(trappedElsewhere(bugger)).toBe(
            instance === 1
              ? undefined
              : 'the run trapped in main of instance 1 (heapsmash-O0g.wasm): this is the last instruction of instance 2',
          );
          const { text } = await parseLine('rs')
            .command.run(bugger, '')
            .then((answer) => answer ?? { text: [] });
          const left = 'no line is known here in fd_write: back to its call';
          expect(text[0] === left).toBe(instance === 2);
        },
        instance,
      );
    }
  } finally {
    trace.close();
  }
});

test('from the trap to the line that broke the pointer: its variables, its last writer', () =>
  inside(heapsmash, async (travel) => {
    const [main] = await travel.variables(61);
    expect(main).toMatchObject({ name: 'main', instance: { id: 1, name: 'heapsmash-O0g.wasm' } });
    const variables = main?.variables.flat().map(({ name, value }) => `${name} = ${value}`);
    expect(variables).toContain(`u = 0x${USER.toString(16)}`);

    const { writes, total } = await travel.writes({ address: USER, length: 4, keep: 2 });
    expect(total).toBeGreaterThan(2);
    const [broke, ended] = writes;
    expect(broke).toMatchObject({ by: 'guest', instance: 1, from: USER + 2 });
    expect(Buffer.from(broke?.after ?? []).toString()).toBe('r');
    for (const one of [broke, ended]) expect(one?.frame?.name).toBe('set_name');
    expect(ended?.frame?.source[0]?.place).toMatchObject({ file: 'src/heapsmash.c', line: 13 });

    const stack = await travel.stackOf(broke as NonNullable<typeof broke>);
    expect(stack[0]?.source[0]?.place).toMatchObject({ file: 'src/heapsmash.c', line: 12 });
    const whose = stack.map(({ name, instance }) => `${instance?.id} ${name}`);
    expect(whose.slice(0, 3)).toEqual(['1 set_name', '1 rename_user', '1 main']);
    expect(whose.at(-1)).toBe('2 wasi:cli/run@0.2.12#run');
  }));

test('what the host wrote stands with its call, and the stack of that call through all instances', () =>
  inside(heapsmash, async (travel) => {
    const { writes } = await travel.writes({ address: 0x115f8, length: 4, keep: 9 });
    expect(writes.map(({ by, call }) => `${by} ${call}`)).toEqual(
      Array(4).fill('host input-stream.blocking-read'),
    );
    const [first] = writes;
    expect(Buffer.from(first?.after ?? []).toString()).toBe('add,');
    const stack = await travel.stackOf(first as NonNullable<typeof first>);
    const names = stack.map(({ name, instance }) => `${instance?.id} ${name}`);
    expect(names).toEqual(expect.arrayContaining(['2 fd_read', '1 fgets', '1 main']));
    expect(names.indexOf('2 fd_read')).toBeLessThan(names.indexOf('1 fgets'));
  }));

test('motions in both directions, with watchpoints and breakpoints, in the program', () =>
  inside(heapsmash, async (travel) => {
    const end = await travel.move(undefined, { kind: 'end' });
    expect(end.stack[0]).toMatchObject({ name: 'main', instance: { id: 1 } });
    const watch = { address: USER, length: 4, on: 'change' } as const;
    const wrote = await travel.move(end.mark, {
      kind: 'continue',
      reverse: true,
      points: points([watch]),
    });
    expect(wrote.reason).toMatchObject({ kind: 'watch', by: 'guest' });
    expect(wrote.stack[0]).toMatchObject({ name: 'set_name' });
    expect(wrote.stack[0]?.source[0]?.place).toMatchObject({ line: 12 });
    // forwards again, to the same write
    const before = { ...wrote.mark };
    const again = await travel.move(before, {
      kind: 'continue',
      reverse: false,
      points: points([watch]),
    });
    expect(again.reason).toMatchObject({ kind: 'watch', mark: before });

    const [place] = await travel.places({ kind: 'function', name: 'rename_user' });
    const entered = await travel.move(wrote.mark, {
      kind: 'continue',
      reverse: true,
      points: points([], [place?.offset ?? 0]),
    });
    expect(entered.reason).toMatchObject({ kind: 'break' });
    const next = await travel.move(entered.mark, {
      kind: 'step',
      size: 'out',
      reverse: false,
      points: points(),
    });
    expect(next.stack[0]).toMatchObject({ name: 'main' });
    const after = await travel.move(undefined, { kind: 'event', event: 50 });
    // the event is one of the adapter, on whose stack the program waits
    expect(after.stack.map(({ name }) => name)).toContain('main');
  }));

test('a watchpoint meets what another instance wrote', () =>
  inside(
    twoMemories,
    async (travel) => {
      const start = await travel.move(undefined, { kind: 'event', event: -1 });
      // the host puts what the program passes into the memory of the component inside
      const met = await travel.move(start.mark, {
        kind: 'continue',
        reverse: false,
        points: points([{ address: 1024, length: 4, on: 'change' }]),
      });
      expect(met.reason).toMatchObject({ kind: 'watch', by: 'host' });
    },
    2,
  ));

test('each instance has its writes', async () => {
  const written = (instance: number, address: number, length: number) =>
    inside(
      twoMemories,
      async (travel) => (await travel.writes({ address, length, keep: 9 })).writes,
      instance,
    );
  const vault = await written(1, 64, 4);
  expect(vault.map(({ frame, after }) => `${frame?.instance?.name} ${after}`)).toEqual([
    `vault ${'o'.charCodeAt(0)}`,
    `vault ${'t'.charCodeAt(0)}`,
  ]);
  const main = await written(5, 8, 16);
  expect(main.map(({ frame }) => `${frame?.instance?.name} ${frame?.name}`)).toEqual([
    'main run',
    'main run',
  ]);
  const shared = await written(2, 1024, 3);
  expect(shared.map(({ by, call }) => `${by} ${call}`)).toEqual([
    'host utf8-to-utf8 (mem1 => mem0)',
  ]);
});

test('an answer of a run that is not the recorded one is refused', async () => {
  const copy = scratch.fresh('.wrr');
  const db = new Database(twoMemories);
  await db.backup(copy);
  db.close();
  const changed = new Database(copy);
  const other = JSON.stringify({ pages: 3, xxh64: '0123456789abcdef' });
  changed.prepare("update meta set value = ? where key = 'finalMemory'").run(other);
  changed.close();
  await expect(
    inside(copy, (travel) => travel.writes({ address: 1024, length: 3, keep: 9 })),
  ).rejects.toMatchObject({ code: 'DIVERGENCE' });
});

test('an instance without a memory has none, whatever it is rewritten with', () =>
  inside(
    heapsmash,
    async (travel) => {
      const { mark } = await travel.move(undefined, { kind: 'end' });
      expect(await travel.read(mark, 0, 16)).toMatchObject({ size: 0, bytes: new Uint8Array(0) });
    },
    0,
  ));

test('an instance that is not there is refused', async () => {
  await expect(
    inside(twoMemories, (travel) => travel.writes({ address: 0, length: 1, keep: 1 }), 9),
  ).rejects.toThrow('no core instance 9');
});
