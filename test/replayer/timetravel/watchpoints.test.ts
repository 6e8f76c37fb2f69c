/**
 * Watchpoints on reads and writes of every kind, in both directions, against a list of what each instruction of a
 * guest accesses, written by hand, and memory as it was before each instruction, seen one by one.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FrameNames } from '../../../replayer/source/frame-names.ts';
import { Engine } from '../../../replayer/timetravel/engine.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import type { Motion, PointRule, Watch, WatchOn } from '../../../replayer/timetravel/motions.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { writesTo } from '../../../replayer/timetravel/writes.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { disassemble } from '../../../wasm/disassembly.ts';
import { functionStarts } from '../../../wasm/function-starts.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';
import { program } from '../../guests/assemble.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { everyInstruction } from './every-instruction.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('watchpoints');
afterAll(() => scratch.remove());
const quiet = () => {};

/** What was done, address, bytes; of an instruction, one after the other. */
type Access = readonly [did: 'read' | 'wrote', address: number, length: number];

const read = (address: number, length: number): Access => ['read', address, length];
const wrote = (address: number, length: number): Access => ['wrote', address, length];

/** Statements with one instruction each that accesses memory, and what it accesses. All around address 3000. */
const STATEMENTS: readonly (readonly [wat: string, ...accesses: Access[]])[] = [
  ['(i32.store (i32.const 3000) (i32.const 0x04030201))', wrote(3000, 4)],
  ['(drop (i32.load (i32.const 3000)))', read(3000, 4)],
  ['(drop (i32.load8_u offset=3 (i32.const 3000)))', read(3003, 1)],
  ['(drop (i64.load16_s (i32.const 2999)))', read(2999, 2)],
  ['(drop (i64.load32_u (i32.const 3001)))', read(3001, 4)],
  ['(drop (i64.load (i32.const 2993)))', read(2993, 8)],
  ['(drop (i64.load (i32.const 2992)))', read(2992, 8)],
  ['(drop (f32.load (i32.const 3004)))', read(3004, 4)],
  ['(drop (f64.load (i32.const 2998)))', read(2998, 8)],
  // the same bytes again
  ['(i32.store8 (i32.const 3002) (i32.const 3))', wrote(3002, 1)],
  ['(drop (v128.load (i32.const 2990)))', read(2990, 16)],
  ['(drop (v128.load8x8_s (i32.const 2996)))', read(2996, 8)],
  ['(drop (v128.load32_splat (i32.const 3003)))', read(3003, 4)],
  ['(drop (v128.load64_zero (i32.const 2993)))', read(2993, 8)],
  ['(drop (v128.load16_lane 5 (i32.const 3001) (v128.const i64x2 1 2)))', read(3001, 2)],
  ['(v128.store8_lane 2 (i32.const 3001) (v128.const i64x2 0x990000 2))', wrote(3001, 1)],
  ['(drop (i32.atomic.load16_u (i32.const 3002)))', read(3002, 2)],
  ['(drop (i32.atomic.rmw.add (i32.const 3000) (i32.const 7)))', wrote(3000, 4), read(3000, 4)],
  // one that does not find what it expects: it reads
  [
    '(drop (i32.atomic.rmw8.cmpxchg_u (i32.const 3000) (i32.const 1) (i32.const 9)))',
    read(3000, 1),
  ],
  [
    '(drop (i32.atomic.rmw8.cmpxchg_u (i32.const 3000) (i32.const 8) (i32.const 10)))',
    wrote(3000, 1),
    read(3000, 1),
  ],
  // over itself, and to and from elsewhere
  ['(memory.copy (i32.const 3001) (i32.const 2999) (i32.const 4))', wrote(3001, 4), read(2999, 4)],
  [
    '(memory.copy (i32.const 4000) (i32.const 2990) (i32.const 11))',
    wrote(4000, 11),
    read(2990, 11),
  ],
  ['(memory.copy (i32.const 3003) (i32.const 4000) (i32.const 1))', wrote(3003, 1), read(4000, 1)],
  ['(memory.copy (i32.const 3000) (i32.const 3002) (i32.const 0))'],
  ['(memory.fill (i32.const 2990) (i32.const 5) (i32.const 20))', wrote(2990, 20)],
  ['(memory.init $d (i32.const 3002) (i32.const 1) (i32.const 2))', wrote(3002, 2)],
  // buffers of the host: the list at 2048 names 3001, 2 and 4000, 3
  [
    '(drop (call $fd_write (i32.const 1) (i32.const 2048) (i32.const 2) (i32.const 2064)))',
    read(2048, 16),
    read(3001, 2),
    read(4000, 3),
    wrote(2064, 4),
  ],
  // the list at 2080 names 3002, 4: what it holds stays unread, and is written
  [
    '(drop (call $fd_read (i32.const 0) (i32.const 2080) (i32.const 1) (i32.const 2064)))',
    read(2080, 8),
    wrote(3002, 4),
    wrote(2064, 4),
  ],
  // its own list lies in the range
  ['(i64.store (i32.const 3000) (i64.const 0x0000000100000fa0))', wrote(3000, 8)],
  [
    '(drop (call $fd_write (i32.const 1) (i32.const 3000) (i32.const 1) (i32.const 2064)))',
    read(3000, 8),
    read(4000, 1),
    wrote(2064, 4),
  ],
  ['(call $random_get (i32.const 3000) (i32.const 6)) drop', wrote(3000, 6)],
];

