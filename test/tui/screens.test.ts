/** Screens as text, as a person sees them: review the files in golden/ when they change. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { middleOfLog } from '../traces/file-layout.ts';
import { masked, openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

let heapsmash: Recorded;
let many: Recorded;

beforeAll(async () => {
  heapsmash = await recordExample('heapsmash');
  many = await recordExample('many');
});
afterAll(() => {
  heapsmash[Symbol.dispose]();
  many[Symbol.dispose]();
});

/** The first screen, once the replay has given the lines of the source. */
const AT_TRAP = /in main {2}src\/heapsmash\.c:35/;

describe('a row of the timeline', () => {
  it.each([
    [
      120,
      / 12 \d\.\d{4} +\+[\d.]+(ns|µs|ms|s) [ █▏▎▍▌▋▊▉]{3} fd_read\(4<\/users\.csv>, \[1024\]\) = 0/,
    ],
    [
      200,
      / 12 \d\.\d{6} +\+[\d.]+(ns|µs|ms|s) [ █▏▎▍▌▋▊▉]{3} fd_read\(4<\/users\.csv>, \[1024\]\) = 0/,
    ],
    [70, / 12 \d\.\d{4} +\+[\d.]+(ns|µs|ms|s) [ █▏▎▍▌▋▊▉]{3} fd_read/],
  ])('tells when it was and how long after the one before, in %i columns', async (columns, row) => {
    await using screen = openScreen(heapsmash.trace, columns, 40);
    await screen.until(row);
  });
});

describe('golden screens', () => {
  it('opens at the failure', async () => {
    await using screen = openScreen(heapsmash.trace);
    await expect(masked(await screen.settled(AT_TRAP))).toMatchFileSnapshot('golden/open.txt');
  });

  it('shows a call in detail', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':8\r');
    await expect(masked(await screen.settled('#8 fd_read'))).toMatchFileSnapshot('golden/call.txt');
  });

  it('shows memory: what the call wrote, what it may mean', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':11\r');
    screen.type('3');
    await screen.settled(/\d+ changed since #16/);
    await expect(masked(screen.text())).toMatchFileSnapshot('golden/memory.txt');
  });

  it('shows the stack, the files, the globals and the output', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':9\r4');
    await expect(masked(await screen.settled(/\d+ frames/))).toMatchFileSnapshot(
      'golden/stack.txt',
    );
    screen.type('5');
    await expect(masked(await screen.settled('5 open'))).toMatchFileSnapshot('golden/files.txt');
    screen.type('7');
    await expect(masked(await screen.settled(/\d+ globals/))).toMatchFileSnapshot(
      'golden/globals.txt',
    );
    screen.type(':15\r6');
    await expect(masked(await screen.settled(/▸ +loaded 160/))).toMatchFileSnapshot(
      'golden/output.txt',
    );
  });

  it('stacks panes in a narrow terminal, and shows one in a tiny one', async () => {
    await using screen = openScreen(heapsmash.trace, 80, 24);
    await expect(masked(await screen.settled(AT_TRAP))).toMatchFileSnapshot('golden/narrow.txt');
    screen.resize(40, 10);
    await expect(masked(await screen.settled('60×15'))).toMatchFileSnapshot('golden/tiny.txt');
  });

  it('lists its keys', async () => {
    await using screen = openScreen(heapsmash.trace, 120, 100);
    screen.type('?');
    await expect(await screen.settled('signs')).toMatchFileSnapshot('golden/help.txt');
  });
});

/** A copy that lost its end, and some events with it. */
function cutShort({ folder, trace }: Recorded): string {
  const cut = join(folder, 'cut.wrr');
  writeFileSync(cut, readFileSync(trace).subarray(0, middleOfLog(trace)));
  return cut;
}

describe('a trace that is not whole', () => {
  it('opens, says what is missing, and shows the rest', async () => {
    const cut = cutShort(many);
    await using screen = openScreen(cut);
    await screen.until('the file is cut short');
    screen.type('g');
    await screen.until(/▸ +0 .*_start/);
    await screen.until('path_open("/io.bin"');
    screen.type('3');
    await screen.until(/000000.0 {2}/);
  });
});

describe('every frame', () => {
  it('has as many lines as the terminal, each as wide, at any size', async () => {
    await using screen = openScreen(heapsmash.trace);
    for (const [columns, rows] of [
      [140, 30],
      [100, 16],
      [99, 40],
      [60, 15],
      [59, 14],
      [20, 5],
      [8, 3],
    ] as const) {
      for (const tab of ['2', '3', '4', '5', '6', '7', '8', '9']) {
        screen.resize(columns, rows);
        screen.type(tab);
        // React draws when the event is over
        await new Promise(setImmediate);
        const lines = screen.text().split('\n');
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const one of lines) expect(one.length).toBeLessThanOrEqual(columns);
      }
    }
  });
});

