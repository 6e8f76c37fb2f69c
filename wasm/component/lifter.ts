/** Reads what a function of a component was passed, and what it gave back. */
import { type CoreNumber, FlatReader } from './flat-values.ts';
import { alignUp, type FlatType, Layouts, MAX_FLAT } from './layout.ts';
import { Lift, type LiftMemory } from './lift.ts';
import { PieceMemory } from './pieces.ts';
import type { StringEncoding, WitFunction, WitType, WitTypes } from './types.ts';
import { UNREADABLE, type WitValue } from './value.ts';

const NO_MEMORY = new PieceMemory([]);

interface FlatParams {
  readonly flat: readonly FlatType[];
  readonly spilled: boolean;
}

export class Lifter {
  /** Worked out once: a function is called often. */
  private readonly flattened = new WeakMap<WitFunction['params'], FlatParams>();
  private readonly types: readonly WitType[];
  private readonly layouts: Layouts;

  constructor({ types }: WitTypes) {
    this.types = types;
    this.layouts = new Layouts(types);
  }

  /** Whether what is passed lies in memory, in part. */
  pointsIn({ params }: WitFunction): boolean {
    return (
      this.flatParams(params).spilled || params.some(({ type }) => this.layouts.of(type).points)
    );
  }

  /** @returns a value for each parameter */
  params(
    { params }: WitFunction,
    core: readonly CoreNumber[],
    memory: LiftMemory,
    encoding: StringEncoding,
  ): WitValue[] {
    const { flat, spilled } = this.flatParams(params);
    const lift = new Lift(this.types, this.layouts, memory, encoding);
    if (!spilled) {
      const values = new FlatReader(core, flat);
      return params.map(({ type }) => lift.flat(type, values));
    }
    const at = address(core[0]);
    let offset = 0;
    return params.map(({ type }) => {
      const { align, size } = this.layouts.of(type);
      const start = alignUp(offset, align);
      offset = start + size;
      return lift.stored(type, at + start);
    });
  }

  /**
   * @param core arguments of the call
   * @param results core results
   * @returns undefined for a function without a result
   */
  result(
    { params, result }: WitFunction,
    core: readonly CoreNumber[],
    results: readonly CoreNumber[],
    memory: LiftMemory,
    encoding: StringEncoding,
  ): WitValue | undefined {
    if (result === null) return undefined;
    const lift = new Lift(this.types, this.layouts, memory, encoding);
    const { flat } = this.layouts.of(result);
    if (flat.length <= 1) return lift.flat(result, new FlatReader(results, flat));
    // the caller says where it is to be put
    const { flat: given, spilled } = this.flatParams(params);
    return lift.stored(result, address(core[spilled ? 1 : given.length]));
  }

  /** What an export gave back; what lies in the guest's memory is unreadable. */
  returned({ result }: WitFunction, results: readonly CoreNumber[]): WitValue | undefined {
    if (result === null) return undefined;
    const { flat } = this.layouts.of(result);
    if (flat.length > 1) return UNREADABLE;
    const lift = new Lift(this.types, this.layouts, NO_MEMORY, 'utf8');
    return lift.flat(result, new FlatReader(results, flat));
  }

  private flatParams(params: WitFunction['params']): FlatParams {
    const known = this.flattened.get(params);
    if (known !== undefined) return known;
    const flat = params.flatMap(({ type }) => this.layouts.of(type).flat);
    const made = { flat, spilled: flat.length > MAX_FLAT };
    this.flattened.set(params, made);
    return made;
  }
}

function address(value: CoreNumber | undefined): number {
  return Number(value ?? 0) >>> 0;
}
