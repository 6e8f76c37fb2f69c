/**
 * What reads bytes that somebody else may have written, as a table. A run of a target must end soon and
 * say no more than an error of its own kind; what it throws besides is a finding.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { WasiRrError } from '../../errors.ts';
import { exampleCases } from '../../examples/cases.ts';
import { describeEvent } from '../../replayer/divergence-report.ts';
import { makeKeyframes } from '../../replayer/keyframes/make-keyframes.ts';
import { listBookmarks } from '../../traces/annotations.ts';
import { ByteKeys } from '../../traces/byte-keys.ts';
import { CallScanner } from '../../traces/call-scanner.ts';
import { EventReader } from '../../traces/event-reader.ts';
import type { LogEvent, LoggedFunction } from '../../traces/events.ts';
import { passedAt } from '../../traces/keyframes/moments.ts';
import { KeyframeReader } from '../../traces/keyframes/reader.ts';
import { storeKeyframes } from '../../traces/keyframes/store.ts';
import { TraceReader } from '../../traces/reader.ts';
import { RING_SUFFIX, RingImage } from '../../traces/ring-image.ts';
import { Timeline } from '../../traces/timeline.ts';
import { callBytes, callPath } from '../../wasi/call-columns.ts';
import { argsJson, resultJson } from '../../wasi/call-json.ts';
import { DescriptorTable } from '../../wasi/descriptors.ts';
import { formatCall } from '../../wasi/format.ts';
import { readDeclarations } from '../../wasm/binary.ts';
import { exportGlobals } from '../../wasm/exported-globals.ts';
import { functionStarts } from '../../wasm/function-starts.ts';
import { FunctionNames } from '../../wasm/names.ts';
import { exportStart } from '../../wasm/start-function.ts';
import { guestModule } from '../guests/guests.ts';
import { compileWat } from '../guests/wat.ts';
import type { Scratch } from '../recorder/scratch.ts';
import { everyShape } from '../replayer/every-shape.ts';
import { replayedHere } from '../replayer/replayed.ts';
import { copyTrace, eventsOf, putBytes, putMeta } from '../traces/edit-trace.ts';
import { encodeEvents } from '../traces/encode-events.ts';
import type { Random } from '../wasi/random.ts';
import { readComponent, readDebugInfo, rewriteModule, sampleComponent } from './code-targets.ts';
import { mutated } from './mutate.ts';
import { checkRewriting } from './rewriting/check-rewriting.ts';
import { checkRandomSession } from './sessions/session.ts';
import { Subjects } from './sessions/subjects.ts';

/** What mutations start from. */
export interface Samples {
  /** A folder for files that a run writes; each run writes the same ones again. */
  readonly folder: string;
  readonly modules: readonly [Uint8Array, ...Uint8Array[]];
  /** Finished traces: of calls of every shape, and of a trap with a memory snapshot. */
  readonly traces: readonly [string, ...string[]];
  /** The first one's records, and what they refer to. */
  readonly log: Uint8Array;
  readonly functions: ReadonlyMap<number, LoggedFunction>;
  readonly events: number;
  /** A trace and its write-ahead log, as a killed recorder leaves them. */
  readonly unfinished: { readonly trace: Uint8Array; readonly log: Uint8Array };
  /** A trace without its log, and the image of a ring in which that stands. */
  readonly unstored: { readonly trace: Uint8Array; readonly ring: Uint8Array };
  /** A module with debug information. */
  readonly debug: Uint8Array;
  /** Modules with instructions of many kinds. */
  readonly code: readonly [Uint8Array, ...Uint8Array[]];
  readonly component: Uint8Array;
  readonly subjects: Subjects;
}

export interface Target {
  readonly name: string;
  /** Throws what is a finding. */
  readonly run: (samples: Samples, random: Random) => void | Promise<void>;
  /** Milliseconds that a case may take, on a busy machine; some seconds unless given. */
  readonly patience?: number;
}

export const targets: readonly [Target, ...Target[]] = [
  { name: 'module', run: readModule },
  { name: 'records', run: decodeRecords },
  { name: 'log', run: replayLog },
  { name: 'rows', run: readRows },
  { name: 'file', run: readFile },
  { name: 'write-ahead log', run: readUnfinished },
  { name: 'ring', run: readRing },
  { name: 'debug information', run: ({ debug }, random) => readDebugInfo(debug, random) },
  { name: 'code', run: ({ code }, random) => rewriteModule(random.pick(code), random) },
  { name: 'rewriting', run: (_samples, random) => checkRewriting(random) },
  { name: 'component', run: (samples, random) => readComponent(samples.component, random) },
  {
    name: 'sessions',
    run: ({ subjects }, random) => checkRandomSession(subjects, random),
    patience: 60_000,
  },
];

