/** What reaches the terminal of a frame. */
import { describe, expect, it, vi } from 'vitest';
import { Painter } from '../../tui/view/painter.ts';

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

describe('the painter', () => {
  it('writes the whole first frame, and of the next one the rows that differ', async () => {
    const { painter, written, state } = screen(['one', 'two', 'three']);
    painter.changed();
    expect(written).toEqual([
      '\u001b[1H\u001b[J\u001b[1H\u001b[Kone\u001b[2H\u001b[Ktwo\u001b[3H\u001b[Kthree',
    ]);
    state.lines = ['one', '2', 'three'];
    painter.changed();
    await expect.poll(() => written.slice(1)).toEqual(['\u001b[2H\u001b[K2']);
  });

  it('writes nothing where nothing has changed', async () => {
    const { painter, written } = screen(['one']);
    painter.changed();
    painter.changed();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(written).toHaveLength(1);
  });

  it('draws once for all changes that come before a frame is due', () => {
    vi.useFakeTimers();
    try {
      const { painter, written, state } = screen(['0']);
      painter.changed();
      for (const digit of '123') {
        state.lines = [digit];
        painter.changed();
      }
      expect(written).toHaveLength(1);
      vi.runAllTimers();
      expect(written.slice(1)).toEqual(['\u001b[1H\u001b[K3']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('writes everything again after the screen was lent, and nothing meanwhile', () => {
    const { painter, written, state } = screen(['one', 'two']);
    painter.changed();
    painter.hold();
    state.lines = ['one', '2'];
    painter.changed();
    expect(written).toHaveLength(1);
    painter.repaint();
    expect(written[1]).toContain('one');
    expect(written[1]).toContain('2');
  });

  it('writes everything in a screen of another size', () => {
    const { painter, written, state } = screen(['one', 'two']);
    painter.changed();
    state.lines = ['one', 'two', 'three'];
    painter.repaint();
    expect(written[1]).toContain('\u001b[J');
    expect(written[1]).toContain('one');
  });
});
