/** Reads WAVE (Web Assembly Value Encoding) by type, after wasm-tools' `wave_ebnf.md`. Knows nothing of what writes it. */
import type { Named, TypeRef, WitType } from '../../../wasm/component/types.ts';

/**
 * A value by type: numbers as number, 64-bit ones as bigint, a case as `{ case, value }`, a record as an object of its
 * fields, flags as the list of those set.
 */
export type Value =
  | boolean
  | number
  | bigint
  | string
  | readonly Value[]
  | { readonly [field: string]: Value }
  | { readonly case: string; readonly value: Value | null };

const KEYWORDS = ['true', 'false', 'some', 'none', 'ok', 'err', 'inf', 'nan'];
const LABEL = /%?[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z][a-zA-Z0-9]*)*/y;
const NUMBER = /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|nan|-?inf/y;
const ESCAPES: Readonly<Record<string, string>> = {
  "'": "'",
  '"': '"',
  t: '\t',
  n: '\n',
  r: '\r',
  '\\': '\\',
};

/** @throws Error where it is no value of the type */
export function readWave(text: string, type: TypeRef, types: readonly WitType[]): Value {
  const reader = new WaveReader(text, types);
  const value = reader.value(type);
  reader.end();
  return value;
}

class WaveReader {
  private at = 0;
  private readonly text: string;
  private readonly types: readonly WitType[];

  constructor(text: string, types: readonly WitType[]) {
    this.text = text;
    this.types = types;
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) this.fail('the end');
  }

  value(ref: TypeRef): Value {
    this.space();
    if (typeof ref === 'string') return this.primitive(ref);
    const type = this.types[ref];
    switch (type?.kind) {
      case 'list':
        return this.sequence('[', ']', () => this.value(type.of));
      case 'tuple': {
        const items = [...type.items];
        return this.sequence('(', ')', () => this.value(items.shift() ?? this.fail('no item')));
      }
      case 'flags': {
        const set = this.sequence('{', '}', () => this.label());
        return set.every((name) => type.names.includes(name)) ? set : this.fail('a flag');
      }
      case 'record':
        return this.record(type.fields);
      case 'enum':
        return this.choice(
          type.names.map((name) => ({ name, type: null })),
          true,
        );
      case 'variant':
        return this.choice(type.cases, true);
      case 'option':
        return this.choice(
          [
            { name: 'none', type: null },
            { name: 'some', type: type.of },
          ],
          false,
        );
      case 'result':
        return this.choice(
          [
            { name: 'ok', type: type.ok },
            { name: 'err', type: type.err },
          ],
          false,
        );
      default:
        return this.fail(`a ${type?.kind}`);
    }
  }

  private record(fields: readonly Named<TypeRef>[]): Value {
    const read: Record<string, Value> = {};
    this.sequence('{', '}', () => {
      const name = this.label();
      this.take(':');
      const field = fields.find((one) => one.name === name) ?? this.fail('a field');
      read[name] = this.value(field.type);
      return name;
    });
    return read;
  }

  /** @param own names of which may be keywords, marked then */
  private choice(cases: readonly Named<TypeRef | null>[], own: boolean): Value {
    this.space();
    const written = this.match(LABEL) ?? this.fail('a case');
    const name = own ? written.replace(/^%/, '') : written;
    if (own && KEYWORDS.includes(name) !== written.startsWith('%'))
      this.fail('an unmarked keyword');
    const chosen = cases.find((one) => one.name === name) ?? this.fail('a case');
    if (chosen.type === null) return { case: name, value: null };
    this.take('(');
    const value = this.value(chosen.type);
    this.take(')');
    return { case: name, value };
  }

  private primitive(type: string): Value {
    switch (type) {
      case 'bool':
        return this.label() === 'true';
      case 'char': {
        const [point = '', ...more] = this.quoted("'");
        return more.length === 0 ? point : this.fail('one character');
      }
      case 'string':
        return this.quoted('"').join('');
      default: {
        const text = this.match(NUMBER) ?? this.fail('a number');
        if (type.endsWith('64') && !type.startsWith('f')) return BigInt(text);
        const named: Readonly<Record<string, number>> = {
          nan: Number.NaN,
          inf: 1 / 0,
          '-inf': -1 / 0,
        };
        const value = named[text] ?? Number(text);
        return type === 'f32' ? Math.fround(value) : value;
      }
    }
  }

  /** The characters between two quotes. */
  private quoted(quote: string): string[] {
    if (this.text[this.at] !== quote) this.fail('a quote');
    this.at++;
    const characters: string[] = [];
    for (;;) {
      const character = String.fromCodePoint(
        this.text.codePointAt(this.at) ?? this.fail('a quote'),
      );
      this.at += character.length;
      if (character === quote) return characters;
      if (character === '\n') this.fail('no line break');
      characters.push(character === '\\' ? this.escape() : character);
    }
  }

  private escape(): string {
    const letter = this.text[this.at++] ?? '';
    if (letter !== 'u') return ESCAPES[letter] ?? this.fail('an escape');
    const digits = this.match(/\{[0-9a-fA-F]+\}/y) ?? this.fail('a code point');
    return String.fromCodePoint(Number.parseInt(digits.slice(1, -1), 16));
  }

  private sequence<T>(open: string, close: string, item: () => T): T[] {
    this.take(open);
    const items: T[] = [];
    this.space();
    while (this.text[this.at] !== close) {
      items.push(item());
      this.space();
      if (this.text[this.at] !== ',') break;
      this.at++;
      this.space();
    }
    this.take(close);
    return items;
  }

  private label(): string {
    this.space();
    return this.match(LABEL)?.replace(/^%/, '') ?? this.fail('a label');
  }

  private take(text: string): void {
    this.space();
    if (!this.text.startsWith(text, this.at)) this.fail(text);
    this.at += text.length;
  }

  private space(): void {
    this.match(/[ \t\r\n]*/y);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private fail(wanted: string): never {
    throw new Error(`${wanted} was expected at ${this.at} of ${this.text}`);
  }
}
