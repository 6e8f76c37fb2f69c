/** What reaches the terminal of a frame. */
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Painter } from '../../tui/view/painter.ts';
import { randomFrom } from '../wasi/random.ts';

/** Codes of modes apart: they surround every frame. */
function screen(first: readonly string[]) {
  const written: string[] = [];
  const state = { lines: first };
  const write = (text: string) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: codes begin with one
    written.push(text.replaceAll(/\u001b\[\?\d+[hl]/g, ''));
  };
  return { painter: new Painter(write, () => state.lines), written, state };
}

const FIRST = '\u001b[1H\u001b[J\u001b[1H\u001b[K';

describe('the painter', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('writes the whole first frame, and of the next one the rows that differ', async () => {
    const { painter, written, state } = screen(['one', 'two', 'three']);
    painter.changed();
    await turn();
    expect(written).toEqual([`${FIRST}one\u001b[2H\u001b[Ktwo\u001b[3H\u001b[Kthree`]);
    state.lines = ['one', '2', 'three'];
    painter.changed();
    vi.runAllTimers();
    expect(written.slice(1)).toEqual(['\u001b[2H\u001b[K2']);
  });

  it('writes nothing where nothing has changed', async () => {
    const { painter, written } = screen(['one']);
    painter.changed();
    await turn();
    painter.changed();
    vi.runAllTimers();
    expect(written).toHaveLength(1);
  });

  it('draws once for all that changes in one turn, and not before that is over', async () => {
    const { painter, written, state } = screen(['0']);
    for (const digit of '123') {
      state.lines = [digit];
      painter.changed();
    }
    expect(written).toEqual([]);
    await turn();
    expect(written).toEqual([`${FIRST}3`]);
  });

  it('draws once for all changes that come before a frame is due', async () => {
    const { painter, written, state } = screen(['0']);
    painter.changed();
    await turn();
    for (const digit of '123') {
      state.lines = [digit];
      painter.changed();
      await turn();
    }
    expect(written).toHaveLength(1);
    vi.runAllTimers();
    expect(written.slice(1)).toEqual(['\u001b[1H\u001b[K3']);
  });

  it('draws for a key at once, whatever was drawn a moment ago, but not for each of a flood', async () => {
    const { painter, written, state } = screen(['0']);
    painter.changed();
    await turn();
    state.lines = ['1'];
    painter.changed();
    state.lines = ['key'];
    painter.changed('input');
    await turn();
    expect(written.slice(1)).toEqual(['\u001b[1H\u001b[Kkey']);
    state.lines = ['next key'];
    painter.changed('input');
    await turn();
    expect(written).toHaveLength(2);
    vi.runAllTimers();
    expect(written.slice(2)).toEqual(['\u001b[1H\u001b[Knext key']);
  });

  it('shows the newest of any changes in the end, whatever they come from and however fast', async () => {
    const random = randomFrom(7);
    const { painter, written, state } = screen(['0']);
    for (let round = 1; round <= 300; round++) {
      const changes = random.below(4);
      for (let i = 0; i < changes; i++) {
        state.lines = [`${round}.${i}`];
        painter.changed(random.pick(['input', 'work']));
        if (random.below(2) === 0) await turn();
        if (random.below(2) === 0) vi.advanceTimersByTime(random.below(20));
      }
      await turn();
      vi.runAllTimers();
      if (changes > 0) expect(written.at(-1)).toContain(`\u001b[K${state.lines[0]}`);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('writes everything again after the screen was lent, and nothing meanwhile', async () => {
    const { painter, written, state } = screen(['one', 'two']);
    painter.changed();
    await turn();
    painter.changed();
    painter.hold();
    state.lines = ['one', '2'];
    painter.changed('input');
    await turn();
    vi.runAllTimers();
    expect(written).toHaveLength(1);
    painter.repaint();
    expect(written[1]).toContain('one');
    expect(written[1]).toContain('2');
  });

  it('writes everything in a screen of another size', async () => {
    const { painter, written, state } = screen(['one', 'two']);
    painter.changed();
    await turn();
    state.lines = ['one', 'two', 'three'];
    painter.repaint();
    expect(written[1]).toContain('\u001b[J');
    expect(written[1]).toContain('one');
  });
});
