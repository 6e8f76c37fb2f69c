/** Random expressions of C over variables of every type, and those variables. What they are worth, a compiler says. */
import type { Random } from '../../../wasi/random.ts';

/** Name, type, initial value as C writes it. */
export const VARIABLES: readonly (readonly [name: string, type: string, value: string])[] = [
  ['c', 'char', '-3'],
  ['sc', 'signed char', '-128'],
  ['uc', 'unsigned char', '200'],
  ['s', 'short', '-30000'],
  ['us', 'unsigned short', '65535'],
  ['i', 'int', '-2147483648'],
  ['j', 'int', '41'],
  ['u', 'unsigned int', '4000000000'],
  ['l', 'long', '-7'],
  ['ul', 'unsigned long', '3'],
  ['ll', 'long long', '-9007199791611905'],
  ['ull', 'unsigned long long', '0xfedcba9876543210'],
  ['f', 'float', '1.1f'],
  ['g', 'float', '-16777217'],
  ['d', 'double', '0.1'],
  ['e', 'double', '-1e10'],
  ['b', '_Bool', '1'],
  ['p', 'int *', '(int *)4096'],
  ['q', 'int *', '(int *)4124'],
  ['high', 'int *', '(int *)0xfffffff0'],
  ['t', 'char *', '(char *)4099'],
];

const WHOLE = ['c', 'sc', 'uc', 's', 'us', 'i', 'j', 'u', 'l', 'ul', 'll', 'ull', 'b'] as const;
const REAL = ['f', 'g', 'd', 'e'] as const;
const POINTERS = ['p', 'q', 'high'] as const;
const LITERALS = [
  ...['0', '1', '2', '7', '127', '128', '255', '65535', '2147483647', '2147483648', '4294967295'],
  ...['4294967296', '0x7fffffff', '0x80000000', '0xffffffff', '0x100000000', '9223372036854775807'],
  ...['0xffffffffffffffff', '3u', '5l', '1ll', '7ul', '9ull', '017', "'a'", "'\\377'", '1ULL'],
] as const;
const REALS = ['1.5', '0.1', '1.1f', '3.0f', '2e3', '0.1f', '100.25'] as const;
const TYPES = [
  ...['char', 'signed char', 'unsigned char', 'short', 'unsigned short', 'int', 'unsigned'],
  ...['long', 'unsigned long', 'long long', 'unsigned long long', '_Bool'],
] as const;

type Kind = 'whole' | 'real' | 'pointer';

interface Made {
  readonly text: string;
  /** How tightly its operator binds: 0 the loosest. */
  readonly level: number;
  readonly kind: Kind;
}

const ATOM = 20;
const UNARY = 15;
const LEVELS: Readonly<Record<string, number>> = {
  ...{ '?': 1, '||': 2, '&&': 3, '|': 4, '^': 5, '&': 6, '==': 7, '!=': 7 },
  ...{
    '<': 8,
    '>': 8,
    '<=': 8,
    '>=': 8,
    '<<': 9,
    '>>': 9,
    '+': 10,
    '-': 10,
    '*': 11,
    '/': 11,
    '%': 11,
  },
};

export function randomExpression(random: Random): string {
  return any(random, 1 + random.below(4)).text;
}

function any(random: Random, depth: number): Made {
  return random.below(12) === 0 ? pointer(random) : number(random, depth);
}

function number(random: Random, depth: number): Made {
  if (depth === 0) return atom(random);
  const which = random.below(20);
  if (which < 10) return arithmetic(random, depth);
  if (which < 13) return compared(random, depth);
  if (which < 15) return unary(random, depth);
  if (which < 17) return cast(random, depth);
  if (which < 18) return choice(random, depth);
  if (which < 19) return ofPointers(random);
  const of =
    random.below(2) === 0 ? `(${random.pick(TYPES)})` : `(${number(random, depth - 1).text})`;
  return { text: `sizeof${of}`, level: UNARY, kind: 'whole' };
}

function atom(random: Random): Made {
  const which = random.below(10);
  if (which < 5) return { text: random.pick(WHOLE), level: ATOM, kind: 'whole' };
  if (which < 8) return { text: random.pick(LITERALS), level: ATOM, kind: 'whole' };
  const text = which === 8 ? random.pick(REAL) : random.pick(REALS);
  return { text, level: ATOM, kind: 'real' };
}

