/** What stands only in the image of the ring beside a trace, as a killed recorder leaves it. */
import { copyFileSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { TraceReader } from '../../traces/reader.ts';
import { processIdentity } from '../../traces/recorder-process.ts';
import { Scratch } from '../recorder/scratch.ts';
import { putMeta } from './edit-trace.ts';
import { GrowingRun } from './growing.ts';

const scratch = new Scratch('log-tail');
afterAll(() => scratch.remove());

const STORED = 12;

/** Bytes of log that the image has. */
function logged(trace: string): number {
  return readFileSync(`${trace}-ring`).readDoubleLE(32);
}

/** A trace of {@link STORED} events, with some more beside it. */
async function cutOff(): Promise<string> {
  const run = await GrowingRun.begin(scratch.fresh('.wrr'));
  await run.call('yield', STORED - 2);
  const before = logged(run.trace);
  const more = run.call('yield', 10);
  // this thread stores nothing as long as it is here, and the guest's saves each of its first calls
  const paused = new Int32Array(new SharedArrayBuffer(4));
  while (logged(run.trace) === before) Atomics.wait(paused, 0, 0, 1);
  const copy = scratch.fresh('.wrr');
  for (const suffix of ['', '-wal', '-ring']) copyFileSync(run.trace + suffix, copy + suffix);
  await more;
  await run.finish();
  return copy;
}

const original = cutOff();

/** Events of that trace with other words about its recorder. */
async function eventsWith(process: string, sync: boolean): Promise<number> {
  const from = await original;
  const path = scratch.fresh('.wrr');
  for (const suffix of ['', '-wal', '-ring']) copyFileSync(from + suffix, path + suffix);
  const db = new Database(path);
  putMeta(db, 'process', process);
  if (sync) putMeta(db, 'sync', true);
  db.close();
  const reader = new TraceReader(path);
  try {
    return [...reader.events()].length;
  } finally {
    reader.close();
  }
}

const own = processIdentity(process.pid);

describe.skipIf(own === undefined)('the records that were not stored', () => {
  const dead = own?.replace(/\d+$/, '1') ?? '';
  const elsewhere = dead.replace(/^\S+/, 'another-boot');

  test('are read after a kill, on this machine and on another one', async () => {
    const whole = await eventsWith(dead, false);
    expect(whole).toBeGreaterThan(STORED);
    expect(await eventsWith(elsewhere, false)).toBe(whole);
  });

  test('are read of a trace that survives a power loss as long as there was none', async () => {
    expect(await eventsWith(dead, true)).toBeGreaterThan(STORED);
    expect(await eventsWith(elsewhere, true)).toBe(STORED);
  });
});