/** @param scratch where the samples are recorded */
export async function makeSamples(scratch: Scratch): Promise<Samples> {
  const trace = (await scratch.recordGuest(everyShape)).trace;
  await keepMemory(trace);
  const heapsmash = exampleCases().find(({ name }) => name === 'heapsmash-O0g');
  if (heapsmash === undefined) throw new Error('no heapsmash');
  const trapped = (await scratch.recordExample(heapsmash)).trace;
  const events = eventsOf(trace);
  const reader = new TraceReader(trace);
  const { functions } = reader;
  reader.close();
  const names = ['reactor', 'imports-missing', 'relaxed-simd', 'exception-rethrown', 'threads'];
  const modules = await Promise.all(names.map((name) => guestModule(name)));
  return {
    folder: scratch.path,
    modules: [readFileSync(heapsmash.wasm), ...modules],
    debug: readFileSync(heapsmash.wasm),
    code: [await compileWat(everyShape.wat), ...modules],
    component: await sampleComponent(),
    subjects: new Subjects(scratch),
    traces: [trace, trapped],
    log: encodeEvents(events),
    functions,
    events: events.length,
    unfinished: unfinishedCopy(trapped, scratch.fresh('.wrr')),
    unstored: unstoredCopy(trapped, scratch.fresh('.wrr')),
  };
}

const FORGET_END = `delete from meta where key in ('outcome', 'events')`;

function unfinishedCopy(trace: string, to: string): Samples['unfinished'] {
  copyFileSync(trace, to);
  const db = new Database(to);
  db.pragma('journal_mode = WAL');
  db.exec(FORGET_END);
  db.exec('create table moved as select * from segments; delete from segments');
  db.exec('insert into segments select * from moved; drop table moved');
  const copy = { trace: readFileSync(to), log: readFileSync(`${to}-wal`) };
  db.close();
  return copy;
}

function unstoredCopy(trace: string, to: string): Samples['unstored'] {
  const reader = new TraceReader(trace);
  const records = reader.segmentBytes(0);
  reader.close();
  copyTrace(trace, to, (db) => {
    db.exec(`${FORGET_END}; delete from segments`);
    // an image is read where the recorder does not run
    putMeta(db, 'pid', 2 ** 30);
  });
  writeFileSync(to + RING_SUFFIX, '');
  const image = new RingImage(to, records);
  image.copy(0, records.length);
  image.publish(records.length, 0, records.length);
  return { trace: readFileSync(to), ring: readFileSync(to + RING_SUFFIX) };
}

/** Modules are read before V8 has seen them, and may be other ones than it compiled. */
function readModule({ modules }: Samples, random: Random): void {
  const module = mutated(random.pick(modules), random);
  for (const read of [readDeclarations, functionStarts, exportStart, exportGlobals]) {
    try {
      read(module);
    } catch (thrown) {
      if (!(thrown instanceof RangeError) || /call stack|array length/i.test(thrown.message))
        throw thrown;
    }
  }
  // of which nothing is an error
  const names = new FunctionNames(module);
  for (let i = 0; i < 5; i++) names.get(random.below(50));
}

function decodeRecords({ log, functions }: Samples, random: Random): void {
  const bytes = mutated(log, random);
  const reader = new EventReader(functions, 0, 0);
  reader.feed(bytes, 1);
  const table = new DescriptorTable();
  refused(() => {
    for (let event = reader.next(); event !== undefined; event = reader.next()) say(event, table);
  });
  const scanner = new CallScanner(functions);
  const keys = new ByteKeys();
  refused(() => {
    scanner.feed(bytes);
    while (scanner.next()) {
      keys.get(scanner.keyBytes, scanner.callKeyLength, 0);
      scanner.answer();
      scanner.call();
    }
  });
}

function replayLog({ folder, traces, log, events }: Samples, random: Random): void {
  const changed = mutated(log, random);
  const path = copyTrace(traces[0], join(folder, 'log.wrr'), (db) => putBytes(db, changed, events));
  refused(() => replayedHere(path));
}

