/** Splits what a user types as an expression into words, numbers, texts and signs. */
import { WasiRrError } from '../../../errors.ts';

export type Token =
  | { readonly kind: 'word'; readonly text: string }
  | {
      readonly kind: 'integer';
      readonly value: bigint;
      readonly suffix: string;
      /** Of C: others may be unsigned without saying so. */
      readonly isDecimal: boolean;
    }
  | { readonly kind: 'float'; readonly value: number; readonly isSingle: boolean }
  /** Of `'a'`. */
  | { readonly kind: 'character'; readonly value: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: string };

/** Longer ones first. */
const SIGNS = [
  ...['<<', '>>', '<=', '>=', '==', '!=', '&&', '||', '->', '::'],
  ...['+', '-', '*', '/', '%', '&', '|', '^', '~', '!', '<', '>', '(', ')', '[', ']'],
  ...['.', ',', '?', ':', '@'],
];

const SHAPES: readonly [RegExp, (found: RegExpExecArray) => Token][] = [
  [
    /(\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)([fF]?)(?![\w.])/y,
    ([, digits = '', suffix = '']) => ({
      kind: 'float',
      value: Number(digits),
      isSingle: suffix !== '',
    }),
  ],
  [
    /(0[xX][\da-fA-F]+|0[bB][01]+|\d+)([uUlL]*)(?![\w.])/y,
    ([, digits = '', suffix = '']) => ({
      ...{ kind: 'integer', value: integer(digits), suffix },
      isDecimal: /^(0|[1-9]\d*)$/.test(digits),
    }),
  ],
  [/[A-Za-z_$][\w$]*/y, ([text]) => ({ kind: 'word', text })],
  [/'((?:\\.[\da-fA-F]*|[^'\\]))'/y, ([, text = '']) => character(text)],
  [/"((?:\\.|[^"\\])*)"/y, ([, text = '']) => ({ kind: 'text', text: unescaped(text) })],
];

/** @throws WasiRrError OPTION_INVALID */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at);
    const blank = /^\s+/.exec(rest);
    if (blank) {
      at += blank[0].length;
      continue;
    }
    const last = tokens.at(-1);
    // a field of a Rust tuple: `pair.0.1` has no number with a point in it
    const field = last?.kind === 'sign' && last.text === '.' ? /^\d+/.exec(rest)?.[0] : undefined;
    if (field !== undefined) {
      tokens.push({ kind: 'integer', value: BigInt(field), suffix: '', isDecimal: true });
      at += field.length;
      continue;
    }
    const [token, length] = tokenAt(source, at);
    if (token === undefined) {
      if (/^[-+*/%&|^]?=/.test(rest)) {
        throw badExpression('nothing can be changed: the run is recorded. == compares');
      }
      throw badExpression(`"${rest}" is not understood`);
    }
    tokens.push(token);
    at += length;
  }
  return tokens;
}

function tokenAt(source: string, at: number): [Token | undefined, number] {
  for (const [shape, make] of SHAPES) {
    shape.lastIndex = at;
    const found = shape.exec(source);
    if (found) return [make(found), found[0].length];
  }
  const sign = SIGNS.find((one) => source.startsWith(one, at));
  return [sign === undefined ? undefined : { kind: 'sign', text: sign }, sign?.length ?? 0];
}

/** Of C: what begins with 0 is octal. */
function integer(digits: string): bigint {
  return BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', e: '\x1b' },
};

function unescaped(text: string): string {
  return text.replace(/\\(x[\da-fA-F]+|[0-7]{1,3}|.)/g, (_, code: string) => {
    const digits = /^x(.+)|^([0-7]+)/.exec(code);
    if (digits === null) return ESCAPES[code] ?? code;
    const number = Number.parseInt(digits[1] ?? code, digits[1] === undefined ? 8 : 16);
    return String.fromCharCode(number & 0xff);
  });
}

function character(text: string): Token {
  return { kind: 'character', value: unescaped(text).codePointAt(0) ?? 0 };
}

export function badExpression(why: string): WasiRrError {
  return new WasiRrError('OPTION_INVALID', `${why}.`);
}
