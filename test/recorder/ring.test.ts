import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createRing, RING_CAPACITY, RingReader, RingWriter } from '../../recorder/ring.ts';
import { unstoredRecords } from '../../traces/ring-image.ts';
import { lengthsFrom } from './ring-records.ts';

/** Appends a record of `length` bytes of one value. */
function put(ring: RingWriter, value: number, length: number, room = length, nowMs?: number): void {
  ring.begin(room);
  ring.out.bytes.fill(value, ring.out.at, ring.out.at + length);
  ring.out.at += length;
  ring.commit(nowMs);
}

/** Where a trace would be, with an empty file for the image of its ring beside it. */
function imagined(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-ring-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const trace = join(folder, 'trace');
  writeFileSync(`${trace}-ring`, '');
  return trace;
}

/** What is in the ring, as runs of (value, length). */
function taken(reader: RingReader): [number, number][] {
  const runs: [number, number][] = [];
  reader.drain((bytes) => {
    for (let at = 0; at < bytes.length; ) {
      const value = bytes[at] ?? 0;
      let end = at;
      while (end < bytes.length && bytes[end] === value) end++;
      const last = runs.at(-1);
      if (last?.[0] === value) last[1] += end - at;
      else runs.push([value, end - at]);
      at = end;
    }
  });
  return runs;
}

describe('in one thread', () => {
  test('an empty ring gives nothing', () => {
    const shared = createRing();
    const reader = new RingReader(shared);
    expect(taken(reader)).toEqual([]);
    expect(reader.half()).toBeUndefined();
  });

  test.each([
    ['that ends right at the end', RING_CAPACITY / 4],
    ['that wraps in the middle of a record', Math.floor(RING_CAPACITY / 6) + 1],
    ['of small records', 33],
  ])('laps %s', (_what, length) => {
    const shared = createRing();
    const reader = new RingReader(shared);
    const writer = new RingWriter(shared);
    const batch = Math.max(1, Math.floor(RING_CAPACITY / 4 / length));
    for (let total = 0, value = 0; total < 5 * RING_CAPACITY; ) {
      const expected: [number, number][] = [];
      for (let i = 0; i < batch; i++, value = (value + 1) & 255, total += length) {
        put(writer, value, length);
        expected.push([value, length]);
      }
      expect(JSON.stringify(taken(reader)) === JSON.stringify(expected)).toBe(true);
    }
  });

  test('a record that leaves most of its room unused at the end of a lap', () => {
    const shared = createRing();
    const reader = new RingReader(shared);
    const writer = new RingWriter(shared);
    for (let i = 0; i < 40; i++) {
      put(writer, i, 10 + i, RING_CAPACITY / 2);
      put(writer, 100 + i, RING_CAPACITY / 4 + i);
      expect(taken(reader)).toEqual([
        [i, 10 + i],
        [100 + i, RING_CAPACITY / 4 + i],
      ]);
    }
  });

  test('a record of more than half the ring is a defect', () => {
    const writer = new RingWriter(createRing());
    expect(() => writer.begin(RING_CAPACITY / 2 + 1)).toThrow('internal error');
  });
});

describe('the image of a ring in a file', () => {
  test('has, at any time, what was not taken but for the last 32 KiB', () => {
    const trace = imagined();
    const shared = createRing();
    const reader = new RingReader(shared);
    const writer = new RingWriter(shared, trace);
    const next = lengthsFrom(7);
    const waiting: Buffer[] = [];
    let [stored, size, wraps] = [0, 0, 0];
    for (let record = 0; wraps < 4; record++) {
      const length = next();
      if (size + length > RING_CAPACITY / 2) {
        const image = unstoredRecords(trace, stored) ?? Buffer.alloc(0);
        const all = Buffer.concat(waiting.splice(0));
        expect(all.subarray(0, image.length).equals(image)).toBe(true);
        expect(all.length - image.length).toBeLessThan(32 << 10);
        reader.drain((bytes) => {
          stored += bytes.length;
        });
        expect(unstoredRecords(trace, stored)).toBeUndefined();
        size = 0;
      }
      const before = writer.start;
      put(writer, record & 255, length);
      if (writer.start < before) wraps++;
      waiting.push(Buffer.alloc(length, record & 255));
      size += length;
    }
    expect(unstoredRecords(trace, stored + 2 * RING_CAPACITY)).toBeUndefined();
  });

  test('has each record of a guest that makes few, and of one that makes many those that are half a millisecond old', () => {
    const trace = imagined();
    const writer = new RingWriter(createRing(), trace);
    const saved = () => unstoredRecords(trace, 0)?.length ?? 0;
    let written = 0;
    const write = (nowMs: number): void => {
      put(writer, 1, 1, 1, nowMs);
      written++;
    };
    // a few at once, now and then
    for (let nowMs = 100; nowMs < 1000; nowMs += 100) {
      for (let i = 0; i < 20; i++) {
        write(nowMs);
        expect(saved()).toBe(written);
      }
    }
    // then many at once
    for (let i = 0; i < 200; i++) write(1000);
    const unsaved = written - saved();
    expect(unsaved).toBeGreaterThan(100);
    write(1000.4);
    expect(written - saved()).toBe(unsaved + 1);
    write(1000.5);
    expect(saved()).toBe(written);
  });
});

