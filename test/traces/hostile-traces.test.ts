/**
 * Traces that someone made to do harm: with sums that fit, sizes that lie, bombs to unpack, and a schema
 * that would run queries of its own. Reading one ends soon, with an error of ours or with the truth.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../examples/cases.ts';
import { Scratch } from '../recorder/scratch.ts';
import { copyTrace, eventsOf, putBytes, putMeta, putSegments } from './edit-trace.ts';
import { encodeEvents } from './encode-events.ts';

const scratch = new Scratch('hostile');
afterAll(() => scratch.remove());

/** A run that trapped, so that its trace has a snapshot. 17 events in one segment. */
let trace: string;
beforeAll(async () => {
  const heapsmash = exampleCases().find((one) => one.name === 'heapsmash-O2');
  if (heapsmash === undefined) throw new Error('no heapsmash');
  trace = (await scratch.recordExample(heapsmash)).trace;
});

/** Recurses until someone stops it. */
const ENDLESS = 'with recursive n(i) as (select 1 union all select i + 1 from n)';

const bomb = () => zstdCompressSync(new Uint8Array(256 << 20));

const WHOLE = {
  open: 'whole',
  events: 17,
  module: expect.any(Number),
  snapshots: [131072],
  calls: 15,
  replay: 'identical',
  rebuild: 15,
};

type Case = readonly [what: string, edit: (db: Database.Database) => void, said: object];

