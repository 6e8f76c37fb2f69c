/**
 * One small module for each family of instructions: rewritten in every way it is valid, gives the same
 * results and memory; the counters of frames are back where they were; and no byte is written without
 * being told, or told without being written, which a copy of the whole memory proves at every store.
 */
import { describe, expect, test } from 'vitest';
import { type Probes, probesOf } from '../../../replayer/instrument/hooks.ts';
import { type InstrumentPlan, STORE_REACH } from '../../../replayer/instrument/plan.ts';
import { instrument } from '../../../replayer/instrument/rewrite.ts';
import { compileWat } from '../../guests/wat.ts';
import { growFrames, VARIANTS } from './variants.ts';

/** Each exports `run`, and memory 0 as `memory`. */
const FAMILIES: Readonly<Record<string, string>> = {
  stores: `(memory (export "memory") 1)
    (func (export "run") (result i32)
      (i32.store offset=3 (i32.const 4094) (i32.const -2))
      (i64.store (i32.const 65528) (i64.const -3))
      (f32.store offset=65532 (i32.const 0) (f32.const nan:0x200001))
      (f64.store (i32.const 4090) (f64.const -0.1))
      (i32.store8 (i32.const 0) (i32.const 77)) (i32.store16 (i32.const 8191) (i32.const 0x1234))
      (i64.store8 (i32.const 1) (i64.const 78)) (i64.store16 (i32.const 3) (i64.const 79))
      (i64.store32 (i32.const 12287) (i64.const 80))
      (i32.load (i32.const 4097)))`,
  simd: `(memory (export "memory") 1)
    (func (export "run") (result i32) (local v128)
      (local.set 0 (i32x4.splat (i32.const 0x01020304)))
      (v128.store offset=9 (i32.const 4080) (local.get 0))
      (v128.store8_lane 3 (i32.const 5) (local.get 0)) (v128.store16_lane 2 (i32.const 4095) (local.get 0))
      (v128.store32_lane 1 (i32.const 100) (local.get 0)) (v128.store64_lane 1 (i32.const 8190) (local.get 0))
      (v128.store (i32.const 200) (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0)))
      (i32x4.extract_lane 2 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 0) (local.get 0))))`,
  bulk: `(memory (export "memory") 1) (data $d "hello, world")
    (func (export "run") (result i32)
      (memory.init $d (i32.const 4090) (i32.const 2) (i32.const 10)) (data.drop $d)
      (memory.copy (i32.const 4093) (i32.const 4090) (i32.const 9))
      (memory.copy (i32.const 3) (i32.const 4093) (i32.const 4))
      (memory.fill (i32.const 8000) (i32.const 7) (i32.const 9000))
      (memory.fill (i32.const 65536) (i32.const 7) (i32.const 0))
      (drop (memory.grow (i32.const 1))) (memory.fill (i32.const 131000) (i32.const 1) (i32.const 72))
      (memory.size))`,
  atomics: `(memory (export "memory") 1)
    (func (export "run") (result i32)
      (i32.atomic.store (i32.const 0) (i32.const 5)) (i64.atomic.store16 (i32.const 10) (i64.const 500))
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 3)))
      (drop (i64.atomic.rmw8.xchg_u (i32.const 17) (i64.const 257)))
      (drop (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 8) (i32.const 9)))
      (drop (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 8) (i32.const 10)))
      (drop (i32.atomic.rmw8.cmpxchg_u (i32.const 0) (i32.const 9) (i32.const 11)))
      (drop (i64.atomic.rmw.cmpxchg (i32.const 8) (i64.const 0) (i64.const 11)))
      (i64.store (i32.const 64) (i64.atomic.rmw16.cmpxchg_u (i32.const 10) (i64.const 500) (i64.const 12)))
      (atomic.fence) (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
      (i32.atomic.load (i32.const 0)))`,
  'control and values': `(memory (export "memory") 1)
    (func $many (param i32) (result i32 i64 f32)
      (br_if 0 (i32.const 1) (i64.const 2) (f32.const 3) (local.get 0)) (drop) (drop) (drop)
      (return (i32.const 4) (i64.const 5) (f32.const 6)))
    (func $out (param i32) (i32.store (i32.const 48) (local.get 0))
      (block (br_table 0 1 1 (local.get 0))) (i32.store (i32.const 52) (i32.const 1)))
    (func $switch (param i32) (result i32) (call $out (local.get 0))
      (block (block (block (br_table 0 1 2 0 (local.get 0))) (return (i32.const 10))) (return (i32.const 11)))
      (i32.const 12))
    (func $sum (param i32) (result i32) (local i32)
      (loop $l (local.set 1 (i32.add (local.get 1) (local.get 0)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0)))
      (i32.store (i32.const 16) (local.get 1)) (local.get 1))
    (func $fib (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
          (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "run") (result i32) (local f32 i64 i32)
      (call $many (i32.const 0)) (local.set 0) (local.set 1) (local.set 2)
      (call $many (i32.const 1)) (drop) (drop) (drop)
      (i64.store (i32.const 0) (local.get 1)) (f32.store (i32.const 8) (local.get 0))
      (i32.store (i32.const 32) (call $switch (i32.const 1)))
      (i32.add (i32.add (call $sum (i32.const 9)) (call $switch (i32.const 2)))
        (select (result i32) (call $fib (i32.const 9)) (local.get 2) (i32.const 1))))`,
  'tail calls': `(memory (export "memory") 1) (type $t (func (param i32 i32) (result i32)))
    (table funcref (elem $down $end))
    (func $end (type $t) (i32.store (i32.const 4) (local.get 1)) (local.get 1))
    (func $down (type $t)
      (if (i32.eqz (local.get 0)) (then (return_call_indirect (type $t) (i32.const 1) (local.get 1) (i32.const 1))))
      (return_call $down (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 2))))
    (func (export "run") (result i32)
      (i32.add (call $down (i32.const 20000) (i32.const 1)) (call_indirect (type $t) (i32.const 3) (i32.const 4) (i32.const 0))))`,
  'older exceptions': `(memory (export "memory") 1) (tag $e (param i32))
    (func $thrower (param i32) (i32.store (i32.const 0) (local.get 0))
      (if (local.get 0) (then (call $thrower (i32.sub (local.get 0) (i32.const 1)))) (else (throw $e (i32.const 40)))))
    (func $catcher (result i32) (local i32)
      (local.set 0 (try (result i32) (do (call $thrower (i32.const 3)) (i32.const 1))
        (catch $e (i32.store (i32.const 8) (i32.const 9)) (i32.add (i32.const 2)))))
      (try (do (try (do (call $thrower (i32.const 1))) (delegate 0))) (catch_all (call $leaf)))
      (try (do (try (do (throw $e (i32.const 1))) (catch_all (rethrow 0)))) (catch $e (drop)))
      (local.get 0))
    (func $leaf (i32.store8 (i32.const 99) (i32.const 1)))
    (func (export "run") (result i32) (i32.add (call $catcher) (call $catcher)))`,
  'two memories': `(memory (export "memory") 1) (memory $b 1)
    (func (export "run") (result i32)
      (i32.store $b (i32.const 50) (i32.const 99)) (i32.store (i32.const 60) (i32.const 98))
      (memory.copy 0 $b (i32.const 4094) (i32.const 50) (i32.const 4))
      (memory.copy $b 0 (i32.const 0) (i32.const 60) (i32.const 4)) (memory.fill $b (i32.const 9) (i32.const 9) (i32.const 9))
      (i32.load (i32.const 4094)))`,
  'a 64-bit memory': `(memory (export "memory") i64 1) (data $d "abcdef")
    (func (export "run") (result i32)
      (i32.store offset=2 (i64.const 4093) (i32.const 99)) (i64.store8 (i64.const 70) (i64.const 5))
      (memory.fill (i64.const 4000) (i32.const 3) (i64.const 200))
      (memory.copy (i64.const 9000) (i64.const 4000) (i64.const 17)) (memory.init $d (i64.const 5) (i32.const 1) (i32.const 3))
      (i32.load (i64.const 4095)))`,
};

