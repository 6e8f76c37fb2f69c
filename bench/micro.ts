/**
 * Child: the hot paths by themselves, in one thread. `micro.js TRACE` takes a trace of calls alone and prints
 * JSON. Each figure is the best of a few passes: the first ones run code that V8 has not optimised yet.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants as zlib, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { openTrace, type TraceReader } from '../index.ts';
import { Boundary } from '../recorder/boundary.ts';
import { CallIndexer } from '../recorder/call-indexer.ts';
import type { Host } from '../recorder/hosts/host.ts';
import { systemTime } from '../recorder/hosts/system-time.ts';
import { LogSink } from '../recorder/log-sink.ts';
import { ModuleIndexing } from '../recorder/module-indexing.ts';
import { createRing, RingReader, RingWriter } from '../recorder/ring.ts';
import { GuestReplay } from '../replayer/guest-replay.ts';
import { compileWat } from '../test/guests/wat.ts';
import { ByteKeys } from '../traces/byte-keys.ts';
import { CallIndex } from '../traces/call-index.ts';
import { CallScanner } from '../traces/call-scanner.ts';
import { EventReader } from '../traces/event-reader.ts';
import type { CallEvent, CoreValue, LoggedFunction } from '../traces/events.ts';
import { SCHEMA } from '../traces/schema.ts';
import { TraceWriter } from '../traces/writer.ts';
import { argsJson, resultJson } from '../wasi/call-json.ts';
import { PREVIEW1 } from '../wasi/preview1.ts';
import { memoryHasher } from '../wasm/xxh64.ts';

/** One figure: `value` in `unit`. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const PASSES = 4;
const figures: Figure[] = [];

/** Milliseconds of the fastest pass. */
function best(pass: () => void): number {
  let ms = Number.POSITIVE_INFINITY;
  for (let i = 0; i < PASSES; i++) {
    const start = performance.now();
    pass();
    ms = Math.min(ms, performance.now() - start);
  }
  return ms;
}

function perCall(name: string, calls: number, pass: () => void): void {
  figures.push({ name, value: (best(pass) * 1e6) / calls, unit: 'ns/call' });
}

function replaying(trace: TraceReader): void {
  const module = trace.module();
  const ms = best(() => {
    const end = new GuestReplay(trace, { module }).run();
    if (end.kind !== 'replayed') throw new Error('the replay diverged');
  });
  const calls = trace.meta.calls ?? 0;
  figures.push({
    name: 'replay, guest and feed',
    value: calls / ms / 1000,
    unit: 'M calls/s',
  });
}

/** The supervisor's work for each call, as a whole and in its parts. */
function supervising(trace: TraceReader): void {
  const segments = trace.segments.map((_, i) => trace.segmentBytes(i));
  const calls = trace.meta.calls ?? 0;
  const bytes = segments.reduce((sum, segment) => sum + segment.length, 0);
  const read = (visit?: (event: CallEvent) => void) => () => {
    const reader = new EventReader(trace.functions, 0, 0);
    for (const segment of segments) {
      reader.feed(segment, 0);
      for (let event = reader.next(); event !== undefined; event = reader.next()) {
        if (event.kind === 'call') visit?.(event);
      }
    }
  };
  perCall('supervisor: EventReader', calls, read());
  perCall(
    'supervisor: EventReader + argsJson',
    calls,
    read((event) => argsJson(event)),
  );
  perCall(
    'supervisor: EventReader + resultJson',
    calls,
    read((event) => resultJson(event)),
  );
  const scan = (visit: (scanner: CallScanner) => void) => () => {
    const scanner = new CallScanner(trace.functions);
    for (const segment of segments) {
      scanner.feed(segment);
      visit(scanner);
    }
  };
  perCall(
    'supervisor: CallScanner',
    calls,
    scan((scanner) => {
      while (scanner.next());
    }),
  );
  const keys = new ByteKeys<number>();
  perCall(
    'supervisor: CallScanner with look-ups',
    calls,
    scan((scanner) => {
      while (scanner.next()) keys.get(scanner.keyBytes, scanner.callKeyLength, 0);
    }),
  );
  perCall('supervisor: CallIndexer, rows in memory', calls, () => {
    const db = new Database(':memory:');
    db.exec(SCHEMA);
    const index = new CallIndex(db);
    const indexer = new CallIndexer();
    db.exec('begin');
    scan((scanner) => indexer.index(scanner, index))();
    index.flush();
    db.exec('commit');
    db.close();
  });
  perCall('supervisor: LogSink into a file', calls, () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-micro-'));
    const writer = new TraceWriter(join(folder, 'x.wrr'));
    const sink = new LogSink(writer, new ModuleIndexing(trace.functions));
    for (const segment of segments) {
      sink.take(segment);
      sink.flush();
    }
    writer.discard();
    rmSync(folder, { recursive: true });
  });
  const zstd = { params: { [zlib.ZSTD_c_compressionLevel]: 1 } };
  perCall('supervisor: zstd', calls, () => {
    for (const segment of segments) zstdCompressSync(segment, zstd);
  });
  const packed = segments.map((segment) => zstdCompressSync(segment, zstd));
  figures.push({
    name: 'replay: unzstd',
    value: bytes / 1e6 / best(() => packed.forEach((blob) => void zstdDecompressSync(blob))),
    unit: 'GB/s',
  });
}

