/** Which traces prune removes, what it leaves alone, and who may do what at the same time. */
import { fork } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRecording, type PruneLimits, pruneTraces, record } from '../../index.ts';
import { addBookmark } from '../../traces/annotations.ts';
import { latestTrace, listTraces, nextTracePath } from '../../traces/folder.ts';
import { TraceReader } from '../../traces/reader.ts';
import { guestModule } from '../guests/guests.ts';
import { Scratch } from '../recorder/scratch.ts';
import { copyTrace, putMeta } from './edit-trace.ts';

const scratch = new Scratch('prune');
/** Traces of runs that ended so, outside of the folder. */
let models: { readonly success: string; readonly failure: string };
let folder: string;

beforeAll(async () => {
  const of = async (guest: string) => {
    const output = scratch.fresh('.wrr');
    await record({ module: await guestModule(guest), output });
    return output;
  };
  models = { success: await of('exit-0'), failure: await of('exit-3') };
});
beforeEach(() => {
  folder = scratch.fresh();
  mkdirSync(folder);
});
afterAll(() => scratch.remove());

const DAY_S = 24 * 60 * 60;

/** Puts a trace into the folder that was last written so many days ago. @returns its path */
function put(name: string, days: number, model = models.success): string {
  const path = join(folder, name);
  copyFileSync(model, path);
  age(path, days);
  return path;
}

function age(path: string, days: number): void {
  const then = Date.now() / 1000 - days * DAY_S;
  utimesSync(path, then, then);
}

function prune(limits: PruneLimits, dryRun = false): string[] {
  return [...pruneTraces(folder, limits, dryRun)].map(({ name, kept }) =>
    kept === undefined ? name : `${name}: ${kept}`,
  );
}

const left = () => readdirSync(folder).toSorted();

describe('limits', () => {
  test('older than some days, the oldest first', () => {
    put('b-1.wrr', 3);
    put('a-1.wrr', 2.5);
    put('c-10.wrr', 1.9);
    expect(prune({ keepDays: 10 })).toEqual([]);
    expect(prune({ keepDays: 2 })).toEqual(['b-1.wrr', 'a-1.wrr']);
    expect(left()).toEqual(['c-10.wrr']);
    expect(prune({ keepDays: 0 })).toEqual(['c-10.wrr']);
  });

  test('as few as it takes to be no larger, exactly', () => {
    const size = statSync(models.success).size;
    for (let i = 1; i <= 5; i++) put(`a-${i}.wrr`, 10 - i);
    expect(prune({ maxSize: 5 * size })).toEqual([]);
    expect(prune({ maxSize: 5 * size - 1 })).toEqual(['a-1.wrr']);
    expect(prune({ maxSize: 2 * size })).toEqual(['a-2.wrr', 'a-3.wrr']);
    expect(prune({ maxSize: 0 })).toEqual(['a-4.wrr', 'a-5.wrr']);
  });

  test('both: what is too old counts for the size', () => {
    const size = statSync(models.success).size;
    for (let i = 1; i <= 4; i++) put(`a-${i}.wrr`, 10 - i);
    expect(prune({ keepDays: 8.5, maxSize: 3 * size })).toEqual(['a-1.wrr']);
    expect(prune({ keepDays: 6.5, maxSize: size })).toEqual(['a-2.wrr', 'a-3.wrr']);
  });

  test('the write-ahead log counts, and goes with its trace', () => {
    const path = put('a-1.wrr', 5);
    const db = new Database(path);
    db.pragma('journal_mode = WAL');
    db.exec('create table filler as select zeroblob(100000) as data');
    const copies = [path, `${path}-wal`].map((from) => {
      const to = from.replace('a-1', 'b-1');
      copyFileSync(from, to);
      age(to, 4);
      return to;
    });
    db.close();
    age(path, 5);
    const total = listTraces(folder).reduce((sum, { size }) => sum + size, 0);
    expect(total).toBeGreaterThan(statSync(path).size + 100_000);
    expect(prune({ maxSize: total - 1 })).toEqual(['a-1.wrr']);
    expect(copies.every((copy) => existsSync(copy))).toBe(true);
    expect(prune({ maxSize: 0 })).toEqual(['b-1.wrr']);
    expect(left()).toEqual([]);
  });

  test('a dry run says the same and changes nothing', () => {
    for (let i = 1; i <= 3; i++) put(`a-${i}.wrr`, 10 - i);
    put('failed-1.wrr', 5, models.failure);
    const before = left().map((name) => statSync(join(folder, name)).mtimeMs);
    const limits = { maxSize: 1, keepFailed: true };
    const said = prune(limits, true);
    expect(left().map((name) => statSync(join(folder, name)).mtimeMs)).toEqual(before);
    expect(prune(limits)).toEqual(said);
    expect(said).toEqual(['a-1.wrr', 'a-2.wrr', 'a-3.wrr', 'failed-1.wrr: failed']);
  });

  test('a folder that is not there', () => {
    rmSync(folder, { recursive: true });
    expect(prune({ keepDays: 0 })).toEqual([]);
  });
});

