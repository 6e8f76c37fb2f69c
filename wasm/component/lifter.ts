/** Reads what a function of a component was passed, and what it gave back. */
import { type CoreNumber, FlatReader, unsigned } from './flat-values.ts';
import { alignUp, type FlatType, Layouts, MAX_ASYNC_FLAT, MAX_FLAT } from './layout.ts';
import { Lift, type LiftMemory } from './lift.ts';
import type { StringEncoding, TypeRef, WitFunction, WitType, WitTypes } from './types.ts';
import type { WitValue } from './value.ts';

/** How the values of a function are passed. */
export interface Passing {
  readonly encoding: StringEncoding;
  /** Whether the caller goes on before the function has returned. */
  readonly async?: boolean;
}

interface FlatParams {
  readonly flat: readonly FlatType[];
  /** Whether they lie in memory: the one core value says where. */
  readonly spilled: boolean;
}

export class Lifter {
  /** Worked out once: a function is called often. */
  private readonly flattened = new WeakMap<WitFunction['params'], readonly FlatType[]>();
  private readonly types: readonly WitType[];
  private readonly layouts: Layouts;

  constructor({ types }: WitTypes) {
    this.types = types;
    this.layouts = new Layouts(types);
  }

  /** Whether what is passed lies in memory, in part. */
  pointsIn({ params }: WitFunction, async = false): boolean {
    return (
      this.flatParams(params, async).spilled ||
      params.some(({ type }) => this.layouts.of(type).points)
    );
  }

  /** @returns a value for each parameter */
  params(
    { params }: WitFunction,
    core: readonly CoreNumber[],
    memory: LiftMemory,
    { encoding, async = false }: Passing,
  ): WitValue[] {
    const { flat, spilled } = this.flatParams(params, async);
    const lift = new Lift(this.types, this.layouts, memory, encoding);
    if (!spilled) {
      const values = new FlatReader(core, flat);
      return params.map(({ type }) => lift.flat(type, values));
    }
    const at = unsigned(core[0]);
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
   * @param results core results; those of a function that may return later are of no matter
   * @returns undefined for a function without a result
   */
  result(
    { params, result }: WitFunction,
    core: readonly CoreNumber[],
    results: readonly CoreNumber[],
    memory: LiftMemory,
    { encoding, async = false }: Passing,
  ): WitValue | undefined {
    if (result === null) return undefined;
    const lift = new Lift(this.types, this.layouts, memory, encoding);
    const { flat } = this.layouts.of(result);
    if (flat.length <= 1 && !async) return lift.flat(result, new FlatReader(results, flat));
    // the caller says where it is to be put
    const { flat: given, spilled } = this.flatParams(params, async);
    return lift.stored(result, unsigned(core[spilled ? 1 : given.length]));
  }

  /** Whether what an export gives back lies in memory: more than one core value does. */
  returnsPointer({ result }: WitFunction): boolean {
    return result !== null && this.layouts.of(result).flat.length > 1;
  }

  /** What an export gave back. @param memory as it is when it has returned */
  returned(
    func: WitFunction,
    results: readonly CoreNumber[],
    memory: LiftMemory,
    encoding: StringEncoding,
  ): WitValue | undefined {
    const { result } = func;
    if (result === null) return undefined;
    const lift = new Lift(this.types, this.layouts, memory, encoding);
    return this.returnsPointer(func)
      ? lift.stored(result, unsigned(results[0]))
      : lift.flat(result, new FlatReader(results, this.layouts.of(result).flat));
  }

  /** Bytes that values of a type take, behind each other. */
  sizeOf(type: TypeRef | null, count = 1): number {
    return this.layouts.of(type).size * count;
  }

  /** Whether anything of a value lies elsewhere in memory. */
  points(type: TypeRef | null): boolean {
    return this.layouts.of(type).points;
  }

  /** A value that lies in memory. */
  stored(type: TypeRef, at: number, memory: LiftMemory, encoding: StringEncoding): WitValue {
    return new Lift(this.types, this.layouts, memory, encoding).stored(type, at);
  }

  /** Values that lie behind each other in memory, as a list. */
  sequence(
    type: TypeRef,
    at: number,
    count: number,
    memory: LiftMemory,
    encoding: StringEncoding,
  ): WitValue {
    return new Lift(this.types, this.layouts, memory, encoding).list(type, at, count);
  }

  private flatParams(params: WitFunction['params'], async: boolean): FlatParams {
    let flat = this.flattened.get(params);
    if (flat === undefined) {
      flat = params.flatMap(({ type }) => this.layouts.of(type).flat);
      this.flattened.set(params, flat);
    }
    return { flat, spilled: flat.length > (async ? MAX_ASYNC_FLAT : MAX_FLAT) };
  }
}
