/** Reads expressions as C, C++ and Rust write them, as far as they only look: `*u`, `u->name`, `arr[3]`, `x as u32`. */
import type { Language } from '../../dwarf/type.ts';
import { badExpression, type Token, tokensOf } from './tokens.ts';

/** A type as it is written: a name, how many pointers to it, and lengths of arrays of that. */
export interface TypeName {
  readonly name: string;
  readonly pointers: number;
}

export type UnaryOperator = '-' | '+' | '!' | '~' | '*' | '&';

export type Expression =
  | { readonly kind: 'name'; readonly name: string }
  | Extract<Token, { kind: 'integer' | 'float' }>
  | { readonly kind: 'character'; readonly value: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'choice';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  /** `.`, or `->`. */
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'element'; readonly of: Expression; readonly index: Expression }
  /** gdb's `first@count`. */
  | { readonly kind: 'several'; readonly first: Expression; readonly count: Expression }
  /** `as`: Rust's, which stops at the ends of what the type can be. */
  | {
      readonly kind: 'cast';
      readonly type: TypeName;
      readonly operand: Expression;
      readonly as?: boolean;
    }
  | { readonly kind: 'sizeof'; readonly of: Expression | TypeName };

const EQUAL = ['==', '!='];
const ORDERED = ['<', '>', '<=', '>='];
const BITS = [['|'], ['^'], ['&']];
const COMPUTED = [['<<', '>>'], ['+', '-'], ['*', '/', '%'], ['@']];

/** Operators of two operands by how tightly they bind, the loosest first. */
const LEVELS: Readonly<Record<Language, readonly (readonly string[])[]>> = {
  c: [['||'], ['&&'], ...BITS, EQUAL, ORDERED, ...COMPUTED],
  // `flags & 1 == 1` compares what is left of the flags
  rust: [['||'], ['&&'], [...EQUAL, ...ORDERED], ...BITS, ...COMPUTED],
  zig: [['||'], ['&&'], [...EQUAL, ...ORDERED], BITS.flat(), ...COMPUTED],
};

const UNARY: ReadonlySet<string> = new Set(['-', '+', '!', '~', '*', '&']);

/** Words of which C makes types. */
const TYPE_WORDS: ReadonlySet<string> = new Set([
  ...['unsigned', 'signed', 'char', 'short', 'int', 'long', 'float', 'double', 'void', '_Bool'],
  ...['const', 'volatile', 'struct', 'union', 'enum', 'class'],
]);

/** Words of a type that say nothing of what it is. */
const EMPTY_WORDS: ReadonlySet<string> = new Set([
  ...['const', 'volatile', 'struct', 'union', 'enum', 'class'],
]);

/** What a user may nest. */
const MAX_DEPTH = 100;

/**
 * @param isType whether a name is that of a type, besides those that C makes of words
 * @throws WasiRrError OPTION_INVALID
 */
export function parseExpression(
  source: string,
  isType: (name: string) => boolean,
  language: Language,
): Expression {
  const parser = new Parser(tokensOf(source), isType, LEVELS[language]);
  const expression = parser.expression(0);
  parser.finish();
  return expression;
}

/**
 * A type and nothing else: `struct user *`.
 * @returns undefined for what is none. @throws WasiRrError OPTION_INVALID for what is made of no words
 */
export function parseType(source: string, isType: (name: string) => boolean): TypeName | undefined {
  return new Parser(tokensOf(source), isType, LEVELS.c).wholeType();
}

class Parser {
  private readonly tokens: readonly Token[];
  private readonly isType: (name: string) => boolean;
  private readonly levels: (typeof LEVELS)[Language];
  private at = 0;
  private depth = 0;

  constructor(
    tokens: readonly Token[],
    isType: (name: string) => boolean,
    levels: (typeof LEVELS)[Language],
  ) {
    this.tokens = tokens;
    this.isType = isType;
    this.levels = levels;
  }

  finish(): void {
    const rest = this.tokens[this.at];
    if (rest !== undefined) throw badExpression(`"${textOf(rest)}" is not expected there`);
  }

  wholeType(): TypeName | undefined {
    const type = this.typeName();
    return this.at === this.tokens.length ? type : undefined;
  }

  expression(level: number): Expression {
    if (level === 0 && ++this.depth > MAX_DEPTH) throw badExpression('that is nested too deep');
    const operators = this.levels[level];
    if (operators === undefined) return this.cast();
    let left = this.expression(level + 1);
    for (;;) {
      const operator = operators.find((one) => this.takes(one));
      if (operator === undefined) break;
      const right = this.expression(level + 1);
      left =
        operator === '@'
          ? { kind: 'several', first: left, count: right }
          : { kind: 'binary', operator, left, right };
    }
    if (level > 0) return left;
    this.depth--;
    if (!this.takes('?')) return left;
    const yes = this.expression(0);
    this.expect(':');
    return { kind: 'choice', condition: left, yes, no: this.expression(0) };
  }