describe('what stays', () => {
  test('failed runs, on request: those without an end and damaged ones too', () => {
    put('failed-1.wrr', 9, models.failure);
    age(
      copyTrace(models.success, join(folder, 'killed-1.wrr'), (db) => {
        db.exec("delete from meta where key in ('outcome', 'pid')");
      }),
      8,
    );
    age(
      copyTrace(models.success, join(folder, 'damaged-1.wrr'), (db) => db.exec('drop table meta')),
      7,
    );
    put('a-1.wrr', 6);
    const kept = ['failed-1.wrr', 'killed-1.wrr', 'damaged-1.wrr'];
    expect(prune({ keepDays: 0, keepFailed: true })).toEqual([
      ...kept.map((name) => `${name}: failed`),
      'a-1.wrr',
    ]);
    expect(prune({ keepDays: 0 })).toEqual(kept);
    expect(left()).toEqual([]);
  });

  test('one with bookmarks', () => {
    const path = put('a-1.wrr', 9);
    addBookmark(path, { event: 0, name: 'here' });
    age(path, 9);
    expect(prune({ keepDays: 1, maxSize: 0 })).toEqual(['a-1.wrr: bookmarked']);
    expect(existsSync(path)).toBe(true);
  });

  test('one that is being recorded, however old its file looks', async () => {
    const output = join(folder, 'a-1.wrr');
    const recording = await openRecording({ module: await guestModule('exit-0'), output });
    for (const suffix of ['', '-wal']) age(output + suffix, 9);
    expect(prune({ keepDays: 1 })).toEqual(['a-1.wrr: recording']);
    // nor where nothing says so but the lock on its file
    const writer = new Database(output);
    writer.exec("delete from meta where key = 'pid'");
    writer.close();
    for (const suffix of ['', '-wal']) age(output + suffix, 9);
    expect(prune({ keepDays: 1 })).toEqual(['a-1.wrr: inUse']);
    await recording.call('_start');
    await recording.finish();
    expect(new TraceReader(output).complete).toBe(true);
  });

  test('one that somebody writes to, until it is written', () => {
    const path = put('a-1.wrr', 9);
    const db = new Database(path);
    db.exec('begin immediate');
    putMeta(db, 'note', 'mine');
    expect(prune({ keepDays: 1 })).toEqual(['a-1.wrr: inUse']);
    db.exec('rollback');
    db.close();
    expect(prune({ keepDays: 1 })).toEqual(['a-1.wrr']);
  });

  test('files that are no traces, or of a newer version', () => {
    put('newer-1.wrr', 9);
    const db = new Database(join(folder, 'newer-1.wrr'));
    db.pragma('user_version = 99');
    db.close();
    writeFileSync(join(folder, 'text.wrr'), 'precious');
    writeFileSync(join(folder, 'empty.wrr'), '');
    writeFileSync(join(folder, 'notes.txt'), 'precious');
    for (const name of left()) age(join(folder, name), 9);
    expect(prune({ keepDays: 1, maxSize: 0 }).toSorted()).toEqual([
      'empty.wrr: unknown',
      'newer-1.wrr: unknown',
      'text.wrr: unknown',
    ]);
    expect(left()).toEqual(['empty.wrr', 'newer-1.wrr', 'notes.txt', 'text.wrr']);
  });
});

describe('at the same time', () => {
  test('who reads a trace reads on when it is removed', () => {
    const path = put('a-1.wrr', 9);
    const reader = new TraceReader(path);
    expect(prune({ keepDays: 1 })).toEqual(['a-1.wrr']);
    expect([...reader.events()].length).toBe(reader.eventCount);
    expect(reader.module().length).toBeGreaterThan(0);
    reader.close();
    expect(left()).toEqual([]);
  });

  test('a trace that took the name of a removed one stays', () => {
    const names = ['a-1.wrr', 'a-2.wrr'].map((name, i) => put(name, 9 - i));
    const steps = pruneTraces(folder, { keepDays: 1 });
    expect(steps.next().value).toMatchObject({ name: 'a-1.wrr', kept: undefined });
    rmSync(names[1] as string);
    put('a-2.wrr', 0);
    expect([...steps]).toMatchObject([{ name: 'a-2.wrr', kept: 'inUse' }]);
  });

  test('several prunes: each trace is removed once, and no more than the limit asks for', async () => {
    const size = statSync(models.success).size;
    for (let i = 1; i <= 60; i++) put(`a-${i}.wrr`, 100 - i);
    const child = join(import.meta.dirname, 'prune-child.ts');
    const runs = Array.from({ length: 3 }, () => {
      const process = fork(child, [folder, String(20 * size)]);
      return new Promise<string[]>((resolve, reject) => {
        process.once('message', (names) => resolve(names as string[]));
        process.once('exit', (code) => reject(new Error(`ended with ${code}`)));
      });
    });
    const removed = (await Promise.all(runs)).flat();
    expect(removed.length).toBe(40);
    expect(new Set(removed)).toEqual(
      new Set(Array.from({ length: 40 }, (_, i) => `a-${i + 1}.wrr`)),
    );
    expect(left().length).toBe(20);
  });
});

describe('the folder', () => {
  test('the latest is the last written, and of the same moment the one with the larger number', () => {
    for (const [name, days] of [
      ['b-1', 3],
      ['a-2', 2],
      ['a-10', 2],
      ['a-9', 2],
    ] as const) {
      put(`${name}.wrr`, 0);
      utimesSync(join(folder, `${name}.wrr`), 0, 1_000_000 - days);
    }
    const names = ['a-10.wrr', 'a-9.wrr', 'a-2.wrr', 'b-1.wrr'];
    expect(listTraces(folder).map(({ name }) => name)).toEqual(names);
    expect(latestTrace(folder)).toBe(join(folder, 'a-10.wrr'));
    utimesSync(join(folder, 'b-1.wrr'), 0, 2_000_000);
    expect(latestTrace(folder)).toBe(join(folder, 'b-1.wrr'));
  });

  test('a number is not given again while anything of its trace is there', () => {
    put('a-3.wrr', 0);
    writeFileSync(join(folder, 'a-7.wrr-wal'), '');
    writeFileSync(join(folder, 'a-9.wrr.bak'), '');
    expect(nextTracePath(folder, 'a.wasm')).toBe(join(folder, 'a-8.wrr'));
    expect(nextTracePath(folder, 'b.wasm')).toBe(join(folder, 'b-1.wrr'));
  });
});