/** Each exports memories `a` and `b`, of both kinds of addresses, and `run`, which writes to both. */
const TWO_MEMORIES: Readonly<Record<string, string>> = {
  'of 32 bits': `(memory (export "a") 1) (memory (export "b") 1) (data $d "hello, world")
    (func (export "run")
      (i64.store 1 offset=7 (i32.const 8180) (i64.const -1)) (i32.store16 0 (i32.const 40000) (i32.const -1))
      (v128.store8_lane 1 3 (i32.const 20480) (i32x4.splat (i32.const -1)))
      (memory.init 1 $d (i32.const 30000) (i32.const 0) (i32.const 5))
      (memory.copy 1 0 (i32.const 45050) (i32.const 39996) (i32.const 6))
      (memory.copy 0 1 (i32.const 12280) (i32.const 8184) (i32.const 12))
      (drop (memory.grow 1 (i32.const 1))) (memory.fill 1 (i32.const 70000) (i32.const 1) (i32.const 4097)))`,
  'of both kinds': `(memory (export "a") 1) (memory (export "b") i64 1)
    (func (export "run")
      (i32.store 1 (i64.const 4094) (i32.const -1)) (i32.store 0 (i32.const 12288) (i32.const -1))
      (memory.fill 1 (i64.const 20000) (i32.const 7) (i64.const 600))
      (memory.copy 1 0 (i64.const 40958) (i32.const 12288) (i32.const 4))
      (memory.copy 0 1 (i32.const 28671) (i64.const 4094) (i32.const 4)))`,
};

