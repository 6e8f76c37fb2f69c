/** From bytes in memory to the line that wrote them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

let heapsmash: Recorded;

beforeAll(async () => {
  heapsmash = await recordExample('heapsmash');
});
afterAll(() => heapsmash[Symbol.dispose]());

describe('W in Memory', () => {
  it('shows the last write with its stack, and the writes before it', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':m 0x12310\rW');
    const text = await screen.until(/rename_user +src\/heapsmash\.c:19/);
    expect(text).toMatch(/0x12310…0x12313 +10 writes/);
    expect(text).toMatch(/after #10 +0x12313 +00 → 00 +set_name +src\/heapsmash\.c:13/);
    expect(text).toMatch(/main +src\/heapsmash\.c:28/);
    expect(text).toMatch(/after #10 +0x12310 +01 → 62 +set_name +src\/heapsmash\.c:12/);
    expect(text).toMatch(/after #8 +0x12310 +00000000 → 01000000 +add/);
  });

  it('has its cursor on the last write whenever it is asked', async () => {
    await using screen = openScreen(heapsmash.trace, 140, 30);
    screen.type(':m 0x12310\rW');
    await screen.until(/1 rename_user/);
    screen.type('!iL');
    await screen.until('u = 0x12310');
    screen.type('G\r');
    await screen.until(/rank = 0x727562/);
    screen.type('j');
    screen.type('W');
    await screen.until(/rank +0x12310[\s\S]*1 rename_user/);
    screen.type('\r');
    await screen.until('after #10 of 16, tick 10,464');
  });

  it('looks no further than the call that is shown, and leads to where a write is seen first', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':9\r:m 0x12310\rW');
    const text = await screen.until(/the last write\s.*\n.*after #8 .*add/);
    expect(text).toContain('up to #9');
    expect(text).not.toContain('set_name');
    screen.type('\r');
    await screen.until('after #9 of 16');
  });

  it('leads from a write of the C library to the line of the program that called it', async () => {
    await using screen = openScreen(heapsmash.trace, 140, 30);
    screen.type(':m 0x10ef\rW');
    // the cursor is on the last write, which a title and a heading stand before
    await screen.until(/5 main +src\/heapsmash\.c:32/);
    screen.type('\r');
    const there = await screen.until('in memcpy, called from here: > goes there');
    expect(there).toMatch(/Source src\/heapsmash\.c:32 main/);
    expect(there).toMatch(/▹ 32 /);
    screen.type('>>>>>>');
    await screen.until(/Source memcpy/);
  });

  it('says so where nothing was written, and what a host wrote', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':m 0x10\rW');
    await screen.until('nothing was written there up to #16');
    screen.type(':8\r3aW');
    await screen.until(/by #8 .*host: fd_read/);
  });
});
