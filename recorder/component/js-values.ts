/**
 * Whether a JavaScript value is one of a WIT type, as jco's generated programs want it. They take what they
 * get: a text where a number is wanted becomes 0, which nobody would find again.
 */
import type { Primitive, TypeRef, WitType } from '../../wasm/component/types.ts';

/** Elements of a list that are looked at. */
const MAX_ITEMS = 1000;

type Check = (value: unknown) => boolean;

const INTEGERS: Readonly<Record<string, readonly [number, number]>> = {
  s8: [-(2 ** 7), 2 ** 7 - 1],
  u8: [0, 2 ** 8 - 1],
  s16: [-(2 ** 15), 2 ** 15 - 1],
  u16: [0, 2 ** 16 - 1],
  s32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
};

const PRIMITIVE_CHECKS: Readonly<Record<Primitive, Check>> = {
  ...(Object.fromEntries(
    Object.entries(INTEGERS).map(([name, [from, to]]) => [
      name,
      (value: unknown) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
    ]),
  ) as Record<'s8' | 'u8' | 's16' | 'u16' | 's32' | 'u32', Check>),
  s64: (value) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  u64: (value) => typeof value === 'bigint' && BigInt.asUintN(64, value) === value,
  f32: (value) => typeof value === 'number',
  f64: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  char: (value) => typeof value === 'string' && [...value].length === 1 && value.isWellFormed(),
  string: (value) => typeof value === 'string',
  'error-context': () => true,
};

/** How jco spells what has no type of its own in JavaScript. */
const SPELLINGS: Partial<Record<WitType['kind'], string>> = {
  record: 'an object with its fields',
  variant: 'an object {tag, val} with one of its cases',
  enum: 'the name of one of its cases',
  flags: 'an object of booleans',
  tuple: 'an array of its values',
  list: 'an array',
  result: "{tag: 'ok', val} or {tag: 'err', val}",
  own: 'an object of its class',
  borrow: 'an object of its class',
};

export class JsValues {
  private readonly types: readonly WitType[];

  constructor(types: readonly WitType[]) {
    this.types = types;
  }

  /** @returns what is wrong, e.g. `"x" at .age, which is no u32`; undefined where nothing is */
  problem(ref: TypeRef, value: unknown, at = ''): string | undefined {
    if (typeof ref === 'string')
      return PRIMITIVE_CHECKS[ref](value) ? undefined : no(ref, value, at);
    const type = this.types[ref];
    if (type === undefined) return undefined;
    const wrong = () => no(type.kind, value, at, SPELLINGS[type.kind]);
    switch (type.kind) {
      case 'record': {
        if (!isObject(value)) return wrong();
        return first(type.fields, ({ name, type: of }) =>
          this.problem(of, value[camel(name)], `${at}.${camel(name)}`),
        );
      }
      case 'tuple': {
        if (!Array.isArray(value) || value.length !== type.items.length) return wrong();
        return first(type.items, (of, i) => this.problem(of, value[i], `${at}[${i}]`));
      }
      case 'list': {
        if (ArrayBuffer.isView(value) && typeof type.of === 'string') return undefined;
        if (!Array.isArray(value)) return wrong();
        if (type.length !== undefined && value.length !== type.length) return wrong();
        return first(value.slice(0, MAX_ITEMS) as unknown[], (one, i) =>
          this.problem(type.of, one, `${at}[${i}]`),
        );
      }
      case 'flags': {
        if (!isObject(value)) return wrong();
        return first(type.names, (name) => {
          const flag = value[camel(name)];
          return flag === undefined
            ? undefined
            : this.problem('bool', flag, `${at}.${camel(name)}`);
        });
      }
      case 'enum':
        return type.names.includes(value as string) ? undefined : wrong();
      case 'option': {
        const inner = typeof type.of === 'number' ? this.types[type.of] : undefined;
        if (inner?.kind !== 'option') {
          return value === undefined || value === null
            ? undefined
            : this.problem(type.of, value, at);
        }
        // none of one, and none of the other
        return this.tagged({ some: type.of, none: null }, value, at) ?? undefined;
      }
      case 'variant':
        return this.tagged(
          Object.fromEntries(type.cases.map(({ name, type: of }) => [name, of])),
          value,
          at,
        );
      case 'result':
        return this.tagged({ ok: type.ok, err: type.err }, value, at);
      case 'own':
      case 'borrow':
        return isObject(value) ? undefined : wrong();
      default:
        return undefined;
    }
  }

  private tagged(
    cases: Readonly<Record<string, TypeRef | null>>,
    value: unknown,
    at: string,
  ): string | undefined {
    const tag = isObject(value) ? value.tag : undefined;
    if (typeof tag !== 'string' || !Object.hasOwn(cases, tag) || !isObject(value)) {
      const names = Object.keys(cases).join(', ');
      return no('variant', value, at, `an object {tag, val} whose tag is one of ${names}`);
    }
    const of = cases[tag] ?? null;
    return of === null ? undefined : this.problem(of, value.val, `${at}.val`);
  }
}

/** `read-via-stream` → `readViaStream`; `-descriptor` → `Descriptor`. */
export function camel(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function no(type: string, value: unknown, at: string, spelling?: string): string {
  const where = at === '' ? '' : ` at ${at}`;
  return `${shown(value)}${where}, which is no ${type}${spelling ? ` (${spelling})` : ''}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  return isObject(value) ? 'an object' : String(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function first<T>(
  all: readonly T[],
  problem: (one: T, index: number) => string | undefined,
): string | undefined {
  for (const [i, one] of all.entries()) {
    const found = problem(one, i);
    if (found !== undefined) return found;
  }
  return undefined;
}
