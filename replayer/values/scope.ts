/** What names mean in a frame of a stopped guest: variables of the source, locals and globals of wasm, types. */
import { WasiRrError } from '../../errors.ts';
import { littleEndian } from '../dwarf/little-endian.ts';
import type { Machine } from '../dwarf/machine.ts';
import { Unreadable } from '../dwarf/machine.ts';
import { AT } from '../dwarf/names.ts';
import { type Language, resolved, sizeOf, type Type } from '../dwarf/type.ts';
import { languageOf } from '../dwarf/types.ts';
import { TYPE } from '../instrument/module-layout.ts';
import type { StoppedGuest } from '../timetravel/state-at.ts';
import { baseType } from './expressions/base-types.ts';
import {
  evaluateExpression,
  type Names,
  typeOfExpression,
  typeWritten,
} from './expressions/evaluate.ts';
import { memberNamed } from './expressions/member.ts';
import { addressIn, pointerIn } from './expressions/operands.ts';
import { parseExpression, parseType } from './expressions/parse.ts';
import { frameMachine } from './frame-machine.ts';
import type { Inspection, StackedCall } from './inspection.ts';
import { memberNames } from './member-names.ts';
import { computed, type Value, valueAt } from './value.ts';
import { WASM_TYPES } from './wasm-types.ts';

const VECTOR: Type = { kind: 'other', name: 'v128', size: 16 };

/** Where an expression is evaluated. */
export interface Place {
  /** Of a frame of wasm, 0 the innermost. */
  readonly level: number;
  /** Of the calls that stand in it, which one: 0 the innermost. */
  readonly call: number;
}

/** What is known of the guest besides its frames. */
export interface ScopeSources {
  readonly guest: StoppedGuest;
  /** Undefined for a module without debug information. */
  readonly inspection: Inspection | undefined;
  /** Index of a global of wasm, by its name. */
  readonly globalNamed: (name: string) => number | undefined;
  /** Names that stand for values of their own: of a watchpoint, `$value` and `$old`; of what was shown, `$1`. */
  readonly given?: ReadonlyMap<string, Value>;
}

export interface DescribedType {
  /** Undefined for `void`. */
  readonly type: Type | undefined;
  /** Whether it was named itself. */
  readonly isTypeName: boolean;
}

export class Scope implements Names {
  readonly machine: Machine;
  private readonly sources: ScopeSources;
  private readonly place: Place;

  constructor(sources: ScopeSources, place: Place) {
    this.sources = sources;
    this.place = place;
    this.machine = frameMachine(sources.guest, place.level);
  }

  /** @throws WasiRrError OPTION_INVALID; Unreadable */
  evaluate(source: string): Value {
    const isType = (name: string) => this.type(name) !== undefined;
    const expression = parseExpression(source, isType, this.language);
    return evaluateExpression(expression, this);
  }

  /**
   * The type of an expression, or the one that is written: `u->next`, `struct user *`, `Vec<i32>`.
   * @throws WasiRrError OPTION_INVALID; Unreadable
   */
  describe(source: string): DescribedType {
    const text = source.trim();
    const isVariable = /^[\w$:]+$/.test(text) && this.variable(text) !== undefined;
    const isType = (name: string) => this.type(name) !== undefined;
    if (!isVariable) {
      // names of templates and of generic types are no words
      const verbatim = this.type(text.replace(/^(struct|union|enum|class)\s+/, ''));
      const written = verbatim ? undefined : asType(text, isType);
      const type = verbatim ?? (written && typeWritten(written, this));
      if (type !== undefined || written?.name === 'void') return { type, isTypeName: true };
    }
    const expression = parseExpression(text, isType, this.language);
    return { type: typeOfExpression(expression, this), isTypeName: false };
  }

  variable = (name: string): Value | undefined =>
    this.sources.given?.get(name) ??
    this.ofSource(name) ??
    this.local(name) ??
    this.global(name) ??
    this.enumerator(name);

  type = (name: string): Type | undefined => {
    const { inspection } = this.sources;
    const unit = this.calls[0]?.call.entry.unit;
    return baseType(name) ?? inspection?.debug.namedTypes.find(name, unit);
  };

  /** Variables of the call and of what is around it in the same frame, and what `this` of C++ has. */
  get variableNames(): readonly string[] {
    const names = this.calls.flatMap(({ call }) => call.variables().map(({ name }) => name));
    const self = names.includes('this') ? this.variable('this')?.type : undefined;
    return [...names, ...memberNames(self)];
  }

  get language(): Language {
    const unit = this.calls[0]?.call.entry.unit;
    return unit === undefined ? 'c' : languageOf(unit);
  }

