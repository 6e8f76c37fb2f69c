/**
 * Rows of numbers, and a text, as the pages of a SQLite file, which SQLite takes over without looking into them: an
 * `insert into … select * from` a table of the same form copies records as they are. Hot path, run for every
 * recorded call of a program that makes many: 0.25 µs a row, by statements of 64 rows 0.6 µs (bench/micro.ts).
 *
 * What is written here is a b-tree of two levels below the root page, of table leaf cells:
 * https://www.sqlite.org/fileformat2.html#b_tree_pages
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { PAGE_SIZE } from './schema.ts';

/** Of the file's pages, in KiB: each is read once. */
const CACHE_KIB = 100;

/** Offsets in the header of a file. */
const FILE = { changes: 24, pages: 28, validFor: 92 } as const;
const LEAF = { kind: 13, header: 8 } as const;
const INTERIOR = { kind: 5, header: 12 } as const;

/** The table's root is the second page; its leaves follow. */
const ROOT_AT = PAGE_SIZE;
const FIRST_LEAF = 2;

/** A cell of the root has 11 bytes at most, with its pointer. */
const MAX_LEAVES = Math.floor((PAGE_SIZE - INTERIOR.header) / 11);

/** Bytes of an integer by its serial type; 8 and 9 stand for 0 and 1, 0 for null. */
const SIZES = [0, 1, 2, 3, 4, 6, 8, 0, 0, 0] as const;
const INT64 = 6;
/** Serial type of an empty text; each byte adds 2. */
const TEXT = 13;

/** Values of a row behind its key. */
const COLUMNS = 4;

/** Characters of a text: with 3 bytes each a row still has room in a page. */
const MAX_TEXT = 2000;

const UTF8 = new TextEncoder();

/** A number from 0 to 2^53 - 1, or 64 bits. */
export type RowValue = number | bigint | null;

export class RowPages {
  private readonly file: number;
  private readonly takeOver: Database.Statement;
  private bytes = new Uint8Array(PAGE_SIZE * 16);
  private view = new DataView(this.bytes.buffer);
  /** SQLite reads a page again where this has changed. */
  private changes: number;
  /** The last key of each leaf that is complete. */
  private lastKeys: number[] = [];
  private key = -1;
  /** The leaf that is being filled: where it begins, its cells, the next pointer to one, and the last one. */
  private leafAt = FIRST_LEAF * PAGE_SIZE;
  private cells = 0;
  private pointerAt = this.leafAt + LEAF.header;
  private cellAt = this.leafAt + PAGE_SIZE;
  /** The text of a row in UTF-8. */
  private readonly text = new Uint8Array(MAX_TEXT * 3);

  /**
   * @param db whose table `call_rows` gets the rows
   * @param table the statement that makes it
   * @param path of a file to be made, which has no name any more afterwards
   */
  constructor(db: Database.Database, table: string, path: string) {
    this.file = openSync(path, 'wx+', 0o600);
    try {
      const maker = new Database(path);
      maker.pragma(`page_size = ${PAGE_SIZE}`);
      maker.pragma('journal_mode = OFF');
      maker.pragma('synchronous = OFF');
      maker.exec(table);
      maker.close();
      readSync(this.file, this.bytes, 0, PAGE_SIZE, 0);
      this.changes = this.view.getUint32(FILE.changes);
      db.prepare('attach ? as pages').run(path);
      db.pragma(`pages.cache_size = -${CACHE_KIB}`);
      this.takeOver = db.prepare('insert into main.call_rows select * from pages.call_rows');
    } finally {
      rmSync(path, { force: true });
    }
  }

  /** Whether a row with this key and last value can be added before the next {@link store}. */
  takes(key: number, value: RowValue | string): boolean {
    const isShort = typeof value !== 'string' || value.length <= MAX_TEXT;
    return isShort && key > this.key && this.lastKeys.length < MAX_LEAVES - 1;
  }

  /** Four columns of a row; its key goes up from row to row. */
  add(key: number, a: RowValue, b: RowValue, c: RowValue, d: RowValue | string): void {
    const isText = typeof d === 'string';
    const textSize = isText ? this.encode(d) : 0;
    const [aType, bType, cType] = [typeOf(a), typeOf(b), typeOf(c)];
    const dType = isText ? TEXT + 2 * textSize : typeOf(d);
    const dSize = isText ? textSize : sizeOf(dType);
    const head = 1 + COLUMNS + varintSize(dType);
    const size = head + sizeOf(aType) + sizeOf(bType) + sizeOf(cType) + dSize;
    const whole = varintSize(size) + varintSize(key) + size;
    if (this.cellAt - whole < this.pointerAt + 2) this.nextLeaf();
    this.cellAt -= whole;
    this.view.setUint16(this.pointerAt, this.cellAt - this.leafAt);
    this.pointerAt += 2;
    this.cells++;
    this.key = key;
    const { bytes } = this;
    let at = this.cellAt;
    at = this.varint(size, at);
    at = this.varint(key, at);
    // the record: size of its head, a null in place of the key, types, values
    bytes[at++] = head;
    bytes[at++] = 0;
    bytes[at++] = aType;
    bytes[at++] = bType;
    bytes[at++] = cType;
    at = this.varint(dType, at);
    at = this.value(a, aType, at);
    at = this.value(b, bType, at);
    at = this.value(c, cType, at);
    if (!isText) this.value(d, dType, at);
    else for (let i = 0; i < textSize; i++) bytes[at++] = this.text[i] as number;
  }