const cases: readonly Case[] = [
  ['nothing was changed', () => {}, WHOLE],
  // the schema
  [
    'the view calls never ends: nothing asks it, and an index made anew has another',
    (db) => db.exec(`drop view calls; create view calls as ${ENDLESS} select i as seq from n`),
    WHOLE,
  ],
  [
    'meta is a view that never ends',
    (db) =>
      db.exec(
        `drop table meta; create view meta as ${ENDLESS} select i as key, 'x' as value from n`,
      ),
    { open: 'TRACE_CORRUPT' },
  ],
  [
    'segments is a view that never ends',
    (db) =>
      db.exec(
        `drop table segments; create view Segments as ${ENDLESS} select i as id, 0 as first_event, 0 as last_event,
         0 as events, 0 as start_ns, 1 as codec, 0 as raw_size, 0 as crc32, x'' as data from n`,
      ),
    { open: 'TRACE_CORRUPT' },
  ],
  [
    'modules is a virtual table',
    (db) =>
      db.exec('drop table modules; create virtual table modules using fts5(sha256, size, data)'),
    { open: 'TRACE_CORRUPT' },
  ],
  [
    'a computed column',
    (db) =>
      db.exec(
        `drop table meta; create table meta (key text, value text as (hex(zeroblob(400000000))))`,
      ),
    { open: 'TRACE_CORRUPT' },
  ],
  [
    'triggers on the index',
    (db) =>
      db.exec(
        `create trigger bad after delete on call_rows begin insert into bookmarks ${ENDLESS} select i, 0, '', '', '' from n; end;
         create trigger worse after insert on call_rows begin insert into bookmarks ${ENDLESS} select i, 0, '', '', '' from n; end`,
      ),
    WHOLE,
  ],
  [
    'what the index is made of never ends',
    (db) =>
      db.exec(
        `drop table call_rows; create view call_rows as ${ENDLESS} select i as seq, 0 as shape, 0 as enter_ns, 0 as duration_ns, 0 as value from n`,
      ),
    { open: 'TRACE_CORRUPT' },
  ],
  [
    'bookmarks is a view that never ends',
    (db) =>
      db.exec(
        `drop table bookmarks; create view bookmarks as ${ENDLESS} select i as id, 0 as event, '' as name, '' as note, '' as created from n`,
      ),
    { open: 'TRACE_CORRUPT' },
  ],
  ...['meta', 'functions', 'segments'].map(
    (table) =>
      [
        `no ${table}`,
        (db: Database.Database) => db.exec(`drop table ${table}`),
        { open: 'TRACE_CORRUPT' },
      ] as const,
  ),
  [
    'no modules',
    (db) => db.exec('drop table modules'),
    { ...WHOLE, module: 'TRACE_CORRUPT', replay: 'TRACE_CORRUPT' },
  ],
  [
    'no snapshots',
    (db) => db.exec('drop table snapshots'),
    { ...WHOLE, snapshots: 'TRACE_CORRUPT' },
  ],
  ['no pages', (db) => db.exec('drop table pages'), { ...WHOLE, snapshots: 'TRACE_CORRUPT' }],
  [
    'no index: it is made anew',
    (db) => db.exec('drop view calls; drop table call_rows; drop table call_shapes'),
    { ...WHOLE, calls: 'QUERY_FAILED' },
  ],

  // bombs, and sizes that lie
  [
    'a bomb in a segment',
    (db) => putSegments(db, [{ ...SEGMENT, bytes: new Uint8Array(256 << 20), rawSize: 1000 }]),
    { open: 'whole', events: 'SEGMENT_CORRUPT', replay: 'SEGMENT_CORRUPT' },
  ],
  [
    'a segment that claims 2^50 bytes',
    (db) => putSegments(db, [{ ...SEGMENT, bytes: new Uint8Array(10), rawSize: 2 ** 50 }]),
    { open: 'whole', events: 'SEGMENT_CORRUPT', replay: 'SEGMENT_CORRUPT' },
  ],
  [
    'a raw segment of 100 MiB',
    (db) => putSegments(db, [{ ...SEGMENT, bytes: new Uint8Array(100 << 20), codec: 0 }]),
    { open: 'whole', events: 'SEGMENT_CORRUPT', replay: 'SEGMENT_CORRUPT' },
  ],
  [
    'a segment of a codec that does not exist',
    (db) => db.exec('update segments set codec = 7'),
    { open: 'whole', events: 'SEGMENT_CORRUPT', replay: 'SEGMENT_CORRUPT' },
  ],
  [
    'a bomb for a module',
    (db) => db.prepare('update modules set data = ?').run(bomb()),
    { ...WHOLE, module: 'TRACE_CORRUPT', replay: 'TRACE_CORRUPT' },
  ],
  [
    'a module that claims 2^40 bytes',
    (db) => db.exec(`update modules set size = ${2 ** 40}`),
    { ...WHOLE, module: 'TRACE_CORRUPT', replay: 'TRACE_CORRUPT' },
  ],
  [
    'another module than its hash says',
    (db) => db.prepare('update modules set data = ?').run(zstdCompressSync(new Uint8Array(8))),
    { ...WHOLE, module: 'TRACE_CORRUPT', replay: 'TRACE_CORRUPT' },
  ],
  [
    'a bomb in every page of a snapshot',
    (db) => db.prepare('update pages set data = ?').run(zstdCompressSync(new Uint8Array(64 << 20))),
    { ...WHOLE, snapshots: 'TRACE_CORRUPT' },
  ],
  [
    'a bomb for the list of pages',
    (db) => db.prepare('update snapshots set page_ids = ?').run(bomb()),
    { ...WHOLE, snapshots: 'TRACE_CORRUPT' },
  ],
  [
    'a snapshot of 4 GiB with a list for less',
    (db) => db.exec(`update snapshots set memory_size = ${2 ** 32}`),
    { ...WHOLE, snapshots: 'TRACE_CORRUPT' },
  ],
  [
    'pages that are texts',
    (db) => db.exec(`update pages set data = 'page'`),
    { ...WHOLE, snapshots: 'TRACE_CORRUPT' },
  ],

  // what it says of itself; without an outcome it seems to be still in the making, by this process
  [
    'a description that is no JSON',
    (db) => db.exec(`update meta set value = '{'`),
    { open: 'TRACE_CORRUPT' },
  ],
  ['a number for the program', (db) => putMeta(db, 'program', 1), { open: 'TRACE_CORRUPT' }],
  ['a list for the runtime', (db) => putMeta(db, 'runtime', [1]), { open: 'TRACE_CORRUPT' }],
  ['null for the arguments', (db) => putMeta(db, 'argv', [null]), { open: 'TRACE_CORRUPT' }],
  ['another flavour', (db) => putMeta(db, 'flavour', 'preview9'), { open: 'TRACE_CORRUPT' }],
  [
    'a description nested 200,000 deep',
    (db) =>
      db
        .prepare('insert or replace into meta values (?, ?)')
        .run('preopens', '['.repeat(200_000) + ']'.repeat(200_000)),
    WHOLE,
  ],
  [
    'an exit code that no process has',
    (db) => putMeta(db, 'outcome', { kind: 'exit', code: 1e300 }),
    { ...WHOLE, replay: 'prefix', rebuild: 'TRACE_IS_BUSY' },
  ],
  [
    'an outcome that is none: an unfinished trace',
    (db) => putMeta(db, 'outcome', { kind: 'bliss' }),
    { ...WHOLE, replay: 'prefix', rebuild: 'TRACE_IS_BUSY' },
  ],
  [
    'a trap whose frames are none',
    (db) =>
      putMeta(db, 'outcome', {
        kind: 'trap',
        trap: { kind: 'unreachable', message: '', frames: [{}] },
      }),
    { ...WHOLE, replay: 'prefix', rebuild: 'TRACE_IS_BUSY' },
  ],

  // the dictionary
  [
    'a function of types that do not exist',
    (db) => db.exec(`update functions set params = 'i32 i128' where id = 0`),
    { open: 'TRACE_CORRUPT' },
  ],
  [
    'a function with 200 parameters',
    (db) =>
      db.prepare('update functions set params = ? where id = 0').run('i32 '.repeat(200).trim()),
    { open: 'TRACE_CORRUPT' },
  ],
  [
    'a function that goes nowhere',
    (db) => db.exec(`update functions set direction = 'sideways' where id = 0`),
    { open: 'TRACE_CORRUPT' },
  ],
  [
    'all functions are one',
    (db) => db.exec(`update functions set name = 'fd_read'`),
    { open: 'whole', events: 17, replay: 'diverged', rebuild: 15 },
  ],
  [
    'no functions at all',
    (db) => db.exec('delete from functions'),
    { open: 'whole', events: 'SEGMENT_CORRUPT' },
  ],
  [
    'functions that take and give what they do not',
    (db) => db.exec(`update functions set params = 'f64 i64 f32', results = 'i64 i64'`),
    { open: 'whole' },
  ],

  // how segments hang together
  [
    'a gap between segments',
    (db) =>
      putSegments(db, [
        { ...SEGMENT, bytes: log() },
        { ...SEGMENT, firstEvent: 19, lastEvent: 35, bytes: log() },
      ]),
    { open: expect.stringContaining('does not follow'), events: 17, replay: 'prefix' },
  ],
  [
    'segments that overlap',
    (db) =>
      putSegments(db, [
        { ...SEGMENT, bytes: log() },
        { ...SEGMENT, firstEvent: 5, lastEvent: 21, bytes: log() },
      ]),
    { open: expect.stringContaining('does not follow'), events: 17, replay: 'prefix' },
  ],
  [
    'negative numbers',
    (db) => db.exec('update segments set first_event = -1, events = -5'),
    { open: expect.stringMatching(/0 of 17/), events: 0, replay: 'prefix' },
  ],
  [
    'texts for numbers',
    (db) => db.exec(`update segments set events = 'many'`),
    { open: expect.stringMatching(/0 of 17/), events: 0, replay: 'prefix' },
  ],
  [
    'a last event that does not fit the others',
    (db) => db.exec('update segments set last_event = 3'),
    { open: expect.stringMatching(/0 of 17/), events: 0, replay: 'prefix' },
  ],
  [
    'more events than bytes',
    (db) => {
      db.exec('update segments set events = 1000000000, last_event = 999999999');
      putMeta(db, 'events', 1_000_000_000);
    },
    {
      open: 'whole',
      events: 'SEGMENT_CORRUPT',
      replay: 'SEGMENT_CORRUPT',
      rebuild: 'SEGMENT_CORRUPT',
    },
  ],
  [
    'fewer events than bytes',
    (db) => {
      db.exec('update segments set events = 5, last_event = 4');
      putMeta(db, 'events', 5);
    },
    { open: 'whole', events: 5, replay: 'prefix', rebuild: 'SEGMENT_CORRUPT' },
  ],
  [
    'a segment of nothing',
    (db) => {
      putBytes(db, new Uint8Array(0), 17);
    },
    { open: 'whole', replay: 'SEGMENT_CORRUPT' },
  ],
  [
    'two thousand empty segments',
    (db) => {
      const empty = {
        firstEvent: 0,
        lastEvent: 0,
        events: 0,
        startNs: 0,
        bytes: new Uint8Array(0),
      };
      putSegments(db, [...Array.from({ length: 2000 }, () => empty), { ...SEGMENT, bytes: log() }]);
    },
    WHOLE,
  ],
];

const SEGMENT = { firstEvent: 0, lastEvent: 16, events: 17, startNs: 0 } as const;
const log = () => encodeEvents(eventsOf(trace));

/** What read-all.ts says of each, by its number. */
const said = new Map<number, unknown>();

beforeAll(() => {
  const forged = cases.map(([, edit]) => copyTrace(trace, scratch.fresh('.wrr'), edit));
  const program = join(import.meta.dirname, 'read-all.ts');
  const child = spawnSync(
    process.execPath,
    ['--no-warnings', '--max-old-space-size=256', program, ...forged],
    { encoding: 'utf8', timeout: 200_000 },
  );
  // where it crashed or hung, it said nothing of that trace and of those after it
  child.stdout.split('\n').forEach((line, i) => {
    if (line !== '') said.set(i, JSON.parse(line));
  });
  if (child.status !== 0) said.set(said.size, { signal: child.signal, stderr: child.stderr });
});

describe('a forged trace is read to an end, and told apart from an honest one', () => {
  test.each(cases.map((one, i) => [i, ...one] as const))('%i %s', (i, _what, _edit, expected) => {
    expect(said.get(i)).toMatchObject(expected);
  });
});
