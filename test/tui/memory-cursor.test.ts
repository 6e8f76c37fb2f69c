import { describe, expect, it } from 'vitest';
import {
  fitMemory,
  gotoAddress,
  type MemoryCursor,
  moveBytes,
  movePages,
  moveRows,
  scrollRows,
} from '../../tui/model/memory-cursor.ts';
import { pointerAt, searchBytes, searchProblem, typedValues } from '../../tui/model/value-types.ts';

const view: MemoryCursor = { address: 0x1000, top: 0xf80, columns: 16, rows: 20, size: 65536 };

describe('the hex view', () => {
  it('keeps the byte under the cursor when its width changes', () => {
    expect(fitMemory(view, 8, 5, view.size).address).toBe(0x1000);
    const narrow = fitMemory({ ...view, address: 0x1009 }, 8, 1, view.size);
    expect(narrow).toMatchObject({ address: 0x1009, top: 0x1008 });
  });

  it('stays inside the memory', () => {
    expect(moveBytes(view, -1e6).address).toBe(0);
    expect(moveBytes(view, 1e6).address).toBe(65535);
    expect(moveRows({ ...view, address: 3, top: 0 }, -1).address).toBe(3);
    expect(movePages(view, 1000)).toMatchObject({ address: 65535, top: 65536 - 20 * 16 });
    expect(gotoAddress(view, 1e9).address).toBe(65535);
  });

  it('shows what it goes to', () => {
    const there = gotoAddress(view, 0xabcd);
    expect(there.top).toBeLessThanOrEqual(0xabcd);
    expect(there.top + 20 * 16).toBeGreaterThan(0xabcd);
    expect(there.top % 16).toBe(0);
    expect(scrollRows(view, 100).address % 16).toBe(0);
  });
});

describe('what bytes may mean', () => {
  it('reads them as every type that fits', () => {
    const values = typedValues(Uint8Array.of(0x41, 0x42, 0, 0, 0, 0, 0x80, 0xff));
    expect(values).toContainEqual({ type: 'u32', text: '16961' });
    expect(values).toContainEqual({ type: 'i64', text: '-36028797018947007' });
    expect(values).toContainEqual({ type: 'str', text: '"AB"' });
    expect(typedValues(Uint8Array.of(1)).map(({ type }) => type)).toEqual(['u8', 'i8', 'str']);
  });

  it('shows no control characters', () => {
    const [text] = typedValues(Uint8Array.of(0x1b, 0x5b, 0x32, 0x4a, 0)).slice(-1);
    expect(text).toEqual({ type: 'str', text: '"\\x1b[2J"' });
  });

  it('follows pointers into the memory only', () => {
    expect(pointerAt(Uint8Array.of(0, 16, 0, 0), 65536)).toBe(4096);
    expect(pointerAt(Uint8Array.of(0, 0, 0, 0), 65536)).toBeUndefined();
    expect(pointerAt(Uint8Array.of(0, 0, 1, 0), 65536)).toBeUndefined();
  });

  it('searches bytes where they are written as bytes, else text', () => {
    expect(searchBytes('0xde 0xad')).toEqual(Uint8Array.of(0xde, 0xad));
    expect(searchBytes('de ad')).toEqual(Uint8Array.of(0xde, 0xad));
    expect(searchBytes('dead')).toEqual(new TextEncoder().encode('dead'));
    expect(searchBytes('u32:0x1234')).toEqual(Uint8Array.of(0x34, 0x12, 0, 0));
    expect(searchBytes('i16:-3')).toEqual(Uint8Array.of(0xfd, 0xff));
    expect(searchBytes('u64:18446744073709551615')).toEqual(new Uint8Array(8).fill(0xff));
    expect(searchBytes('f32:1')).toEqual(Uint8Array.of(0, 0, 0x80, 0x3f));
    expect(searchBytes('u9:1')).toEqual(new TextEncoder().encode('u9:1'));
  });

  it('says which numbers a type cannot have', () => {
    expect(searchProblem('u8:256')).toBe('256 is no u8');
    expect(searchProblem('i8:-129')).toBe('-129 is no i8');
    expect(searchProblem('u32:ten')).toBe('ten is no u32');
    expect(searchProblem('f16:1')).toBe('1 is no f16');
    expect(searchProblem('text')).toBeUndefined();
  });
});
