import stringWidth from 'string-width';
import { afterEach, describe, expect, it } from 'vitest';
import { line, plainText, renderLine, skipCells, span } from '../../tui/text/line.ts';
import { chooseColours } from '../../tui/text/style.ts';
import { logBar, shortBytes, shortTime } from '../../tui/text/units.ts';
import { ellipsize, takeCells, textWidth } from '../../tui/text/width.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const COLOUR = /\u001b\[(3[0-7]|48;5;\d+)m/;

afterEach(() => chooseColours({ FORCE_COLOR: '1' }));

describe('text in cells', () => {
  it.each(['plain', 'naïve', '漢字', 'e\u0301', '▸✖ 12 ██▍ "x"…', '👩‍👩‍👧', '│┃─━'])(
    'measures %j as string-width does',
    (text) => {
      expect(textWidth(text)).toBe(stringWidth(text));
    },
  );

  it('never halves a wide character', () => {
    expect(takeCells('漢字', 3)).toEqual({ text: '漢', width: 2 });
    expect(ellipsize('漢字', 3)).toBe('漢…');
    expect(plainText(skipCells(line('漢字x'), 2))).toBe('字x');
  });

  it('makes lines exactly as wide as asked', () => {
    const spans = line('a', span('漢字漢字', 'error'), 'tail');
    for (let cells = 0; cells < 20; cells++) {
      expect(stringWidth(renderLine(spans, cells, 'selected'))).toBe(cells);
    }
  });
});

describe('colours', () => {
  const drawn = () => renderLine(line(span('x', 'error')), 4, 'selected');

  it('are there, unless NO_COLOR says otherwise', () => {
    chooseColours({});
    expect(drawn()).toMatch(COLOUR);
    chooseColours({ NO_COLOR: '' });
    expect(drawn()).toMatch(COLOUR);
    chooseColours({ NO_COLOR: '1' });
    expect(drawn()).not.toMatch(COLOUR);
    chooseColours({ FORCE_COLOR: '0' });
    expect(drawn()).not.toMatch(COLOUR);
    chooseColours({ NO_COLOR: '1', FORCE_COLOR: '1' });
    expect(drawn()).toMatch(COLOUR);
  });

  it('are not the only sign of the selected line', () => {
    chooseColours({ NO_COLOR: '1' });
    expect(drawn()).toContain('\u001b[7m');
  });
});

describe('units', () => {
  it('are short', () => {
    expect([0, 850, 1234, 38_200_000, 3.08e9, 120e9].map(shortTime)).toEqual([
      '0ns',
      '850ns',
      '1.23µs',
      '38.2ms',
      '3.08s',
      '2.00min',
    ]);
    expect([5, 2048, 5 << 20].map(shortBytes)).toEqual(['5 B', '2.00 KiB', '5.00 MiB']);
  });

  it('bars grow with what they show', () => {
    expect(logBar(10, 100, 1000, 4)).toBe('');
    expect(logBar(100, 100, 1000, 4)).toBe('▏');
    expect(logBar(1e6, 100, 1000, 4)).toBe('████');
  });
});
