/** What a program passed on unread, as a trace keeps it: in pieces, and as far as it can be trusted. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type ForwardedPiece,
  isWhole,
  listForwarded,
  readForwarded,
  storeForwarded,
} from '../../traces/forwarded.ts';

let db: Database.Database;
beforeEach(() => {
  db = new Database(':memory:');
});
afterEach(() => void db.close());

const NONE = new Uint8Array(0);

function piece(id: number, text: string, size?: number): ForwardedPiece {
  return { id, event: 10 * id, part: 'body', bytes: Buffer.from(text), size };
}

test('is there in pieces, and whole with the last of them', () => {
  expect(listForwarded(db, 0, 100)).toEqual([]);
  storeForwarded(db, piece(1, 'one '));
  storeForwarded(db, piece(2, 'other'));
  storeForwarded(db, piece(1, 'two'));
  const entry = () => listForwarded(db, 10, 11)[0];
  expect(entry()).toEqual({ id: 1, event: 10, part: 'body', size: null, kept: 7 });
  storeForwarded(db, { ...piece(1, '', 7), bytes: NONE });
  storeForwarded(db, { ...piece(2, '', 9), bytes: NONE });
  expect(listForwarded(db, 0, 100).map(isWhole)).toEqual([true, false]);
  expect(Buffer.from(readForwarded(db, { id: 1 }, 100)).toString()).toBe('one two');
  expect(Buffer.from(readForwarded(db, { id: 1 }, 5)).toString()).toBe('one t');
});

test.each([
  ['shorter than it says', 'update forwarded_bytes set length = 5'],
  ['longer than it says', 'update forwarded_bytes set length = 2'],
  ['larger than any', 'update forwarded_bytes set length = 99999999999'],
  ['nothing of zstd', "update forwarded_bytes set data = x'00112233'"],
  ['no bytes', "update forwarded_bytes set data = 'text'"],
])('is refused where it is %s', (_, sql) => {
  storeForwarded(db, piece(1, 'one', 3));
  db.exec(sql);
  expect(() => readForwarded(db, { id: 1 }, 100)).toThrow();
});

test('what is no entry is left out', () => {
  storeForwarded(db, piece(1, 'one', 3));
  db.exec("insert into forwarded values (2, 1, 'soul', 1, 1), (3, 'x', 'body', 1, 1)");
  db.exec("insert into forwarded values (4, 1, 'body', 'many', 1), (5, 1, 'body', 1, 'all')");
  expect(listForwarded(db, 0, 100).map(({ id, size }) => [id, size])).toEqual([
    [4, null],
    [1, 3],
  ]);
});
