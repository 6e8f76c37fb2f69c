import { describe, expect, test } from 'vitest';
import { codePointAt, decodeText, utf8Length } from '../../wasi/text.ts';
import { bytes, text } from './bytes.ts';
import { randomFrom } from './random.ts';

describe('well-formed UTF-8', () => {
  test.each([
    '',
    'users.csv',
    'naïve',
    'ﬁ→',
    '日本',
    '🦀',
    '\u{10ffff}',
    '\0\x7f\u0080\u07ff\u0800\uffff',
  ])('reads %j', (value) => {
    expect(decodeText(text(value))).toBe(value);
  });

  test('is every code point that is no surrogate, each with its length', () => {
    for (let point = 0; point <= 0x10_ffff; point += point < 0x1_0000 ? 1 : 61) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const encoded = text(String.fromCodePoint(point));
      if (codePointAt(encoded, 0) !== point || utf8Length(point) !== encoded.length) {
        expect.fail(`U+${point.toString(16)}`);
      }
    }
  });
});

describe('anything else', () => {
  test.each([
    ['a lone continuation', [0x80], '\\x80'],
    ['an overlong slash', [0xc0, 0xaf], '\\xc0\\xaf'],
    ['a longer one', [0xe0, 0x80, 0xaf], '\\xe0\\x80\\xaf'],
    ['the longest', [0xf0, 0x80, 0x80, 0xaf], '\\xf0\\x80\\x80\\xaf'],
    ['a surrogate', [0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80'],
    ['a byte that never occurs', [0xff, 0x61], '\\xffa'],
    ['a sequence that ends early', [0x61, 0xe2, 0x86], 'a\\xe2\\x86'],
    ['a sequence that is interrupted', [0xe2, 0x61, 0x86], '\\xe2a\\x86'],
  ])('shows %s byte by byte', (_, invalid, shown) => {
    expect(decodeText(Uint8Array.from(invalid))).toBe(shown);
  });

  test('agrees with TextDecoder on what is well-formed', () => {
    const random = randomFrom(1);
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    for (let round = 0; round < 20_000; round++) {
      const input = Uint8Array.from({ length: 1 + random.below(4) }, () =>
        random.pick([random.below(256), 0xe2, 0xf0, 0xed, 0x80 + random.below(64)]),
      );
      let expected: string | undefined;
      try {
        expected = strict.decode(input);
      } catch {
        // not well-formed
      }
      const decoded = decodeText(input);
      if (expected === undefined) expect(decoded).toContain('\\x');
      else expect(decoded).toBe(expected);
    }
  });
});

describe('a limit in bytes', () => {
  test('ends the text with an ellipsis', () => {
    expect(decodeText(text('abcdef'), 3)).toBe('abc…');
    expect(decodeText(text('abc'), 3)).toBe('abc');
    expect(decodeText(text('abc'), 0)).toBe('…');
  });

  test('never cuts a character', () => {
    expect(decodeText(text('a→b'), 2)).toBe('a→…');
    expect(decodeText(bytes(text('→')), 1)).toBe('→');
  });

  test('is 4096 by default', () => {
    expect(decodeText(text('x'.repeat(5000)))).toBe(`${'x'.repeat(4096)}…`);
  });
});
