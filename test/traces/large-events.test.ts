/** Events that are larger than a segment, read from any place, and after the recorder was killed at any moment. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TraceReader } from '../../traces/reader.ts';
import { RingImage } from '../../traces/ring-image.ts';
import { program } from '../guests/assemble.ts';
import { compileWat } from '../guests/wat.ts';
import { Scratch } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';
import { copyTrace, eventsOf, lineOf, putMeta } from './edit-trace.ts';

const scratch = new Scratch('large-events');
afterAll(() => scratch.remove());

/** Asks for 400 KB three times, with small calls in between, and exits. */
const GREEDY = program(`
  (memory (export "memory") 8)
  (func $take
    (drop (call $random_get (i32.const 4096) (i32.const 400000)))
    (drop (call $sched_yield)))
  (func (export "_start") (call $take) (call $take) (call $take) (call $proc_exit (i32.const 3)))`);

let trace: string;
let lines: readonly string[];
beforeAll(async () => {
  ({ trace } = await scratch.record({ module: await compileWat(GREEDY) }));
  lines = eventsOf(trace).map(lineOf);
});

test('are read from any event on', () => {
  const reader = new TraceReader(trace);
  expect(reader.segments.length).toBeGreaterThan(6);
  for (let from = 0; from < lines.length; from++) {
    expect([...reader.events(from)].map(lineOf)).toEqual(lines.slice(from));
  }
  reader.close();
});

test('replay to an exit right behind them', async () => {
  expect(await replayed(trace)).toMatchObject({
    status: 'identical',
    outcome: { kind: 'exit', code: 3 },
  });
});

describe('of a recorder that was killed', () => {
  test('are all there, wherever the database ends and the rest is in the image of the ring', async () => {
    const reader = new TraceReader(trace);
    const pieces = reader.segments.map((_, i) => reader.segmentBytes(i));
    reader.close();
    for (let stored = 0; stored < pieces.length; stored++) {
      const killed = unfinished(trace, stored, Buffer.concat(pieces.slice(stored)), pieces);
      expect(eventsOf(killed).map(lineOf), `${stored} segments`).toEqual(lines);
    }
  });
});

/** As a killed recorder would have left it, with so many segments stored. */
function unfinished(
  of: string,
  stored: number,
  rest: Uint8Array,
  pieces: readonly Uint8Array[],
): string {
  const killed = copyTrace(of, scratch.fresh('.wrr'), (db) => {
    db.exec(`delete from segments where id > ${stored}`);
    db.exec(`delete from meta where key in ('outcome', 'events', 'calls')`);
    // that of no process
    putMeta(db, 'pid', 2 ** 30);
  });
  writeFileSync(`${killed}-ring`, '');
  const image = new RingImage(killed, rest);
  image.copy(0, rest.length);
  image.publish(
    rest.length,
    0,
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
  return killed;
}
