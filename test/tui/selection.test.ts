/** Selecting bytes in the Memory pane: with keys, the mouse and a command, and what is done with them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  fitMemory,
  type MemoryCursor,
  moveBytes,
  moveRows,
  selectedRange,
  selectRange,
  toggleSelection,
} from '../../tui/model/memory-cursor.ts';
import { type FakeScreen, openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

const view: MemoryCursor = { address: 0x1000, top: 0xf80, columns: 16, rows: 20, size: 65536 };

describe('a selection', () => {
  it('holds the byte it began at and the one under the cursor, either way', () => {
    const begun = toggleSelection(view);
    expect(selectedRange(view)).toBeUndefined();
    expect(selectedRange(begun)).toEqual({ address: 0x1000, length: 1 });
    expect(selectedRange(moveRows(begun, 1))).toEqual({ address: 0x1000, length: 17 });
    expect(selectedRange(moveBytes(begun, -3))).toEqual({ address: 0xffd, length: 4 });
    expect(selectedRange(toggleSelection(moveBytes(begun, 5)))).toBeUndefined();
  });

  it('ends where the memory ends', () => {
    const last = selectRange(view, { address: 65530, length: 100 });
    expect(selectedRange(last)).toEqual({ address: 65530, length: 6 });
    const beyond = selectRange(view, { address: 70000, length: 4 });
    expect(selectedRange(beyond)).toEqual({ address: 65535, length: 1 });
    // the memory was smaller before it grew
    expect(selectedRange(fitMemory(last, 16, 20, 4096))).toEqual({ address: 4095, length: 1 });
  });
});

let heapsmash: Recorded;
beforeAll(async () => {
  heapsmash = await recordExample('heapsmash');
});
afterAll(() => heapsmash[Symbol.dispose]());

/** At #11, whose 181 bytes were read to 0x115e8; with no replay under way, which Esc would call off first. */
async function atRead(): Promise<FakeScreen> {
  const screen = openScreen(heapsmash.trace);
  screen.type(':11\r3');
  await screen.settled(/000115e8 {2}32◂2c 65 76/);
  return screen;
}

describe('in the Memory pane', () => {
  it('shows what the selected bytes mean, their place and their number', async () => {
    await using screen = await atRead();
    screen.type('vlll');
    await screen.until(/000115e8 ‹32 2c 65 76◂/);
    const text = screen.text();
    expect(text).toContain('0x000115e8…0x000115eb  4 selected');
    expect(text).toContain('str "2,ev"');
    expect(text).not.toContain('u64');
    screen.type('\u001b');
    await screen.until(/000115e8 {2}32 2c 65 76◂/);
    expect(screen.text()).toContain('u64');
    expect(screen.bugger.state.focus).toBe('tab');
  });

  it('knows what a selection means that begins above the screen', async () => {
    await using screen = await atRead();
    screen.type('v');
    screen.type(' '.repeat(3));
    await screen.until('0x000115e8…');
    expect(screen.text()).not.toContain('000115e8  32');
    await screen.until('u32 1986341938');
  });

  it('copies the selected bytes, on the screen or not', async () => {
    await using screen = await atRead();
    screen.type('vlllllljy');
    await screen.until(/copied: 15 bytes, 0x115e8…0x115f6, as hex/);
    expect(Buffer.from(screen.copied[0] ?? '', 'hex').toString()).toBe('2,eve-205,364\na');
    screen.type(':m 0 0x10000\ry');
    await screen.until('copied: the first 16,384 of 65,536 bytes');
    expect(screen.copied[1]?.length).toBe(2 * 16_384);
  });

  it('tells which calls changed the selected bytes, and where', async () => {
    await using screen = await atRead();
    screen.type('vw');
    const one = await screen.until(/0x115e8…0x115e8 changed at .*#8/);
    expect(one).not.toContain('0x115eb');
    screen.type('\u001b:m 0x115e8 181\rw');
    await screen.until(/0x115e8…0x1169c changed at .*#8.*#11/);
    screen.type('9');
    const marks = await screen.until('changes of 181 bytes at 0x115e8');
    expect(marks).toMatch(/#11 {2}host {3}0x115e8 {2}[0-9a-f]{16}… → [0-9a-f]{16}… +[│┃]/);
  });

  it('searches for the selected bytes', async () => {
    await using screen = await atRead();
    screen.type('vlll/');
    await screen.until('memory/0x32 0x2c 0x65 0x76');
    screen.type('\r');
    await screen.until(/\d+ places?; this is 0x/);
    expect(screen.bugger.state.memory.anchor).toBeUndefined();
  });

  it('is dragged with the mouse, and ended by a click', async () => {
    await using screen = await atRead();
    const lines = screen.text().split('\n');
    const row = lines.findIndex((text) => text.includes('000115e8'));
    const column = (lines[row] ?? '').indexOf('32◂');
    const report = (button: number, x: number, y: number) =>
      screen.type(`\u001b[<${button};${x + 1};${y + 1}M`);
    report(0, column, row);
    report(32, column + 6, row);
    report(32, column + 3, row + 1);
    await screen.until('0x000115e8…0x000115f1  10 selected');
    report(0, column, row);
    await screen.until(/000115e8 {2}32◂/);
    expect(screen.bugger.state.memory.anchor).toBeUndefined();
  });

  it('says what is wrong with an address or a length', async () => {
    await using screen = await atRead();
    for (const wrong of ['m 0x10 x', 'm 0x10 4 4', 'm zz']) {
      screen.type(`:${wrong}\r`);
      await screen.until(/✖ :m takes an address such as 0x1234/);
      screen.type('\u001b');
    }
    screen.type(':m 0x1ffff0 4\r');
    await screen.until('0x1ffff0 lies beyond the memory');
  });
});