describe('moving', () => {
  it('filters, keeps the selected call, and shows all again', async () => {
    await using screen = openScreen(many.trace);
    screen.type(':100\r');
    screen.type('fname:fd_seek\r');
    await screen.until(/\d+ calls? shown/);
    expect(screen.bugger.position).toBe(100);
    expect(screen.text()).toContain('filter: name:fd_seek');
    expect(screen.text()).not.toContain(' fd_write(');
    screen.type('\u001b');
    await screen.until(' fd_write(');
    expect(screen.bugger.position).toBe(100);
  });

  it('takes SQL, and says what is wrong with it', async () => {
    await using screen = openScreen(many.trace);
    screen.type("fwhere bytes = 16 and name = 'fd_read'\r");
    await screen.until('5,000 calls shown');
    screen.type('f');
    screen.type('\u0015where nonsense(\r');
    await screen.until('the filter failed');
    expect(screen.text()).toContain('filter: where bytes = 16');
  });

  it('searches, and goes on to the next hit and back', async () => {
    await using screen = openScreen(many.trace);
    screen.type('g');
    screen.type('/fd_seek\r');
    await screen.until(/▸.*fd_seek/);
    const first = screen.bugger.position;
    screen.type('/fd_read\r');
    await screen.until(/▸.*fd_read/);
    const read = screen.bugger.position;
    expect(read).toBeGreaterThan(first);
    screen.type('n');
    await expect.poll(() => screen.bugger.position).toBeGreaterThan(read);
    screen.type('N');
    await expect.poll(() => screen.bugger.position).toBe(read);
  });

  it('steps with n and N while nothing is searched, as gdb does', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':5\rnn');
    expect(screen.bugger.position).toBe(7);
    screen.type('N');
    expect(screen.bugger.position).toBe(6);
    screen.type('/fd_read\r');
    await expect.poll(() => screen.bugger.position).toBe(8);
    screen.type('n');
    await expect.poll(() => screen.bugger.position).toBe(9);
    screen.type('\u001bn');
    expect(screen.bugger.position).toBe(10);
  });

  it('keeps a line that means nothing, and says what is wrong with it', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':sort sideways\r');
    await screen.until(/:sort sideways .*✖ :sort takes number, duration or bytes/);
    screen.type('\u0017size\u007f\u007f\u007f\u007fduration\r');
    await screen.until('by duration');
    screen.type('ffd:x\r');
    await screen.until(/filter: fd:x .*✖ fd: takes a number/);
  });

  it('says what a command takes while it is typed', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':f');
    await screen.until(/:f .*first {2}filter {2}files {2}failure {2}follow/);
    screen.type('il');
    await screen.until(/:fil .*filter {2}files|:fil .*FILTER/);
  });

  it('leads from a descriptor to the call that opened it', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':12\r2');
    await screen.until('#12 fd_read');
    await screen.until(/› {2}fd +fd +4<\/users\.csv>/);
    while (
      screen.bugger.content()?.lines[screen.bugger.state.scrolls.call.cursor]?.target?.kind !==
      'opening'
    )
      screen.type('j');
    screen.type('\r');
    await expect.poll(() => screen.bugger.position).toBe(7);
  });

  it('does not find a call by the names of the rights that it passes', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type('fread\r');
    await screen.until('5 calls shown');
    expect(screen.text()).not.toContain('path_open');
  });

  it('follows a descriptor: its uses, the call that opened it, and back', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':12\r');
    screen.type('U');
    await expect.poll(() => screen.bugger.position).toBe(11);
    screen.type('o');
    await expect.poll(() => screen.bugger.position).toBe(7);
    screen.type('\u007f');
    expect(screen.bugger.position).toBe(11);
  });

  it('sets marks and jumps to them', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':5\rma');
    screen.type('G');
    screen.type("'a");
    expect(screen.bugger.position).toBe(5);
  });

  it('says so where there is nothing to go to', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type('e');
    await screen.until('no call that returned an error after #16');
    screen.type('o');
    await screen.until('this event has no descriptor');
  });

  it('obeys the mouse', async () => {
    await using screen = openScreen(many.trace);
    await screen.until('fd_');
    const { position } = screen.bugger;
    screen.type('\u001b[<0;5;6M');
    expect(screen.bugger.position).toBeLessThan(position);
    screen.type('\u001b[<64;5;6M'.repeat(20));
    expect(screen.bugger.state.list.scroll.top).toBeLessThan(position - 60);
  });

  it('shows who wrote a word of memory', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':8\r');
    screen.type('3');
    await screen.until('changed since');
    screen.type('w');
    await screen.until(/changed at .*#8/);
  });

  it('copies, quits and suspends through the terminal', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.type(':13\ry\u001a');
    screen.type('q');
    expect(screen.copied).toEqual(['#13 fd_close(4) = 0']);
    expect(screen.calls).toEqual(['suspend', 'quit']);
  });
});