const VALUES: readonly ['null', ...string[]] = [
  'null',
  '-1',
  '0',
  '1',
  '9223372036854775807',
  '4294967296',
  '1e300',
  "''",
  "'{}'",
  "'[[[[[[]]]]]]'",
  "'\u{1f600}\ufffd'",
  "x'00'",
  "x'28b52ffd'",
  'zeroblob(100000)',
  'randomblob(1000)',
];

/** Puts keyframes into a trace. */
async function keepMemory(path: string): Promise<void> {
  const trace = new TraceReader(path);
  storeKeyframes(path, trace.segments, await makeKeyframes(trace, { budget: 1 << 24 }));
  trace.close();
}

/** Rows with other values, in a database that is whole. */
function readRows({ folder, traces }: Samples, random: Random): void {
  const path = copyTrace(random.pick(traces), join(folder, 'rows.wrr'), (db) => {
    for (let left = 1 + random.below(3); left > 0; left--) {
      const tables = db
        .prepare("select name from sqlite_schema where type = 'table'")
        .pluck()
        .all();
      const table = tables[random.below(tables.length)];
      const columns = db.prepare(`select name from pragma_table_info('${table}')`).pluck().all();
      const column = columns[random.below(columns.length)];
      const rowid = db
        .prepare(`select ${table === 'meta' ? 'key' : 'rowid'} from ${table} limit 1 offset ?`)
        .pluck()
        .get(random.below(4));
      const key = table === 'meta' ? 'key' : 'rowid';
      try {
        if (random.below(8) === 0) db.prepare(`delete from ${table} where ${key} = ?`).run(rowid);
        else
          db.prepare(
            `update or replace ${table} set ${column} = ${random.pick(VALUES)} where ${key} = ?`,
          ).run(rowid);
      } catch {
        // a constraint forbids this one
      }
    }
  });
  readTrace(path);
}

function readFile({ folder, traces }: Samples, random: Random): void {
  const path = join(folder, 'file.wrr');
  writeFileSync(path, mutated(readFileSync(random.pick(traces)), random));
  readTrace(path);
}

function readUnfinished({ folder, unfinished }: Samples, random: Random): void {
  const path = join(folder, 'unfinished.wrr');
  const { trace, log } = unfinished;
  writeFileSync(path, random.below(4) === 0 ? mutated(trace, random) : trace);
  writeFileSync(`${path}-wal`, mutated(log, random));
  readTrace(path);
}

/** What a killed recorder had not stored is taken from the image of its ring. */
function readRing({ folder, unstored }: Samples, random: Random): void {
  const path = join(folder, 'ring.wrr');
  writeFileSync(path, unstored.trace);
  writeFileSync(path + RING_SUFFIX, mutated(unstored.ring, random));
  readTrace(path);
}

/** All that is read of a trace by itself, without being asked for by a user's SQL. */
function readTrace(path: string): void {
  refused(() => listBookmarks(path));
  refused(() => {
    const timeline = new Timeline(path);
    timeline.rows(0, 100);
    timeline.close();
  });
  let reader: TraceReader | undefined;
  refused(() => {
    reader = new TraceReader(path);
  });
  if (reader === undefined) return;
  const trace: TraceReader = reader;
  const table = new DescriptorTable();
  refused(() => {
    for (const event of trace.events()) say(event, table);
  });
  refused(() => {
    for (const { id } of trace.snapshots()) refused(() => trace.snapshot(id));
  });
  refused(() => {
    const parts = trace.keyframes();
    const keyframes = parts && new KeyframeReader(parts);
    for (let event = 0; keyframes && event < 9; event++) keyframes.whole(0, passedAt(event));
  });
  refused(() => trace.module());
  trace.close();
  refused(() => replayedHere(path));
}

/** Puts an event into words, as every command does. */
function say(event: LogEvent, table: DescriptorTable): void {
  describeEvent(event, table);
  if (event.kind !== 'call' && event.kind !== 'open') return;
  formatCall(event, { table });
  argsJson(event);
  if (event.effects.length > 0) resultJson(event);
  callPath(event, table);
  callBytes(event);
  table.apply(event, event.number);
}

/** An error of ours is an answer; anything else is a finding. */
function refused(work: () => unknown): void {
  try {
    work();
  } catch (thrown) {
    if (!(thrown instanceof WasiRrError)) throw thrown;
  }
}