function hashing(): void {
  const memory = new WebAssembly.Memory({ initial: 1024 });
  const hash = memoryHasher(memory);
  const size = memory.buffer.byteLength;
  figures.push({ name: 'XXH64', value: size / 1e6 / best(() => void hash(0, size)), unit: 'GB/s' });
}

/** The boundary alone: a host that answers at once, and a supervisor that throws everything away. */
async function bounding(): Promise<void> {
  const N = 1_000_000;
  for (const [name, types, args] of [
    ['fd_seek', 'i32 i64 i32 i32', '(i32.const 4) (i64.const 0) (i32.const 0) (i32.const 8)'],
    ['fd_write', 'i32 i32 i32 i32', '(i32.const 4) (i32.const 64) (i32.const 1) (i32.const 8)'],
    ['fd_read', 'i32 i32 i32 i32', '(i32.const 4) (i32.const 64) (i32.const 1) (i32.const 8)'],
  ] as const) {
    const wat = `(module
      (import "w" "f" (func $f (param ${types}) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 64) "\\00\\10\\00\\00\\10\\00\\00\\00")
      (data (i32.const 8) "\\10\\00\\00\\00")
      (func (export "run") (local $left i32)
        (local.set $left (i32.const ${N}))
        (loop $next
          (drop (call $f ${args}))
          (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))`;
    const module = new WebAssembly.Module(await compileWat(wat));
    const params = types.split(' ') as LoggedFunction['params'];
    const rules = PREVIEW1.get(name);
    if (rules === undefined) throw new Error(`no rules for ${name}`);
    const shared = createRing();
    const reader = new RingReader(shared);
    let calls = 0;
    const answer = () => {
      if ((++calls & 4095) === 0) reader.drain(() => {});
      return 0;
    };
    const host: Host = {
      functions: new Map([[name, answer]]),
      sizes: { args: { count: 0, bytes: 0 }, environ: { count: 0, bytes: 0 } },
      time: systemTime,
      bind: () => {},
    };
    const boundary = new Boundary({
      ring: new RingWriter(shared),
      host,
      payload: 4096,
      paranoid: false,
    });
    const f = boundary.wrap({
      func: { id: 0, direction: 'import', module: 'w', name, params, results: ['i32'] },
      reads: rules.reads,
      writes: rules.writes,
      host: answer,
    });
    const run = (imported: (...args: CoreValue[]) => unknown): (() => void) => {
      const instance = new WebAssembly.Instance(module, { w: { f: imported } });
      boundary.bind(instance.exports.memory as WebAssembly.Memory);
      return instance.exports.run as () => void;
    };
    perCall(`boundary: ${name}, null host`, N, run(f));
    perCall(`no boundary: ${name}, null host`, N, run(answer));
  }
}

const trace = openTrace(process.argv[2] ?? '');
hashing();
await bounding();
supervising(trace);
replaying(trace);
trace.close();
process.stdout.write(JSON.stringify(figures));