  /** Puts the rows that were added into the table. Once in a transaction: SQLite reads the file as it was first. */
  store(): void {
    if (this.cells === 0) return;
    this.endLeaf();
    const pages = this.writeRoot();
    const { view, bytes } = this;
    view.setUint32(FILE.changes, ++this.changes);
    view.setUint32(FILE.validFor, this.changes);
    view.setUint32(FILE.pages, pages);
    this.lastKeys = [];
    this.startLeaf(FIRST_LEAF * PAGE_SIZE);
    const length = pages * PAGE_SIZE;
    if (writeSync(this.file, bytes, 0, length, 0) !== length) throw new Error('the disk is full');
    this.takeOver.run();
  }

  close(): void {
    closeSync(this.file);
  }

  /** @returns bytes of the text, which stand in {@link text} */
  private encode(value: string): number {
    const { text } = this;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return UTF8.encodeInto(value, text).written;
      text[i] = code;
    }
    return value.length;
  }

  private nextLeaf(): void {
    this.endLeaf();
    const at = this.leafAt + PAGE_SIZE;
    if (at === this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    this.startLeaf(at);
  }

  private startLeaf(at: number): void {
    this.leafAt = at;
    this.cells = 0;
    this.pointerAt = at + LEAF.header;
    this.cellAt = at + PAGE_SIZE;
  }

  private endLeaf(): void {
    this.writeHeader(this.leafAt, LEAF.kind, this.cells, this.cellAt);
    this.lastKeys.push(this.key);
  }

  /** @returns how many pages there are */
  private writeRoot(): number {
    const { view, bytes, lastKeys } = this;
    const last = lastKeys.length - 1;
    if (last === 0) {
      // a root may not have a single leaf: it is the leaf then
      bytes.copyWithin(ROOT_AT, this.leafAt, this.leafAt + PAGE_SIZE);
      return FIRST_LEAF;
    }
    let cellAt = ROOT_AT + PAGE_SIZE;
    for (let i = 0; i < last; i++) {
      const key = lastKeys[i] as number;
      cellAt -= 4 + varintSize(key);
      view.setUint32(cellAt, pageNumber(i));
      this.varint(key, cellAt + 4);
      view.setUint16(ROOT_AT + INTERIOR.header + 2 * i, cellAt - ROOT_AT);
    }
    this.writeHeader(ROOT_AT, INTERIOR.kind, last, cellAt);
    view.setUint32(ROOT_AT + 8, pageNumber(last));
    return FIRST_LEAF + lastKeys.length;
  }

  private writeHeader(at: number, kind: number, cells: number, cellAt: number): void {
    const { view } = this;
    view.setUint8(at, kind);
    view.setUint16(at + 3, cells);
    view.setUint16(at + 5, cellAt - at);
  }

  /** Big-endian base 128, up to 2^35. */
  private varint(value: number, from: number): number {
    const { bytes } = this;
    const size = varintSize(value);
    let rest = value;
    for (let at = from + size - 1; at >= from; at--) {
      bytes[at] = (rest & 0x7f) | 0x80;
      rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7;
    }
    bytes[from + size - 1] = value & 0x7f;
    return from + size;
  }

  private value(value: RowValue, type: number, from: number): number {
    const size = sizeOf(type);
    if (type === INT64) this.view.setBigInt64(from, BigInt.asIntN(64, BigInt(value ?? 0)));
    else if (size > 0) {
      let rest = value as number;
      for (let at = from + size - 1; at >= from; at--) {
        this.bytes[at] = rest;
        rest = rest > 0x7fffffff ? Math.floor(rest / 256) : rest >>> 8;
      }
    }
    return from + size;
  }
}

function pageNumber(leaf: number): number {
  // they count from 1
  return FIRST_LEAF + leaf + 1;
}

function sizeOf(type: number): number {
  return SIZES[type] as number;
}

function typeOf(value: RowValue): number {
  if (value === null) return 0;
  if (typeof value === 'bigint') return INT64;
  if (value < 2) return 8 + value;
  if (value < 2 ** 7) return 1;
  if (value < 2 ** 15) return 2;
  if (value < 2 ** 23) return 3;
  if (value < 2 ** 31) return 4;
  return value < 2 ** 47 ? 5 : INT64;
}

/** Up to 2^35. */
function varintSize(value: number): number {
  if (value < 2 ** 7) return 1;
  if (value < 2 ** 14) return 2;
  if (value < 2 ** 21) return 3;
  return value < 2 ** 28 ? 4 : 5;
}
