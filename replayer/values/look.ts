/** Looks at a stopped guest with the names and the debug information of its module. */
import { WasiRrError } from '../../errors.ts';
import { globalNames } from '../../wasm/names.ts';
import { resolved, sizeOf } from '../dwarf/type.ts';
import type { FrameNames } from '../source/frame-names.ts';
import type { Returned } from '../timetravel/returned.ts';
import { setsFirst } from '../timetravel/sets-first.ts';
import type { StoppedGuest } from '../timetravel/state-at.ts';
import { isTrueValue } from './expressions/evaluate.ts';
import {
  changedPart,
  type Dependence,
  dependenceIn,
  type FollowedValue,
  NO_DEPENDENCE,
  seenValue,
  type ValueName,
} from './followed.ts';
import { formatValue } from './format.ts';
import { frameMachine } from './frame-machine.ts';
import { Inspection } from './inspection.ts';
import { KeptValues } from './kept-values.ts';
import { memberNames } from './member-names.ts';
import type { EvaluatedValue, FrameVariables, TypeText, VariableRow } from './messages.ts';
import { returnedValue } from './returned.ts';
import type { Radix } from './scalars.ts';
import { type Place, Scope } from './scope.ts';
import { typeLines } from './type-text.ts';
import { integerOf, type Value } from './value.ts';
import { type RowQuery, valueOfRow, variableRows, whyNot } from './variable-rows.ts';

export class Look {
  private readonly module: Uint8Array;
  private readonly names: FrameNames;
  private readonly kept = new KeptValues();
  private globals: ReadonlyMap<string, number> | undefined;

  /** @param module as it was recorded */
  constructor(module: Uint8Array, names: FrameNames) {
    this.module = module;
    this.names = names;
  }

  /**
   * @param keepAs number under which it can be named from then on: `$3`
   * @throws WasiRrError OPTION_INVALID for what makes no sense; Unreadable for what cannot be known
   */
  evaluate(
    guest: StoppedGuest,
    place: Place,
    source: string,
    radix?: Radix,
    keepAs?: number,
  ): EvaluatedValue {
    const inspection = this.inspection(guest);
    const value = this.scope(guest, place, inspection).evaluate(source);
    if (keepAs !== undefined) this.kept.keep(keepAs, value);
    return this.described(guest, value, radix);
  }

  /** @param offset of the body of the function; @param keepAs as {@link evaluate} has it */
  returned(
    guest: StoppedGuest,
    returned: Returned,
    offset: number,
    keepAs?: number,
  ): EvaluatedValue | undefined {
    const { source } = this.names;
    const { func } = returned;
    const value = returnedValue(
      returned,
      source?.functionAt(offset),
      source?.types,
      frameMachine(guest),
      !setsFirst(this.module, func),
    );
    if (value === undefined) return undefined;
    if (keepAs !== undefined) this.kept.keep(keepAs, value);
    return this.described(guest, value);
  }

  private described(guest: StoppedGuest, value: Value, radix?: Radix): EvaluatedValue {
    const type = resolved(value.type);
    const isNumber =
      type?.kind === 'pointer' || (type?.kind === 'base' && type.encoding !== 'float');
    const text = this.textOf(guest, value, radix);
    return {
      type: value.type?.name ?? 'void',
      value: text,
      address: value.source.address,
      size: value.bits === undefined ? sizeOf(value.type) : undefined,
      number: isNumber && !text.startsWith('<') ? integerOf(value) : undefined,
    };
  }

  /** @throws as {@link evaluate} */
  type(guest: StoppedGuest, place: Place, source: string): TypeText {
    const scope = this.scope(guest, place, this.inspection(guest));
    const { type, isTypeName } = scope.describe(source);
    const isOtherName = isTypeName && type?.kind === 'alias' && type.form === 'typedef';
    const named = isOtherName ? type.target : type;
    return { name: named?.name ?? 'void', size: sizeOf(type), lines: typeLines(type) };
  }

  /** What can be named in a frame; with an expression, behind it: its members. @throws as {@link evaluate} */
  variableNames(guest: StoppedGuest, place: Place, of?: string): readonly string[] {
    const scope = this.scope(guest, place, this.inspection(guest));
    return of === undefined ? scope.variableNames : memberNames(scope.describe(of).type);
  }

  /** @throws as {@link evaluate} */
  isTrue(guest: StoppedGuest, source: string, given?: ReadonlyMap<string, Value>): boolean {
    const place = { level: 0, call: 0 };
    return isTrueValue(this.scope(guest, place, this.inspection(guest), given).evaluate(source));
  }

