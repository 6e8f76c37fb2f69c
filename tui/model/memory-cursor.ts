/** Where a hex view stands: which byte is under the cursor, which are selected, which row is on top. Pure. */
import type { AddressRange } from '../trace/effects.ts';

export interface MemoryCursor {
  /** Address of the byte under the cursor. */
  readonly address: number;
  /** Address of the first byte shown; a multiple of `columns`. */
  readonly top: number;
  /** Bytes a row. */
  readonly columns: 8 | 16;
  readonly rows: number;
  /** Bytes of the memory. */
  readonly size: number;
  /** The other end of what is selected, from there to the cursor; undefined where nothing is. */
  readonly anchor?: number | undefined;
}

export const MEMORY_START: MemoryCursor = { address: 0, top: 0, columns: 16, rows: 1, size: 0 };

export function gotoAddress(cursor: MemoryCursor, address: number): MemoryCursor {
  const at = Math.max(0, Math.min(address, cursor.size - 1));
  const row = at - (at % cursor.columns);
  const span = cursor.rows * cursor.columns;
  const visible = row >= cursor.top && row < cursor.top + span;
  if (visible) return { ...cursor, address: at };
  // a third from the top: what led there is usually before it
  const top = row - Math.floor(cursor.rows / 3) * cursor.columns;
  return { ...cursor, address: at, top: clampTop(cursor, top) };
}

/** Begins a selection at the cursor; ends it where there is one. */
export function toggleSelection(cursor: MemoryCursor): MemoryCursor {
  return { ...cursor, anchor: cursor.anchor === undefined ? cursor.address : undefined };
}

/** Selects a range; its last byte, as far as the memory reaches, is under the cursor. */
export function selectRange(cursor: MemoryCursor, { address, length }: AddressRange): MemoryCursor {
  const end = gotoAddress(cursor, address + length - 1);
  return { ...end, anchor: Math.min(address, end.address) };
}

/** The selected bytes, both ends included. */
export function selectedRange({ anchor, address }: MemoryCursor): AddressRange | undefined {
  if (anchor === undefined) return undefined;
  return { address: Math.min(anchor, address), length: Math.abs(anchor - address) + 1 };
}

export function moveBytes(cursor: MemoryCursor, by: number): MemoryCursor {
  const address = Math.max(0, Math.min(cursor.address + by, cursor.size - 1));
  const row = address - (address % cursor.columns);
  const lowest = row - (cursor.rows - 1) * cursor.columns;
  const top = Math.max(lowest, Math.min(cursor.top, row));
  return { ...cursor, address, top: clampTop(cursor, top) };
}

export function moveRows(cursor: MemoryCursor, by: number): MemoryCursor {
  const to = cursor.address + by * cursor.columns;
  return to < 0 || to >= cursor.size ? cursor : moveBytes(cursor, by * cursor.columns);
}

export function movePages(cursor: MemoryCursor, by: number): MemoryCursor {
  const span = Math.max(1, cursor.rows - 1) * cursor.columns * by;
  const address = Math.max(0, Math.min(cursor.address + span, cursor.size - 1));
  const moved = { ...cursor, address, top: clampTop(cursor, cursor.top + span) };
  return moveBytes(moved, 0);
}

/** Scrolls; the cursor stays inside the window. */
export function scrollRows(cursor: MemoryCursor, by: number): MemoryCursor {
  const top = clampTop(cursor, cursor.top + by * cursor.columns);
  const column = cursor.address % cursor.columns;
  const row = Math.max(
    top,
    Math.min(cursor.address - column, top + (cursor.rows - 1) * cursor.columns),
  );
  return { ...cursor, top, address: Math.max(0, Math.min(row + column, cursor.size - 1)) };
}

/** Fits the view to a window; the byte under the cursor stays. */
export function fitMemory(
  cursor: MemoryCursor,
  columns: 8 | 16,
  rows: number,
  size: number,
): MemoryCursor {
  if (cursor.columns === columns && cursor.rows === rows && cursor.size === size) return cursor;
  const top = cursor.top - (cursor.top % columns);
  const anchor = cursor.anchor === undefined ? undefined : Math.min(cursor.anchor, size - 1);
  return moveBytes({ ...cursor, columns, rows: Math.max(1, rows), size, top, anchor }, 0);
}

function clampTop({ columns, rows, size }: MemoryCursor, top: number): number {
  const last = Math.max(0, Math.ceil(size / columns) - rows) * columns;
  return Math.max(0, Math.min(top - (top % columns), last));
}
