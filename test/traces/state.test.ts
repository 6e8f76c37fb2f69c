/** Whether a trace is being recorded, and removing one that others use. */
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { removeUnwritten } from '../../traces/claim.ts';
import { OutputFile } from '../../traces/output-file.ts';
import { TraceReader } from '../../traces/reader.ts';
import { processIdentity } from '../../traces/recorder-process.ts';
import { SCHEMA } from '../../traces/schema.ts';
import { checkFile, stateOf, type TraceState } from '../../traces/state.ts';
import { guest } from '../guests/guests.ts';
import { Scratch } from '../recorder/scratch.ts';
import { copyTrace, eventsOf, lineOf, putMeta } from './edit-trace.ts';
import { GrowingRun } from './growing.ts';

const scratch = new Scratch('state');
afterAll(() => scratch.remove());

const recorded = scratch.recordGuest(guest('exit-3'));

/** The state of a copy without its end, recorded by this process or by another one. */
async function stateWith(pid: number, identity: string | undefined): Promise<TraceState> {
  const path = copyTrace((await recorded).trace, scratch.fresh('.wrr'), (db) => {
    db.exec(`delete from meta where key in ('outcome', 'events', 'calls', 'process')`);
    putMeta(db, 'pid', pid);
    if (identity !== undefined) putMeta(db, 'process', identity);
  });
  const reader = new TraceReader(path);
  try {
    return stateOf(reader);
  } finally {
    reader.close();
  }
}

/** Of no process that can run. */
const NOBODY = 2 ** 30;

describe('a trace without an end', () => {
  test('is being recorded while its recorder runs', async () => {
    expect(await stateWith(process.pid, undefined)).toBe('recording');
    expect(await stateWith(NOBODY, undefined)).toBe('incomplete');
  });

  test.skipIf(processIdentity(process.pid) === undefined)(
    'is incomplete where another process has the number of its recorder',
    async () => {
      const own = processIdentity(process.pid) ?? '';
      expect(await stateWith(process.pid, own)).toBe('recording');
      expect(await stateWith(NOBODY, own)).toBe('incomplete');
      for (const other of [own.replace(/\d+$/, '1'), own.replace(/^\S+/, 'another-boot'), '']) {
        expect(await stateWith(process.pid, other)).toBe('incomplete');
      }
    },
  );
});

describe('removing a trace', () => {
  test('that is being recorded is refused, and it stays whole', async () => {
    const run = await GrowingRun.begin(scratch.fresh('.wrr'));
    await run.call('yield', 10);
    expect(() => removeUnwritten(run.trace)).toThrow(
      expect.objectContaining({ code: 'TRACE_IS_BUSY' }),
    );
    await run.call('yield', 10);
    await run.finish();
    expect(eventsOf(run.trace).length).toBe(24);
    removeUnwritten(run.trace);
    expect(existsSync(run.trace)).toBe(false);
  });

  test('that somebody reads: the reader reads on', async () => {
    const trace = copyTrace((await recorded).trace, scratch.fresh('.wrr'));
    const before = eventsOf(trace).map(lineOf);
    const reader = new TraceReader(trace);
    removeUnwritten(trace);
    expect(existsSync(trace)).toBe(false);
    expect([...reader.events()].map(lineOf)).toEqual(before);
    expect(reader.module().length).toBeGreaterThan(0);
    checkFile(reader);
    reader.close();
  });
});

describe('what a recorder leaves that is killed before it has begun', () => {
  const BEGINNINGS: Readonly<Record<string, (db: Database.Database) => void>> = {
    'an empty file': () => {},
    'no table yet': (db) => db.pragma('journal_mode = WAL'),
    'no description yet': (db) => db.exec(SCHEMA),
  };

  test.each(Object.entries(BEGINNINGS))('%s', (_what, begin) => {
    const path = scratch.fresh('.wrr');
    const file = new OutputFile(path);
    const db = new Database(path);
    begin(db);
    db.close();
    expect(() => new TraceReader(path)).toThrow(
      expect.objectContaining({
        code: 'TRACE_TRUNCATED',
        message: expect.stringContaining('holds nothing yet'),
      }),
    );
    file.freeSpare();
    removeUnwritten(path);
    expect(existsSync(`${path}-ring`)).toBe(false);
  });
});
