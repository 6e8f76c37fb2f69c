import { describe, expect, test } from 'vitest';
import { escapeText, quoteText } from '../../wasi/escape.ts';
import { bytes, text } from './bytes.ts';
import { harmfulIn } from './harmful.ts';
import { randomFrom } from './random.ts';

describe('escaping', () => {
  test.each([
    ['plain text', 'users.csv', 'users.csv'],
    ['the C escapes', 'a\tb\r\n', 'a\\tb\\r\\n'],
    ['a colour', '\x1b[31mred', '\\x1b[31mred'],
    ['NUL, BEL, DEL', '\0\x07\x7f', '\\x00\\x07\\x7f'],
    ['a C1 control', '\u009b31m', '\\u{9b}31m'],
    ['a bidi override', 'txt\u202ecod.exe', 'txt\\u{202e}cod.exe'],
    ['a bidi isolate', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['a zero-width space', 'pass\u200bword', 'pass\\u{200b}word'],
    ['a joiner', '👩\u200d💻', '👩\\u{200d}💻'],
    ['a byte order mark', '\ufeffx', '\\u{feff}x'],
    ['a soft hyphen', 'co\u00adop', 'co\\u{ad}op'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a tag character', 'x\u{e0041}', 'x\\u{e0041}'],
    ['a variation selector', 'x\ufe0f', 'x\\u{fe0f}'],
    ['a Hangul filler, which looks like nothing', '\u3164', '\\u{3164}'],
    ['a lone surrogate', 'a\ud800b\udc00', 'a\\u{d800}b\\u{dc00}'],
    ['private use', '\ue0b0', '\\u{e0b0}'],
    ['nothing printable', 'naïve 日本 🦀 é ½ —', 'naïve 日本 🦀 é ½ —'],
    ['no backslash and no quote', 'C:\\"x"', 'C:\\"x"'],
  ])('%s', (_, input, output) => {
    expect(escapeText(input)).toBe(output);
    expect(harmfulIn(output)).toEqual([]);
  });

  test('takes bytes as UTF-8, and shows those that are none', () => {
    expect(escapeText(text('naïve\n'))).toBe('naïve\\n');
    expect(escapeText(Uint8Array.of(0x66, 0xff, 0x80, 0x1b))).toBe('f\\xff\\x80\\x1b');
    expect(escapeText(Uint8Array.of(0xc2, 0x9b))).toBe('\\u{9b}');
  });
});

describe('quoting', () => {
  test.each([
    ['', '""'],
    ['users.csv', '"users.csv"'],
    ['say "hi"', '"say \\"hi\\""'],
    ['back\\slash', '"back\\\\slash"'],
    ['\\xff', '"\\\\xff"'],
    ['line\n', '"line\\n"'],
  ])('%j is %s', (input, output) => {
    expect(quoteText(input)).toBe(output);
    expect(quoteText(text(input))).toBe(output);
  });

  test('tells bytes that are no UTF-8 from text that spells them', () => {
    expect(quoteText(Uint8Array.of(0xff))).not.toBe(quoteText('\\xff'));
  });
});

describe('a limit', () => {
  test('counts characters, not escapes', () => {
    expect(escapeText('\n\n\n\n', { maxText: 2 })).toBe('\\n\\n…');
    expect(quoteText('hello world', { maxText: 5 })).toBe('"hello"…');
    expect(quoteText('hello', { maxText: 5 })).toBe('"hello"');
    expect(quoteText('🦀🦀🦀', { maxText: 2 })).toBe('"🦀🦀"…');
    expect(quoteText(text('→→→'), { maxText: 3 })).toBe('"→→→"');
    expect(quoteText(bytes(Uint8Array.of(0xff, 0xfe), text('x')), { maxText: 1 })).toBe('"\\xff"…');
    expect(quoteText('x', { maxText: 0 })).toBe('""…');
  });
});

describe('whatever comes in', () => {
  test('would be harmful as it is', () => {
    expect(harmfulIn('a\x1b\u202e\ud800🦀\n')).toEqual(['U+001B', 'U+202E', 'U+D800', 'U+000A']);
  });

  test('nothing harmful comes out', () => {
    const random = randomFrom(2);
    for (let round = 0; round < 3000; round++) {
      const input = random.bytes(random.below(40));
      expect(harmfulIn(escapeText(input))).toEqual([]);
      expect(harmfulIn(quoteText(input))).toEqual([]);
      const points = Array.from({ length: random.below(20) }, () =>
        random.pick([random.below(0x110000), random.below(0x3000), 0xd800 + random.below(0x800)]),
      );
      const string = String.fromCodePoint(...points);
      expect(harmfulIn(escapeText(string))).toEqual([]);
      expect(harmfulIn(quoteText(string, { maxText: 10 }))).toEqual([]);
    }
  });

  test('every code point comes out visible or spelt out', () => {
    for (let point = 0; point <= 0x10_ffff; point++) {
      const shown = escapeText(String.fromCodePoint(point));
      if (harmfulIn(shown).length > 0 || shown === '') expect.fail(`U+${point.toString(16)}`);
    }
  });
});
