/** What `--sync` stands for: the connection that writes waits for the disk at each transaction. And `ulimit -f`. */
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { TraceWriter } from '../../traces/writer.ts';
import { Scratch } from '../recorder/scratch.ts';
import { randomFrom } from '../wasi/random.ts';

const limits = vi.hoisted(() => ({ fileSize: undefined as number | undefined }));
vi.mock('../../traces/file-size-limit.ts', () => ({ fileSizeLimit: () => limits.fileSize }));

/** As SQLite numbers them. */
const [OFF, FULL] = [0, 2];

test.each([
  ['waits for the disk with sync', true, FULL],
  ['does not without', false, OFF],
])('a trace is written by one connection, which %s', (_how, sync, expected) => {
  const scratch = new Scratch('writer');
  const path = scratch.fresh('.wrr');
  const connections = new Set<Database.Database>();
  const { pragma } = Database.prototype;
  const watched = vi.spyOn(Database.prototype, 'pragma').mockImplementation(function (
    this: Database.Database,
    ...args
  ) {
    connections.add(this);
    return pragma.apply(this, args);
  });
  onTestFinished(() => watched.mockRestore());
  const writer = new TraceWriter(path, { sync });
  const [db, ...others] = [...connections];
  expect(others).toEqual([]);
  expect(db?.name).toBe(path);
  expect(db?.pragma('synchronous', { simple: true })).toBe(expected);
  expect(db?.pragma('journal_mode', { simple: true })).toBe('wal');
  writer.discard();
  scratch.remove();
});

test('where files may not grow, all that was written fits into the database, and the end of the trace with it', () => {
  limits.fileSize = 1 << 20;
  onTestFinished(() => {
    limits.fileSize = undefined;
  });
  const scratch = new Scratch('writer');
  onTestFinished(() => scratch.remove());
  const path = scratch.fresh('.wrr');
  const writer = new TraceWriter(path);
  const random = randomFrom(1);
  let stored = 0;
  const append = () => {
    const of = { firstEvent: stored, lastEvent: stored, events: 1, startNs: 0 };
    writer.append(() => ({ ...of, bytes: random.bytes(50_000) }));
    stored++;
  };
  expect(() => {
    for (;;) append();
  }).toThrow(
    expect.objectContaining({
      code: 'TRACE_WRITE_FAILED',
      message: expect.stringContaining('ulimit -f'),
    }),
  );
  // the rest is set aside
  expect(stored).toBeGreaterThan(14);
  const outcome = { kind: 'failed', message: 'm'.repeat(20_000) } as const;
  writer.finishCutShort({ events: stored, calls: 0, durationNs: 0, outcome, finalMemory: null });
  expect(statSync(path).size).toBeLessThanOrEqual(1 << 20);
  const db = new Database(path, { readonly: true });
  expect(db.prepare('select count(*) from segments').pluck().get()).toBe(stored);
  expect(db.prepare("select value from meta where key = 'outcome'").pluck().get()).toBe(
    JSON.stringify(outcome),
  );
  db.close();
});