const wat = program(`
  (data $d "init")
  ;; what the first statement stores there: no change
  (data (i32.const 3000) "\\01\\02\\03\\04")
  (data (i32.const 2048) "\\b9\\0b\\00\\00\\02\\00\\00\\00\\a0\\0f\\00\\00\\03\\00\\00\\00")
  (data (i32.const 2080) "\\ba\\0b\\00\\00\\04\\00\\00\\00")
  (func (export "_start") ${STATEMENTS.map(([text]) => text).join('\n')})`);

const ACCESSES = /load|store|rmw|memory\.(copy|fill|init)|^call/;

interface Done {
  readonly mark: Mark;
  readonly accesses: readonly Access[];
  readonly before: Buffer;
  readonly after: Buffer;
}

describe('every access', () => {
  let trace: TraceReader;
  let engine: Engine;
  let marks: readonly Mark[];
  const done: Done[] = [];
  beforeAll(async () => {
    const guest = {
      name: 'accesses',
      wat,
      input: { stdin: Buffer.from('wxyz!') },
      expect: { ending: { kind: 'any' } },
    } as const;
    trace = new TraceReader((await scratch.recordGuest(guest)).trace);
    engine = new Engine(new TravelTarget(trace), FrameNames.of(trace));
    const module = trace.module();
    const { offsets, ends } = functionStarts(module);
    const { lines } = disassemble(module, { from: offsets[0] ?? 0, to: ends[0] ?? 0 });
    const pcs = lines.filter(({ text }) => ACCESSES.test(text)).map(({ offset }) => offset);
    expect(pcs).toHaveLength(STATEMENTS.length);
    marks = await everyInstruction(trace);
    const memory = async (at: Mark) =>
      Buffer.from((await engine.at(at, quiet)).memory.slice(0, 8192));
    for (const [i, [, ...accesses]] of STATEMENTS.entries()) {
      const at = marks.findIndex(({ pc }) => pc === pcs[i]);
      const [mark, next] = [marks[at], marks[at + 1]];
      if (mark === undefined || next === undefined) throw new Error(`no instruction ${i}`);
      done.push({ mark, accesses, before: await memory(mark), after: await memory(next) });
    }
  });
  afterAll(() => trace.close());

  /** Each stop: what it says, in order of the run. */
  function expected({ address, length, on }: Watch): string[] {
    const of = (bytes: Buffer) => bytes.toString('hex', address, address + length);
    return done.flatMap(({ mark, accesses, before, after }) => {
      const touching = accesses.filter(
        ([, at, size]) => at < address + length && at + size > address,
      );
      const dids = new Set(touching.map(([did]) => did));
      if (on === 'change' && of(before) === of(after)) return [];
      const did = on !== 'read' && dids.has('wrote') ? 'wrote' : 'read';
      if (!dids.has(did) || (did === 'read' && on !== 'read' && on !== 'access')) return [];
      const [was, is] = did === 'read' ? [before, before] : [before, after];
      return [`${mark.pc} ${did} ${of(was)} ${of(is)}`];
    });
  }

  async function found(watch: Watch, reverse: boolean, condition?: string): Promise<string[]> {
    const rule: PointRule = {
      number: 1,
      on: { kind: 'watch', watch: 0 },
      ...(condition && { condition }),
    };
    const points = { breaks: [], calls: [], watches: [watch], ...(condition && { rules: [rule] }) };
    const motion: Motion = { kind: 'continue', reverse, points };
    let mark = reverse ? (marks.at(-1) as Mark) : (marks[0] as Mark);
    const stops: string[] = [];
    for (;;) {
      const arrival = await engine.move(mark, motion, quiet);
      const { reason } = arrival;
      if (reason.kind !== 'watch') break;
      mark = arrival.mark;
      const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
      stops.push(`${reason.mark.pc} ${reason.did} ${hex(reason.before)} ${hex(reason.after)}`);
      // backwards one stands before it, forwards behind it
      const at = marks.findIndex(({ pc }) => pc === reason.mark.pc);
      expect(mark).toEqual(marks[reverse ? at : at + 1]);
    }
    return reverse ? stops.reverse() : stops;
  }

  const RANGES = [
    [3000, 1],
    [3001, 2],
    [3002, 4],
    [2992, 1],
  ] as const;

  describe.each(RANGES)('%i, %i bytes', (address, length) => {
    test.each<WatchOn>(['change', 'write', 'read', 'access'])('%s', async (on) => {
      const watch = { address, length, on };
      const wanted = expected(watch);
      expect(wanted.length).toBeGreaterThan(0);
      expect(await found(watch, false)).toEqual(wanted);
      expect(await found(watch, true)).toEqual(wanted);
    });
  });

  test('a call that is waited for comes before what it reads, and does not count that', async () => {
    const at = STATEMENTS.findIndex(([text]) => text.startsWith('(drop (call $fd_write'));
    const call = done[at]?.mark as Mark;
    const watch: Watch = { address: 3001, length: 2, on: 'read' };
    const points = {
      ...{ breaks: [], calls: ['fd_write'], watches: [watch] },
      rules: [
        { number: 1, on: { kind: 'call', name: 'fd_write' } },
        { number: 2, on: { kind: 'watch', watch: 0 } },
      ],
    } as const;
    const hits = (ofCall: number, ofWatch: number) => [
      { number: 1, hits: ofCall },
      { number: 2, hits: ofWatch },
    ];
    const go = (from: Mark, reverse: boolean) =>
      engine.move(from, { kind: 'continue', reverse, points }, quiet);
    const index = marks.indexOf(marks.find(({ pc }) => pc === call.pc) as Mark);
    const first = await go(marks[index - 1] as Mark, false);
    expect(first).toMatchObject({ mark: call, reason: { kind: 'call' }, hits: hits(1, 0) });
    const second = await go(call, false);
    const behind = { mark: marks[index + 1], reason: { kind: 'watch', by: 'host' } };
    expect(second).toMatchObject({ ...behind, hits: hits(0, 1) });
    // one comes back to where the call is next, and what it read is what one came over
    const back = await go(second.mark, true);
    expect(back).toMatchObject({ mark: call, reason: { kind: 'call' }, hits: hits(1, 1) });
    expect(back.others).toMatchObject([{ reason: { kind: 'watch' }, rule: 2 }]);
  });

  test.each<WatchOn>(['read', 'access'])('%s, under a condition', async (on) => {
    const watch = { address: 3001, length: 2, on };
    const wanted = expected(watch).filter((stop) => stop.endsWith('0203'));
    expect(wanted.length).toBeGreaterThan(0);
    for (const reverse of [false, true]) {
      expect(await found(watch, reverse, '$value == 0x0302')).toEqual(wanted);
    }
  });
});