const section = (id: number, body: readonly number[]) => [id, body.length, ...body];
const sized = (body: readonly number[]) => [body.length, ...body];

/** Typed references, a struct, calls and tail calls by reference; wabt has another encoding for them. */
function references(): Uint8Array {
  // stores its parameter, returns one more
  const callee = [0, 0x41, 0, 0x20, 0, 0x36, 2, 0, 0x20, 0, 0x41, 1, 0x6a, 0x0b];
  const tail = [0, 0x20, 1, 0x20, 0, 0x15, 0, 0x0b];
  const run = [
    ...[2, 1, 0x63, 0, 1, 0x63, 3],
    ...[0xd2, 0, 0x21, 0],
    // struct.new, struct.set
    ...[0x41, 41, 0xfb, 0, 3, 0x21, 1, 0x20, 1, 0x41, 42, 0xfb, 5, 3, 0],
    ...[0x20, 0, 0xd4, 0x41, 7, 0x10, 1, 0x20, 1, 0xfb, 2, 3, 0, 0x6a],
    ...[0x41, 9, 0x20, 0, 0x14, 0, 0x6a, 0x0b],
  ];
  const exports = [
    2,
    ...sized([...Buffer.from('memory')]),
    2,
    0,
    ...sized([...Buffer.from('run')]),
    0,
    2,
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [
      ...[4, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f],
      ...[0x60, 2, 0x64, 0, 0x7f, 1, 0x7f, 0x5f, 1, 0x7f, 1],
    ]),
    ...section(3, [3, 0, 2, 1]),
    ...section(5, [1, 0, 1]),
    ...section(7, exports),
    ...section(9, [1, 3, 0, 1, 0]),
    ...section(10, [3, ...sized(callee), ...sized(tail), ...sized(run)]),
  ]);
}

/** The new exceptions, which wabt does not know: a clause that leads to a loop, and one to a block. */
function tryTable(): Uint8Array {
  // i32.store 8 1; throw 0
  const thrower = [0, 0x41, 8, 0x41, 1, 0x36, 2, 0, 0x08, 0, 0x0b];
  const run = [
    ...[1, 1, 0x7f],
    // loop: n++; if n < 3: try_table (catch_all: the loop) call 0
    ...[0x03, 0x40, 0x20, 0, 0x41, 1, 0x6a, 0x21, 0],
    ...[0x20, 0, 0x41, 3, 0x48, 0x04, 0x40, 0x1f, 0x40, 1, 2, 1, 0x10, 0, 0x0b, 0x0b, 0x0b],
    // block: try_table (catch_all: behind it) call 0
    ...[0x02, 0x40, 0x1f, 0x40, 1, 2, 0, 0x10, 0, 0x0b, 0x0b],
    ...[0x20, 0, 0x0b],
  ];
  const exports = [
    2,
    ...sized([...Buffer.from('memory')]),
    2,
    0,
    ...sized([...Buffer.from('run')]),
    0,
    1,
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, 0, 0, 0x60, 0, 1, 0x7f]),
    ...section(3, [2, 0, 1]),
    ...section(5, [1, 0, 1]),
    ...section(13, [1, 0, 0]),
    ...section(7, exports),
    ...section(10, [2, ...sized(thrower), ...sized(run)]),
  ]);
}

const families: [string, string | (() => Uint8Array)][] = [
  ...Object.entries(FAMILIES),
  ['new exceptions', tryTable],
  ['references', references],
];

async function moduleOf(family: string | (() => Uint8Array)): Promise<Uint8Array> {
  return typeof family === 'string' ? compileWat(`(module ${family})`) : family();
}

function start(module: Uint8Array, plan: InstrumentPlan) {
  const made = instrument(module, plan);
  expect(WebAssembly.validate(made.bytes)).toBe(true);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.bytes));
  const probes = probesOf(exports, made.prefix);
  if (plan.frames === 'spill') growFrames(probes);
  const memory = exports.memory as WebAssembly.Memory;
  return { run: exports.run as () => number, memory, probes };
}

function marksOf(probes: Probes, memory: number): Set<number> {
  const map = new Uint8Array(probes.memory(`dirty:${memory}`).buffer);
  return new Set([...map.entries()].flatMap(([page, mark]) => (mark === 1 ? [page] : [])));
}

/** Whether who looks at marked pages, and a little beyond, sees a byte. */
function isMarked(marks: ReadonlySet<number>, at: number): boolean {
  return marks.has(at >> 12) || ((at & 4095) < STORE_REACH && marks.has((at >> 12) - 1));
}

const contents = (memory: WebAssembly.Memory) => Buffer.from(memory.buffer.slice(0));

