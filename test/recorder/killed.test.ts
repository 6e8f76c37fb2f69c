/**
 * `kill -9` of the recording process at any moment: all but the guest's last 32 KiB of log
 * is in the trace, which opens, agrees with its own index, and replays as far as it goes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../examples/cases.ts';
import { completeIndex } from '../../recorder/reindex.ts';
import { TraceReader } from '../../traces/reader.ts';
import { replayed } from '../replayer/replayed.ts';
import { randomFrom } from '../wasi/random.ts';
import { Scratch } from './scratch.ts';

const scratch = new Scratch('killed');
afterAll(() => scratch.remove());

/** Writes of 16 bytes, whose log is what a guest may keep to itself (32 KiB, recorder/ring.ts). */
const MAX_LOST = 2000;

const CHILD = join(import.meta.dirname, 'kill-child.ts');

interface Killed {
  readonly trace: string;
  /** What the child said last, some time before it was killed. */
  readonly calls: number;
  readonly finished: boolean;
  /** 16-byte writes of the guest that reached its file. */
  readonly written: number;
}

/** @param delay milliseconds from the first sign of progress to the kill */
async function kill(example: string, args: readonly string[], delay: number): Promise<Killed> {
  const one = exampleCases().find(({ name }) => name === example);
  if (one === undefined) throw new Error(`no ${example}`);
  const trace = scratch.fresh('.wrr');
  const folder = scratch.fresh();
  mkdirSync(folder);
  const child = spawn(process.execPath, ['--no-warnings', CHILD, one.wasm, trace, folder, ...args]);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  while (!said.includes('\n') && child.exitCode === null) await passed(1);
  await passed(delay);
  child.kill('SIGKILL');
  await closed(child);
  const lines = said.split('\n').slice(0, -1);
  return {
    trace,
    calls: Math.max(0, ...lines.map((line) => Number.parseInt(line, 10) || 0)),
    finished: lines.includes('finished'),
    written: (statSync(join(folder, 'io.bin'), { throwIfNoEntry: false })?.size ?? 0) / 16,
  };
}

const passed = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const closed = (child: ChildProcess): Promise<void> =>
  new Promise((done) => child.once('close', () => done()));

describe('a recorder that is killed', () => {
  const random = randomFrom(2026);
  const trials = Array.from({ length: 15 }, (_, i) => ({
    trial: i + 1,
    example: i % 5 === 4 ? 'compute-O0g' : 'syscalls-O2',
    args: i % 5 === 4 ? ['100000000'] : ['100000000'],
    delay: random.below(i < 5 ? 30 : 600),
  }));

  test.each(trials)('trial $trial: $example, after $delay ms', async ({ example, args, delay }) => {
    const { trace, calls, finished, written } = await kill(example, args, delay);
    expect(finished).toBe(false);
    expect(statSync(trace).mode & 0o777).toBe(0o600);
    // what the child says is counted when it is in the trace, so not one call of it may be missing
    const reader = new TraceReader(trace);
    const { eventCount, meta, complete, damage } = reader;
    let decoded = 0;
    let writes = 0;
    for (const event of reader.events()) {
      if (event.kind !== 'call') continue;
      decoded++;
      if (event.name === 'fd_write' && Number(event.args[0]) > 2) writes++;
    }
    reader.close();
    expect({ complete, damage, outcome: meta.outcome }).toEqual({
      complete: false,
      damage: undefined,
      outcome: undefined,
    });
    expect(decoded).toBeGreaterThanOrEqual(calls);
    expect(writes).toBeLessThanOrEqual(written);
    expect(written - writes).toBeLessThan(MAX_LOST);

    const again = await replayed(trace);
    expect(again).toMatchObject({ status: 'prefix', events: eventCount, divergence: undefined });
    expect(again.notes.join()).toContain('killed');
    expect(existsSync(`${trace}-wal`)).toBe(true);

    await completeIndex(trace);
    const db = new Database(trace, { readonly: true });
    const rows = db.prepare('select count(*) from calls').pluck().get();
    db.close();
    expect(rows).toBe(decoded);
  });
});
