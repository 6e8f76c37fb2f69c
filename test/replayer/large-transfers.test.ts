/** Calls that move more than a segment holds: their data stands in parts before the event. */
import { afterAll, expect, test } from 'vitest';
import { TraceReader } from '../../traces/reader.ts';
import { compileWat } from '../guests/wat.ts';
import { Scratch } from '../recorder/scratch.ts';
import { replayed } from './replayed.ts';

const scratch = new Scratch('large');
afterAll(() => scratch.remove());

/** Reads `bytes` from stdin in one call and writes them to stdout in one call. */
const copier = (bytes: number) => `
  (module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") ${Math.ceil(bytes / 65536) + 1})
    (func (export "_start")
      (i32.store (i32.const 0) (i32.const 256))
      (i32.store (i32.const 4) (i32.const ${bytes}))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))`;

// larger than the part of an event that is inline, than a segment, and than the ring
const SIZES = [100 << 10, 300 << 10, 3 << 20, 5 << 20, 9 << 20];

test.each(SIZES.flatMap((size) => [['full', size] as const, [4096, size] as const]))(
  'payload %s: %d bytes in one call, there and back',
  async (payload, size) => {
    const stdin = new Uint8Array(size).map((_, i) => (i * 31 + (i >> 9)) & 255);
    const module = await compileWat(copier(size));
    const run = await scratch.record({ module, payload, paranoid: true }, { stdin });
    expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
    expect(run.stdout.equals(stdin)).toBe(true);

    const replay = await replayed(run.trace);
    expect(replay.status).toBe('identical');
    expect(replay.stdout.equals(stdin)).toBe(true);

    const trace = new TraceReader(run.trace);
    const [, read, write] = [...trace.events()];
    trace.close();
    const shown = Math.min(size, 1 << 20);
    if (read?.kind !== 'call' || write?.kind !== 'call') throw new Error('not two calls');
    expect(read.effects[0]?.length).toBe(size);
    expect(Buffer.from(read.effects[0]?.bytes ?? []).equals(stdin.subarray(0, shown))).toBe(true);
    expect(write.readLength).toBe(size + 8);
    expect(write.hostReads.hash === undefined).toBe(payload === 'full');
  },
);