/** With a function so large that it calls the checks of its accesses (watch-snippets.ts). */
const enlarged = Object.entries(FAMILIES).map(([name, text]): [string, string] => [
  `${name}, in a large function`,
  text.replace(/\(export "run"\) \(result i32\)(?: \(local [^)]*\))?/, `$&${'(nop)'.repeat(4096)}`),
]);

describe.each(families)('%s', (_name, text) => {
  test.each(Object.entries(VARIANTS))('%s: same result, same memory', async (_variant, plan) => {
    const module = await moduleOf(text);
    const plain = new WebAssembly.Instance(new WebAssembly.Module(module)).exports;
    const expected = (plain.run as () => number)();
    const given = plan(module);
    const { run, memory, probes } = start(module, given);
    let deepest = 0;
    if (given.steps) {
      probes.global('armed').value = 0x7fffffff;
      probes.set('stop', (_pc, depth) => {
        deepest = Math.max(deepest, depth);
      });
    }
    expect(run()).toBe(expected);
    expect(contents(memory).equals(contents(plain.memory as WebAssembly.Memory))).toBe(true);
    if (given.frames) expect(probes.global('depth').value).toBe(0);
    if (given.frames === 'spill') expect(probes.global('top').value).toBe(0);
    if (given.steps) expect(deepest).toBeGreaterThan(0);
    if (given.tick) expect(Number(probes.global('ticksLeft').value)).toBeLessThan(0);
  });
});

describe.each([...families, ...enlarged])('%s', (_name, text) => {
  test('every write is told, and nothing else', async () => {
    const module = await moduleOf(text);
    const { run, memory, probes } = start(module, { watch: true });
    probes.watch(0, 1 << 20);
    let known = contents(memory);
    let told = 0;
    const bytes = new Set<number>();
    probes.set('wrote', (_pc, address, length) => {
      told++;
      const now = contents(memory);
      // a larger memory has zeros behind what there was
      if (now.length > known.length) known = Buffer.concat([known], now.length);
      now.copy(known, address, address, address + length);
      expect(known.equals(now)).toBe(true);
      for (let at = address; at < address + length; at++) bytes.add(at);
    });
    run();
    expect(told).toBeGreaterThan(0);
    expect(known.equals(contents(memory))).toBe(true);

    const marked = start(module, { dirty: true });
    marked.run();
    const dirty = marksOf(marked.probes, 0);
    // a cmpxchg that does not write marks its page all the same
    const pages = new Set([...bytes].map((at) => at >> 12));
    for (const page of dirty) expect(pages).toContain(page);
    expect([...bytes].filter((at) => !isMarked(dirty, at))).toEqual([]);
  });

  test('a narrow watch sees what touches its bytes', async () => {
    const module = await moduleOf(text);
    const all: [number, number][] = [];
    const first = start(module, { watch: true });
    first.probes.watch(0, 1 << 20);
    first.probes.set('wrote', (_pc, address, length) => all.push([address, length]));
    first.run();
    for (const from of new Set(all.flatMap(([a, n]) => [a - 1, a, a + n - 1, a + n]))) {
      if (from < 0) continue;
      const hits: [number, number][] = [];
      const { run, probes } = start(module, { watch: true });
      probes.watch(from, 1);
      probes.set('wrote', (_pc, address, length) => {
        if (length > 0) hits.push([address, length]);
      });
      run();
      const touching = all.filter(([a, n]) => n > 0 && a <= from && from < a + n);
      expect(hits, `byte ${from}`).toEqual(touching);
    }
  });
});

test.each(Object.entries(TWO_MEMORIES))(
  'two memories %s: each has its map',
  async (_name, text) => {
    const module = await compileWat(`(module ${text})`);
    const made = instrument(module, { dirty: true });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.bytes));
    const plain = new WebAssembly.Instance(new WebAssembly.Module(module)).exports;
    const probes = probesOf(exports, made.prefix);
    for (const each of [exports, plain]) (each.run as () => void)();
    for (const [index, name] of ['a', 'b'].entries()) {
      const memory = contents(exports[name] as WebAssembly.Memory);
      expect(memory.equals(contents(plain[name] as WebAssembly.Memory))).toBe(true);
      // every store here leaves something behind
      const written = [...memory.entries()].flatMap(([at, byte]) => (byte === 0 ? [] : [at]));
      const marks = marksOf(probes, index);
      expect(marks.size).toBeGreaterThan(1);
      expect(written.filter((at) => !isMarked(marks, at))).toEqual([]);
      const pages = new Set(written.map((at) => at >> 12));
      for (const page of marks) expect(pages).toContain(page);
    }
  },
);

test('a module with more memories than can be followed is refused', async () => {
  const module = await compileWat(`(module ${'(memory 0)'.repeat(65)})`);
  expect(() => instrument(module, { dirty: true })).toThrow('more than 64 memories');
  expect(WebAssembly.validate(instrument(module, { watch: true }).bytes)).toBe(true);
});