  /** Rust's: behind the operand. */
  private cast(): Expression {
    let operand = this.unary();
    while (this.takesWord('as')) {
      const type = this.typeName();
      if (type === undefined) throw badExpression('a type is missing behind "as"');
      operand = { kind: 'cast', type, operand, as: true };
    }
    return operand;
  }

  private unary(): Expression {
    if (++this.depth > MAX_DEPTH) throw badExpression('that is nested too deep');
    try {
      const next = this.tokens[this.at];
      if (next?.kind === 'sign' && UNARY.has(next.text)) {
        this.at++;
        const operand = this.unary();
        return { kind: 'unary', operator: next.text as UnaryOperator, operand };
      }
      if (this.takesWord('sizeof')) return this.sizeOf();
      if (this.isSign('(')) {
        const cast = this.parenthesizedType();
        if (cast !== undefined) return { kind: 'cast', type: cast, operand: this.unary() };
      }
      return this.postfix(this.primary());
    } finally {
      this.depth--;
    }
  }

  private sizeOf(): Expression {
    const type = this.isSign('(') ? this.parenthesizedType() : undefined;
    return { kind: 'sizeof', of: type ?? this.unary() };
  }

  private postfix(first: Expression): Expression {
    let of = first;
    for (;;) {
      if (this.takes('.') || this.takes('->')) of = { kind: 'member', of, name: this.member() };
      else if (this.takes('[')) {
        const index = this.expression(0);
        this.expect(']');
        of = { kind: 'element', of, index };
      } else if (this.isSign('(') && (of.kind === 'name' || of.kind === 'member')) {
        throw badExpression(
          `"${of.name}" cannot be called: the run is recorded, and nothing new can be computed in it`,
        );
      } else return of;
    }
  }

  /** A number is a field of a Rust tuple. */
  private member(): string {
    const next = this.tokens[this.at++];
    if (next?.kind === 'word') return next.text;
    if (next?.kind === 'integer') return `${next.value}`;
    throw badExpression('the name of a member is missing');
  }

  private primary(): Expression {
    const next = this.tokens[this.at];
    switch (next?.kind) {
      case 'word':
        return { kind: 'name', name: this.path() };
      case 'integer':
      case 'float':
      case 'character':
      case 'text':
        this.at++;
        return next;
      case 'sign':
        if (next.text === '(') {
          this.at++;
          const inner = this.expression(0);
          this.expect(')');
          return inner;
        }
        if (next.text === '::') return { kind: 'name', name: this.path() };
        throw badExpression(`a value is missing before "${next.text}"`);
      case undefined:
        throw badExpression('a value is missing at the end');
    }
  }

  /** `zoo::Animal::count` */
  private path(): string {
    let path = '';
    this.takes('::');
    for (;;) {
      const next = this.tokens[this.at];
      if (next?.kind !== 'word') throw badExpression('a name is missing behind "::"');
      this.at++;
      path += next.text;
      if (!this.takes('::')) return path;
      path += '::';
    }
  }

  /** `(char *)`; nothing is taken where there is none. */
  private parenthesizedType(): TypeName | undefined {
    const start = this.at;
    this.expect('(');
    const type = this.typeName();
    if (type !== undefined && this.takes(')')) return type;
    this.at = start;
    return undefined;
  }

  private typeName(): TypeName | undefined {
    const start = this.at;
    // Rust's `*const T`
    let pointers = 0;
    while (this.isSign('*') && this.isRustPointer()) {
      this.at += 2;
      pointers++;
    }
    const words: string[] = [];
    let tagged = false;
    for (;;) {
      const next = this.tokens[this.at];
      if (next?.kind !== 'word') break;
      if (EMPTY_WORDS.has(next.text)) {
        tagged ||= next.text !== 'const' && next.text !== 'volatile';
        this.at++;
        continue;
      }
      if (TYPE_WORDS.has(next.text)) {
        words.push(next.text);
        this.at++;
        continue;
      }
      if (words.length > 0) break;
      const before = this.at;
      const path = this.path();
      if (tagged || this.isType(path)) {
        words.push(path);
        continue;
      }
      this.at = before;
      break;
    }
    if (words.length === 0) {
      this.at = start;
      return undefined;
    }
    while (this.takes('*') || this.takes('&') || this.takesWord('const')) {
      const last = this.tokens[this.at - 1];
      if (last?.kind === 'sign') pointers++;
    }
    return { name: words.join(' '), pointers };
  }

  private isRustPointer(): boolean {
    const next = this.tokens[this.at + 1];
    return next?.kind === 'word' && (next.text === 'const' || next.text === 'mut');
  }

  private isSign(text: string): boolean {
    const next = this.tokens[this.at];
    return next?.kind === 'sign' && next.text === text;
  }

  private takes(text: string): boolean {
    if (!this.isSign(text)) return false;
    this.at++;
    return true;
  }

  private takesWord(text: string): boolean {
    const next = this.tokens[this.at];
    if (next?.kind !== 'word' || next.text !== text) return false;
    this.at++;
    return true;
  }

  private expect(text: string): void {
    if (!this.takes(text)) throw badExpression(`"${text}" is missing`);
  }
}

function textOf(token: Token): string {
  return 'text' in token ? token.text : String(token.value);
}