describe('a call that writes several results, over each other', () => {
  // the list names 3000, 8 bytes; how many were read is written into them
  const overlapping = program(`
    (data (i32.const 2048) "\\b8\\0b\\00\\00\\08\\00\\00\\00")
    (func (export "_start")
      (drop (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 3002)))
      (i32.store (i32.const 3000) (i32.const 0)))`);
  let trace: TraceReader;
  let engine: Engine;
  let marks: readonly Mark[];
  beforeAll(async () => {
    const guest = {
      name: 'overlapping',
      wat: overlapping,
      input: { stdin: Buffer.from('abcdefgh') },
      expect: { ending: { kind: 'any' } },
    } as const;
    trace = new TraceReader((await scratch.recordGuest(guest)).trace);
    engine = new Engine(new TravelTarget(trace), FrameNames.of(trace));
    marks = await everyInstruction(trace);
  });
  afterAll(() => trace.close());
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

  test('stops once, tells each watchpoint in the order of their numbers, and counts each once', async () => {
    const count: Watch = { address: 3002, length: 4, on: 'change' };
    const buffer: Watch = { address: 3000, length: 8, on: 'access' };
    const points = {
      ...{ breaks: [], calls: [], watches: [buffer, count] },
      rules: [
        { number: 3, on: { kind: 'watch', watch: 0 } },
        { number: 7, on: { kind: 'watch', watch: 1 } },
      ],
    } as const;
    const go = (from: Mark, reverse: boolean) =>
      engine.move(from, { kind: 'continue', reverse, points }, quiet);
    const hits = [
      { number: 3, hits: 1 },
      { number: 7, hits: 1 },
    ];
    const call = { did: 'wrote', by: 'host', event: 1 };
    const told = {
      reason: { ...call, before: new Uint8Array(8), after: bytes('ab\x08\0\0\0gh') },
      rule: 3,
      others: [
        { reason: { ...call, before: new Uint8Array(4), after: bytes('\x08\0\0\0') }, rule: 7 },
      ],
      hits,
    };
    const behind = await go(marks[0] as Mark, false);
    expect(behind).toMatchObject(told);
    const store = await go(behind.mark, false);
    expect(store).toMatchObject({ rule: 3, reason: { by: 'guest' }, others: [{ rule: 7 }], hits });
    await go(store.mark, true);
    expect(await go(behind.mark, true)).toMatchObject(told);
  });

  test('each result is listed, with what stands there after the call', async () => {
    const { writes } = await writesTo(new TravelTarget(trace), {
      address: 3000,
      length: 8,
      keep: 10,
      upTo: 1,
    });
    expect(writes).toMatchObject([
      { by: 'host', from: 3000, before: new Uint8Array(8), after: bytes('ab\x08\0\0\0gh') },
      { by: 'host', from: 3002, before: bytes('\x08\0\0\0'), after: bytes('\x08\0\0\0') },
    ]);
  });

  test('a variable has had no value that nobody saw', async () => {
    const of = { kind: 'expression', expression: '*(unsigned *)3002' } as const;
    const asked = { radix: undefined, scope: 'call', keep: 10 } as const;
    const { changes } = await engine.history(
      marks.at(-1) as Mark,
      { level: 0, call: 0 },
      of,
      asked,
      quiet,
    );
    expect(changes.map(({ by, before, after }) => [by, before, after])).toEqual([
      ['host', '0', '8'],
      ['guest', '8', '0'],
    ]);
  });
});