  /** The call that is selected, then those around it in the same frame of wasm. */
  private get calls(): readonly StackedCall[] {
    const { level, call } = this.place;
    const all = this.sources.inspection?.calls.filter((one) => one.level === level) ?? [];
    return all.slice(call);
  }

  private ofSource(name: string): Value | undefined {
    const { inspection } = this.sources;
    if (inspection === undefined) return undefined;
    const [selected, ...around] = this.calls;
    const own = selected && this.ofCall(name, selected, inspection);
    if (own !== undefined) return own;
    // what a function calls so that was inlined is not what its callers call so
    const unit = selected?.call.entry.unit;
    for (const prefix of this.prefixes) {
      const entry = inspection.debug.globals.find(prefix + name, unit);
      if (entry !== undefined) return inspection.globalValue(entry);
    }
    for (const stacked of around) {
      const found = this.ofCall(name, stacked, inspection);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private ofCall(name: string, stacked: StackedCall, inspection: Inspection): Value | undefined {
    // an inner one stands behind the one that it hides
    const found = stacked.call.variables().findLast((one) => one.name === name);
    return found ? inspection.valueOf(found, stacked) : this.memberOfThis(stacked, name);
  }

  /** In a method of C++, what its object has; in a lambda, what it captured, and what its method's object has. */
  private memberOfThis(stacked: StackedCall, name: string): Value | undefined {
    const found = stacked.call.variables().find((one) => one.name === 'this');
    let self = found && this.sources.inspection?.valueOf(found, stacked);
    for (let left = 2; self !== undefined && left > 0; left--) {
      const target = pointerIn(self)?.target;
      const type = resolved(target);
      if (type?.kind !== 'structure') return undefined;
      // where the object is may not be known: that matters only if it has such a member
      const shape = computed(target, new Uint8Array(0));
      const of = (member: string, holder: Value) => memberNamed(holder, type, member);
      const wanted = of(name, shape) === undefined ? 'this' : name;
      if (of(wanted, shape) === undefined) return undefined;
      const member = of(wanted, valueAt(this.machine, target, addressIn(self)));
      if (wanted === name) return member;
      self = member;
    }
    return undefined;
  }

  /** Of the namespaces and classes around the function, the innermost first; then none. */
  private get prefixes(): string[] {
    const entry = this.calls[0]?.call.entry;
    const { inspection } = this.sources;
    const own = entry && inspection?.debug.types.prefixOf(entry.originWith(AT.name) ?? entry);
    const prefixes: string[] = [];
    for (let prefix = own ?? ''; prefix !== ''; ) {
      prefixes.push(prefix);
      const end = prefix.lastIndexOf('::', prefix.length - 3);
      prefix = end < 0 ? '' : prefix.slice(0, end + 2);
    }
    return [...prefixes, ''].flatMap((prefix) => [prefix, `${prefix}(anonymous namespace)::`]);
  }

  private enumerator(name: string): Value | undefined {
    const unit = this.calls[0]?.call.entry.unit;
    const found = this.sources.inspection?.debug.namedTypes.enumerator(name, unit);
    return found && computed(found.type, littleEndian(found.value, sizeOf(found.type) ?? 4));
  }

  /** `local3` */
  private local(name: string): Value | undefined {
    const index = numbered(name, 'local');
    if (index === undefined) return undefined;
    const type = this.sources.guest.frames[this.place.level]?.types[index];
    const bits = this.machine.local(index);
    if (type === TYPE.ref) throw new Unreadable('a reference');
    if (bits === undefined || type === undefined) return undefined;
    const bytes = littleEndian(bits.bits, bits.size);
    return computed(type === TYPE.v128 ? VECTOR : baseType(WASM_TYPES[type] ?? ''), bytes);
  }

  /** `global3`, or by its name. */
  private global(name: string): Value | undefined {
    const index = numbered(name, 'global') ?? this.sources.globalNamed(name);
    if (index === undefined) return undefined;
    const value = this.sources.guest.global(index);
    if (typeof value === 'bigint') {
      return computed(baseType('i64'), littleEndian(BigInt.asUintN(64, value), 8));
    }
    if (value === undefined) return undefined;
    if (Number.isInteger(value)) {
      return computed(baseType('i32'), littleEndian(BigInt.asUintN(32, BigInt(value)), 4));
    }
    throw new Unreadable('a global that is no whole number');
  }
}

/** What is no type may still be an expression. */
function asType(text: string, isType: (name: string) => boolean) {
  try {
    return parseType(text, isType);
  } catch (thrown) {
    if (thrown instanceof WasiRrError) return undefined;
    throw thrown;
  }
}

function numbered(name: string, kind: string): number | undefined {
  const [, number] = new RegExp(`^${kind}(\\d{1,9})$`).exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}
