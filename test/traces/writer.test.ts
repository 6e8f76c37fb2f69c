/** What `--sync` stands for: the connection that writes waits for the disk at each transaction. */
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { TraceWriter } from '../../traces/writer.ts';
import { Scratch } from '../recorder/scratch.ts';

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
