/** The index of a component's calls, most of which are passed over without being decoded, or have their answers in rows. */
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ComponentIndexing } from '../../recorder/component/component-indexing.ts';
import { CallIndex } from '../../traces/call-index.ts';
import { EventReader } from '../../traces/event-reader.ts';
import { TraceReader } from '../../traces/reader.ts';
import { SCHEMA } from '../../traces/schema.ts';
import { Timeline } from '../../traces/timeline.ts';
import { ComponentCalls } from '../../wasi/component/component-calls.ts';
import { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import { Scratch } from '../recorder/scratch.ts';
import { command, component } from './component-wat.ts';

const ROUNDS = 60;
const HOST = 'acme:host/varying@1.0.0';

/** Answers that differ from call to call, and some that come again. */
const VARYING = `
  let calls = 0;
  const oneOf = (values) => values[calls++ % values.length];
  export const signed = () => oneOf([0n, 5n, -7n, 2n ** 63n - 1n, -(2n ** 63n), 4096n, 2n ** 53n]);
  export const unsigned = () => oneOf([0n, 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]);
  export const real = () => oneOf([-0, 0, 5, 0.1, NaN, -Infinity, 1e300]);
  export const pair = (n) => [n, calls++];
  export const same = () => [7, 8];
  export const word = () => 'it said "@' + calls++ + '\\\\\\\\" \\n \\u00e9 \\u{1f600}';`;

const scratch = new Scratch('component-index');
const cacheHome = process.env.XDG_CACHE_HOME;
let trace: string;

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = scratch.fresh();
  const folder = scratch.folder({ 'varying.mjs': VARYING });
  const run = await scratch.record({
    module: await program(),
    paranoid: true,
    imports: { [HOST]: `${folder}/varying.mjs` },
  });
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  trace = run.trace;
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  scratch.remove();
});

function program(): Promise<Uint8Array> {
  const plain = ['signed', 'unsigned', 'real'];
  const inMemory = ['pair', 'same', 'word'];
  const results = { signed: 's64', unsigned: 'u64', real: 'f64', word: 'string' };
  const typeOf = (name: string) =>
    `(func ${name === 'pair' ? '(param "n" u32)' : ''} (result ${results[name as 'real'] ?? '(tuple u32 u32)'}))`;
  const options = '(memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))';
  return component(
    `(import "${HOST}" (instance $host`,
    ...[...plain, ...inMemory].map((name) => `(export "${name}" ${typeOf(name)})`),
    '))',
    `(core module $memory (memory (export "memory") 1)
       (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
     (core instance $memory (instantiate $memory))`,
    ...plain.map((name) => `(core func $${name} (canon lower (func $host "${name}")))`),
    ...inMemory.map(
      (name) => `(core func $${name} (canon lower (func $host "${name}") ${options}))`,
    ),
    command(
      `(import "host" "signed" (func $signed (result i64)))
       (import "host" "unsigned" (func $unsigned (result i64)))
       (import "host" "real" (func $real (result f64)))
       (import "host" "pair" (func $pair (param i32 i32)))
       (import "host" "same" (func $same (param i32)))
       (import "host" "word" (func $word (param i32)))
       (func (export "run") (result i32) (local $left i32)
         (local.set $left (i32.const ${ROUNDS}))
         (loop $round
           (drop (call $signed)) (drop (call $unsigned)) (drop (call $real))
           (call $pair (i32.and (local.get $left) (i32.const 3)) (i32.const 64))
           (call $same (i32.const 64))
           (call $word (i32.const 64))
           (br_if $round (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
         (i32.const 0))`,
      `(with "host" (instance ${[...plain, ...inMemory].map((name) => `(export "${name}" (func $${name}))`).join(' ')}))`,
    ),
  );
}

/** What each call is in words when all are followed, one by one. */
function expected(): unknown[] {
  const reader = new TraceReader(trace);
  const meanings = new CoreMeanings(reader.meta.component?.words, reader.instances());
  const words = new ComponentCalls(meanings, { maxText: 256, maxItems: 32 });
  const rows: unknown[] = [];
  for (const event of reader.events()) {
    const followed = words.follow(event);
    if (followed.kind !== 'call' && followed.kind !== 'ended') continue;
    const { number, name, args, result, errno } = followed.call;
    const named = Object.fromEntries(args.map((one) => [one.name, one.text]));
    rows.push([BigInt(number), name, JSON.stringify(named), JSON.stringify({ result }), errno]);
  }
  reader.close();
  return rows;
}

/** The log, record by record, in bytes that are overwritten by the next one. */
function* recordsOf(reader: TraceReader): Generator<Uint8Array> {
  const shared = new Uint8Array(1 << 16);
  for (const [position] of reader.segments.entries()) {
    const bytes = reader.segmentBytes(position);
    const records = new EventReader(reader.functions, 0, 0);
    records.feed(bytes, 0);
    records.resume(1_000_000, 0);
    for (let from = 0; from < bytes.length; ) {
      records.nextRecord();
      shared.fill(0xee);
      shared.set(bytes.subarray(from, records.consumed));
      yield shared.subarray(0, records.consumed - from);
      from = records.consumed;
    }
  }
}

const SELECT = 'select seq, name, args, result, errno from calls order by seq';

test('says of each call what it says of one that stands alone', () => {
  const rows = expected();
  expect(rows).toHaveLength(6 * ROUNDS);
  const reader = new TraceReader(trace);
  expect([...reader.query(SELECT).rows]).toEqual(rows);
  reader.close();
});

test('is the same of a log that comes record by record', () => {
  const reader = new TraceReader(trace);
  const db = new Database(':memory:');
  db.exec(SCHEMA);
  const put = db.prepare("insert into functions values (?,'import',?,?,'','',0)");
  for (const { id, module, name } of reader.functions.values()) put.run(id, module, name);
  const index = new CallIndex(db);
  const meanings = new CoreMeanings(reader.meta.component?.words, reader.instances());
  const indexing = new ComponentIndexing(reader.functions, meanings);
  let pieces = 0;
  for (const records of recordsOf(reader)) {
    indexing.scan(records, index);
    index.flush();
    pieces++;
  }
  indexing.finish(index);
  index.flush();
  expect(pieces).toBeGreaterThan(reader.eventCount);
  expect([indexing.eventCount, indexing.callCount]).toEqual([reader.eventCount, 6 * ROUNDS]);
  expect(indexing.nowNs).toBe(reader.meta.durationNs);
  reader.close();
  expect(db.prepare(SELECT).safeIntegers().raw().all()).toEqual(expected());
  // what varies is in rows: few shapes are left
  expect(db.prepare('select count(*) from call_shapes').pluck().get()).toBeLessThan(40);
  db.close();
});

test('finds a text in what varies, in any case', () => {
  const timeline = new Timeline(trace);
  const numbers = (text: string) =>
    [...timeline.matches({ text }, 0, 1e6)].flatMap((part) => part.numbers);
  expect(numbers('IT SAID')).toHaveLength(ROUNDS);
  expect(numbers('18446744073709551615').length).toBeGreaterThan(1);
  timeline.close();
});
