/** Rows that SQLite takes over as pages are the rows that statements would have inserted. */
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { RowPages, type RowValue } from '../../traces/row-pages.ts';
import { CALL_ROWS, PAGE_SIZE } from '../../traces/schema.ts';
import { Scratch } from '../recorder/scratch.ts';

const scratch = new Scratch('row-pages');
afterAll(() => scratch.remove());

type Row = readonly [number, RowValue, RowValue, RowValue, RowValue | string];

/** Around every size that an integer is stored in. */
const VALUES: readonly RowValue[] = [
  ...[0, 1, 2, 7, 8, 15, 16, 23, 24, 31, 32, 47, 48, 53].flatMap((bits) => [
    2 ** bits - 1,
    Math.min(2 ** bits, 2 ** 53 - 1),
  ]),
  2n ** 53n,
  2n ** 63n - 1n,
  null,
];

function opened(): { db: Database.Database; path: string } {
  const path = scratch.fresh('.db');
  const db = new Database(path);
  db.pragma(`page_size = ${PAGE_SIZE}`);
  db.pragma('journal_mode = WAL');
  db.exec(CALL_ROWS);
  return { db, path };
}

/** Some rows, keys with gaps of up to three. */
function rows(count: number, from = 0): Row[] {
  const list: Row[] = [];
  for (let i = 0; i < count; i++) {
    const value = (shift: number) => VALUES[(i + shift) % VALUES.length] as RowValue;
    list.push([from + i * 3, value(0) ?? 0, value(5) ?? 0, value(11), value(17)]);
  }
  return list;
}

/** A text of so many UTF-16 units. */
function longer(text: string, length: number): string {
  return text
    .repeat(length)
    .slice(0, length)
    .replace(/[\ud800-\udbff]$/, '-');
}

function store(db: Database.Database, pages: RowPages, list: readonly Row[]): void {
  db.exec('begin');
  for (const row of list) {
    expect(pages.takes(row[0], row[4])).toBe(true);
    pages.add(...row);
  }
  pages.store();
  db.exec('commit');
}

function stored(db: Database.Database): unknown[] {
  return db.prepare('select * from main.call_rows order by seq').safeIntegers().raw().all();
}

function asBigints(list: readonly Row[]): unknown[] {
  return list.map((row) =>
    row.map((value) => (value === null || typeof value === 'string' ? value : BigInt(value))),
  );
}

test.each([
  ['one row', [1]],
  ['one page', [100]],
  ['one page, again and again', [3, 1, 200, 2]],
  ['many pages, then few, then many', [5000, 10, 700, 20_000]],
])('%s', (_, counts) => {
  const { db, path } = opened();
  const pages = new RowPages(db, CALL_ROWS, `${path}-rows`);
  const all: Row[] = [];
  for (const count of counts) {
    const more = rows(count, all.length * 3 + 1);
    store(db, pages, more);
    all.push(...more);
  }
  expect(stored(db)).toEqual(asBigints(all));
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  pages.close();
  db.close();
});

test('keys of every size', () => {
  const { db, path } = opened();
  const pages = new RowPages(db, CALL_ROWS, `${path}-rows`);
  // 600 rows take several pages, so that such keys stand in the root as well
  const all = [1, 2 ** 14 - 900, 2 ** 21 - 900, 2 ** 28 - 900, 2 ** 32].flatMap((from) => {
    const list = rows(600, from);
    store(db, pages, list);
    return list;
  });
  expect(stored(db)).toEqual(asBigints(all));
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  pages.close();
  db.close();
});

test('texts of every size, digits among them, until they are too long for a page', () => {
  const { db, path } = opened();
  const pages = new RowPages(db, CALL_ROWS, `${path}-rows`);
  // sizes around those from which on a row, and the type of a text, take another byte in front
  const lengths = [0, 1, 20, 57, 58, 110, 118, 119, 120, 130, 500, 1999, 2000];
  const texts = lengths.flatMap((length) =>
    ['a', '7', 'é', '…', '😀 '].map((of) => longer(of, length)),
  );
  const all = texts.map((text, i): Row => [i * 3 + 1, i, 2 ** 40, i === 5 ? null : 12, text]);
  store(db, pages, all);
  store(db, pages, [[10_000, 1, 1, 1, '18446744073709551615']]);
  expect(stored(db)).toEqual(asBigints([...all, [10_000, 1, 1, 1, '18446744073709551615']]));
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(pages.takes(20_000, longer('a', 2001))).toBe(false);
  pages.close();
  db.close();
});

test('takes no more than its root has room for, and keys in order only', () => {
  const { db, path } = opened();
  const pages = new RowPages(db, CALL_ROWS, `${path}-rows`);
  let key = 0;
  const large = 2 ** 53 - 1;
  while (pages.takes(key, large)) pages.add(key++, large, large, large, large);
  expect(key).toBeGreaterThan(100_000);
  db.exec('begin');
  pages.store();
  db.exec('commit');
  expect(db.prepare('select count(*), max(seq) from main.call_rows').raw().get()).toEqual([
    key,
    key - 1,
  ]);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect([pages.takes(key - 1, null), pages.takes(key, null)]).toEqual([false, true]);
  pages.close();
  db.close();
});

test('a transaction that is taken back leaves nothing, and the next one goes on', () => {
  const { db, path } = opened();
  const pages = new RowPages(db, CALL_ROWS, `${path}-rows`);
  db.exec('begin');
  for (const row of rows(1000)) pages.add(...row);
  pages.store();
  db.exec('rollback');
  expect(stored(db)).toEqual([]);
  const more = rows(1000, 5000);
  store(db, pages, more);
  expect(stored(db)).toEqual(asBigints(more));
  pages.close();
  db.close();
});

test('its file has no name', () => {
  const { db, path } = opened();
  const pages = new RowPages(db, CALL_ROWS, `${path}-rows`);
  expect(existsSync(`${path}-rows`)).toBe(false);
  pages.close();
  db.close();
});