describe('a guest that waits for room', () => {
  test('has all of its log in the image', () => {
    const trace = imagined();
    const shared = createRing();
    const reader = new RingReader(shared);
    const writer = new RingWriter(shared, trace);
    let written = 0;
    const saved: number[] = [];
    const wait = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      saved.push((unstoredRecords(trace, 0)?.length ?? 0) - written);
      taken(reader);
      return 'ok';
    });
    onTestFinished(() => wait.mockRestore());
    while (saved.length === 0) {
      put(writer, 1, 100);
      if (saved.length === 0) written += 100;
    }
    expect(written).toBeGreaterThan(RING_CAPACITY / 2);
    expect(saved).toEqual([0]);
  });
});

describe('a half record', () => {
  function begun() {
    const shared = createRing();
    const reader = new RingReader(shared);
    const writer = new RingWriter(shared);
    put(writer, 1, 5);
    writer.begin(100);
    for (const byte of [7, 8, 9]) writer.out.byte(byte);
    writer.markHalf();
    return { reader, writer };
  }

  test('can be seen once what is before it was taken', () => {
    const { reader } = begun();
    expect(reader.half()).toBeUndefined();
    taken(reader);
    expect([...(reader.half() ?? [])]).toEqual([7, 8, 9]);
  });

  test('is no half any more when it is whole', () => {
    const { reader, writer } = begun();
    taken(reader);
    writer.out.byte(10);
    writer.commit();
    expect(taken(reader).length).toBe(4);
    expect(reader.half()).toBeUndefined();
  });

  test('is gone when it was dropped, even where something else stands in its place', () => {
    const { reader, writer } = begun();
    taken(reader);
    writer.dropHalf();
    writer.begin(50);
    writer.out.byte(3);
    expect(reader.half()).toBeUndefined();
  });
});

describe('between two threads', () => {
  test('nothing is lost or mixed up while the reader is late, or the writer', async () => {
    const [seed, count] = [42, 4000];
    const shared = createRing();
    const reader = new RingReader(shared);
    const worker = new Worker(new URL('./ring-writer.ts', import.meta.url), {
      workerData: { shared, seed, count },
      execArgv: ['--no-warnings'],
    });
    const ended = new Promise((done) => worker.once('exit', done));
    const next = lengthsFrom(seed);
    let [record, left, total, waits] = [0, next(), 0, 0];
    while (record < count) {
      let size = 0;
      reader.drain((bytes) => {
        size += bytes.length;
        for (let at = 0; at < bytes.length; ) {
          const run = Math.min(left, bytes.length - at);
          const expected = Buffer.alloc(run, record & 255);
          if (expected.compare(bytes, at, at + run) !== 0)
            throw new Error(`record ${record} is not as it was written`);
          at += run;
          left -= run;
          // records come whole: none is continued in another run
          if (left > 0) throw new Error(`record ${record} was cut`);
          record++;
          left = next();
        }
      });
      total += size;
      // late now and then, so that the ring fills up and the writer must wait
      const late = waits++ % 20 === 0 ? 30 : 0;
      await new Promise((soon) => setTimeout(soon, late));
    }
    await ended;
    expect(total).toBeGreaterThan(4 * RING_CAPACITY);
  });
});
