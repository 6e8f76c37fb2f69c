import { describe, expect, it } from 'vitest';
import { InputParser } from '../../tui/terminal/keypress.ts';

const keys = (text: string) =>
  new InputParser().push(text).map((event) => (event.kind === 'key' ? event.key : event));

describe('terminal input', () => {
  it('names keys', () => {
    expect(keys('aG:\r\t\u007f\u0003 é😀')).toEqual([
      'a',
      'G',
      ':',
      'enter',
      'tab',
      'backspace',
      'ctrl-c',
      'space',
      'é',
      '😀',
    ]);
    expect(keys('\u001b[A\u001bOB\u001b[5~\u001b[6~\u001b[H\u001b[4~\u001b[Z')).toEqual([
      'up',
      'down',
      'pageup',
      'pagedown',
      'home',
      'end',
      'shift-tab',
    ]);
  });

  it('waits for the rest of a sequence, however it is cut', () => {
    const sequence = '\u001b[<64;10;5M\u001b[5~x';
    const whole = new InputParser().push(sequence);
    for (let at = 1; at < sequence.length; at++) {
      const parser = new InputParser();
      expect([...parser.push(sequence.slice(0, at)), ...parser.push(sequence.slice(at))]).toEqual(
        whole,
      );
    }
  });

  it('takes an Escape that nothing follows for the key', () => {
    const parser = new InputParser();
    expect(parser.push('\u001b')).toEqual([]);
    expect(parser.isPending).toBe(true);
    expect(parser.flush()).toEqual([{ kind: 'key', key: 'escape' }]);
    expect(parser.isPending).toBe(false);
  });

  it('reads the mouse', () => {
    expect(
      keys('\u001b[<65;10;5M\u001b[<64;1;1M\u001b[<0;3;4M\u001b[<0;3;4m\u001b[<32;3;5M'),
    ).toEqual([
      { kind: 'wheel', by: 1, column: 9, row: 4 },
      { kind: 'wheel', by: -1, column: 0, row: 0 },
      { kind: 'click', column: 2, row: 3 },
      { kind: 'drag', column: 2, row: 4 },
    ]);
  });

  it('keeps pasted text in one piece, control characters and all', () => {
    expect(keys('\u001b[200~q\u001b[A\r\u001b[201~x')).toEqual([
      { kind: 'paste', text: 'q\u001b[A\r' },
      'x',
    ]);
  });

  it('ignores sequences that it does not know', () => {
    expect(keys('\u001b[?1;2c\u001b[Ia')).toEqual(['a']);
  });
});