  rows(guest: StoppedGuest, query: RowQuery): VariableRow[] {
    const inspection = this.inspection(guest);
    return variableRows(
      query,
      this.scope(guest, query.place, inspection),
      inspection,
      (value) => this.textOf(guest, value),
      guest.frames[query.place.level]?.types.length ?? 0,
    );
  }

  /**
   * Follows a value from where it is in a frame.
   * @throws as {@link evaluate}; WasiRrError OPTION_INVALID for a row that is not there
   */
  follow(guest: StoppedGuest, place: Place, name: ValueName, radix?: Radix): FollowedValue {
    const inspection = this.inspection(guest);
    const text = (of: StoppedGuest, value: Value) => this.textOf(of, value, radix);
    const value = this.valueNamed(guest, place, name, inspection);
    const now = seenValue(guest, value, text);
    const own = inspection?.calls.filter(({ level }) => level === place.level)[place.call];
    const seen = (other: StoppedGuest, call: number, there: Inspection | undefined) => {
      try {
        return seenValue(other, this.valueNamed(other, { level: 0, call }, name, there), text);
      } catch (thrown) {
        // out of its scope, or kept nowhere
        whyNot(thrown);
        return undefined;
      }
    };
    const seenIn = (other: StoppedGuest) => {
      const there = this.inspection(other);
      const calls = there?.calls.filter(({ level }) => level === 0) ?? [];
      const call = own ? calls.findIndex(({ call: one }) => one.own === own.call.own) : 0;
      return call < 0 ? undefined : seen(other, call, there);
    };
    const known = new Map<number, Dependence>();
    const dependence = (pc: number) => {
      let found = known.get(pc);
      if (found === undefined) {
        const frame = guest.frames[place.level];
        found = frame
          ? dependenceIn({ ...guest, frames: [{ ...frame, pc }] }, seenIn)
          : NO_DEPENDENCE;
        known.set(pc, found);
      }
      return found;
    };
    const { range } = now;
    const nowhere = { ...guest, frames: [] };
    const alone = seen(nowhere, 0, this.inspection(nowhere));
    return {
      now,
      owner: range && inspection?.ownerOf(range.address),
      isGlobal: range !== undefined && alone?.range?.address === range.address,
      ...{ at: seenIn, dependence },
      changed: (of, memory, address, before) => changedPart(of, memory, address, before, text),
    };
  }

  /** Every frame with its variables, as text. */
  frames(guest: StoppedGuest): readonly FrameVariables[] {
    const frames = guest.frames.map(({ func, pc }) => this.names.frame(pc, func));
    const inspection = this.inspection(guest);
    if (inspection === undefined) return frames.map((frame) => ({ ...frame, variables: [] }));
    return frames.map((frame, level) => ({
      ...frame,
      variables: inspection.calls
        .filter((stacked) => stacked.level === level)
        .map((stacked) => inspection.variablesOf(stacked)),
    }));
  }

  private valueNamed(
    guest: StoppedGuest,
    place: Place,
    name: ValueName,
    inspection: Inspection | undefined,
  ): Value {
    const scope = this.scope(guest, place, inspection);
    if (name.kind === 'expression') return scope.evaluate(name.expression);
    const query = { place, watches: name.watches, open: [], wasm: true };
    const locals = guest.frames[place.level]?.types.length ?? 0;
    const found = valueOfRow(name.key, query, scope, inspection, locals);
    if (found !== undefined) return found;
    throw new WasiRrError('OPTION_INVALID', 'this line has no value here.');
  }

  private scope(
    guest: StoppedGuest,
    place: Place,
    inspection: Inspection | undefined,
    given?: ReadonlyMap<string, Value>,
  ): Scope {
    const globalNamed = (name: string) => this.globalNamed(name);
    return new Scope({ guest, inspection, globalNamed, given: given ?? this.kept.all }, place);
  }

  private inspection(guest: StoppedGuest): Inspection | undefined {
    const { source } = this.names;
    return source && new Inspection(source, guest, (index) => this.names.functionInTable(index));
  }

  private textOf(guest: StoppedGuest, value: Value, radix?: Radix): string {
    const functionAt = (index: number) => this.names.functionInTable(index);
    return formatValue(value, { machine: frameMachine(guest), functionAt }, radix);
  }

  private globalNamed(name: string): number | undefined {
    this.globals ??= new Map([...globalNames(this.module)].map(([index, own]) => [own, index]));
    return this.globals.get(name);
  }
}