function whole(random: Random, depth: number): Made {
  for (;;) {
    const made = number(random, depth);
    if (made.kind === 'whole') return made;
  }
}

function arithmetic(random: Random, depth: number): Made {
  const operator = random.pick(['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>']);
  const real = '+-*/'.includes(operator);
  if (operator === '<<' || operator === '>>') {
    const left = whole(random, depth - 1);
    return joined(
      operator,
      left,
      { text: `${random.below(31)}`, level: ATOM, kind: 'whole' },
      'whole',
    );
  }
  const left = real ? number(random, depth - 1) : whole(random, depth - 1);
  const right = real ? number(random, depth - 1) : whole(random, depth - 1);
  const kind = left.kind === 'real' || right.kind === 'real' ? 'real' : 'whole';
  return joined(operator, left, right, kind);
}

function compared(random: Random, depth: number): Made {
  const operator = random.pick(['==', '!=', '<', '>', '<=', '>=', '&&', '||']);
  return joined(operator, number(random, depth - 1), number(random, depth - 1), 'whole');
}

/** With brackets only where they are needed: C's precedence is part of what is compared. */
function joined(operator: string, left: Made, right: Made, kind: Kind): Made {
  const level = LEVELS[operator] ?? 0;
  const a = left.level < level ? `(${left.text})` : left.text;
  const b = right.level <= level ? `(${right.text})` : right.text;
  return { text: `${a} ${operator} ${b}`, level, kind };
}

function unary(random: Random, depth: number): Made {
  const operator = random.pick(['-', '+', '~', '!']);
  const of = operator === '~' ? whole(random, depth - 1) : number(random, depth - 1);
  const text = of.level < UNARY ? `(${of.text})` : of.text;
  // `- -x`, not `--x`
  const kind = operator === '!' ? 'whole' : of.kind;
  return { text: `${operator}${/^[-+]/.test(text) ? ' ' : ''}${text}`, level: UNARY, kind };
}

function cast(random: Random, depth: number): Made {
  const toReal = random.below(4) === 0;
  // what does not fit in a whole number is undefined
  const of = toReal ? number(random, depth - 1) : whole(random, depth - 1);
  const text = of.level < UNARY ? `(${of.text})` : of.text;
  const type = toReal ? random.pick(['float', 'double']) : random.pick(TYPES);
  return { text: `(${type})${text}`, level: UNARY, kind: toReal ? 'real' : 'whole' };
}

function choice(random: Random, depth: number): Made {
  const [condition, yes, no] = [1, 2, 3].map(() => number(random, depth - 1)) as [Made, Made, Made];
  const kind = yes.kind === 'real' || no.kind === 'real' ? 'real' : 'whole';
  return { text: `(${condition.text}) ? (${yes.text}) : (${no.text})`, level: 1, kind };
}

/** Numbers that pointers give. */
function ofPointers(random: Random): Made {
  const [a, b] = [random.pick(POINTERS), random.pick(POINTERS)];
  const text = random.pick([
    ...[`${a} - ${b}`, `(${a} + j) - ${b}`, `${a} == ${b}`, `${a} < ${b}`, `${a} >= ${b} - c`],
    ...[`!${a}`, `${a} && b`, `(int)${a}`, `(unsigned long)(${a} + 1)`, `t - (char *)${a}`],
    ...[`(unsigned char)(unsigned long)${a}`, `(char *)${a} + 1 == t`],
  ] as [string]);
  return { text: `(${text})`, level: ATOM, kind: 'whole' };
}

function pointer(random: Random): Made {
  const a = random.pick(POINTERS);
  const by = random.pick(WHOLE.slice(0, 6) as ['c']);
  const text = random.pick([
    ...[
      `${a} + ${by}`,
      `${a} - ${by}`,
      `${by} + ${a}`,
      `(char *)${a} + ${by}`,
      `t + ull`,
      `${a} - ll`,
    ],
    ...[`(char *)${by}`, `(int *)(${by} + 1)`, `(void *)${by}`, `b ? ${a} : ${a} + 1`],
  ] as [string]);
  return { text, level: 1, kind: 'pointer' };
}
