/** Core values that values of a component were flattened to, read one by one. */
import type { FlatType } from './layout.ts';

/** As the WebAssembly JS API has it: i64 as bigint. */
export type CoreNumber = number | bigint;

export interface FlatValues {
  /** The next one as what it was before it shared its place with other cases of a variant. */
  next(want: FlatType): CoreNumber | undefined;
  /** The next one as an unsigned number: an address, a length, which case it is. */
  address(): number;
  /** A reader of the next few, which are passed over here. */
  slots(count: number): FlatValues;
}

export class FlatReader implements FlatValues {
  private readonly values: readonly CoreNumber[];
  /** Types in which the values were passed. */
  private readonly types: readonly FlatType[];
  private at = 0;

  constructor(values: readonly CoreNumber[], types: readonly FlatType[]) {
    this.values = values;
    this.types = types;
  }

  next(want: FlatType): CoreNumber | undefined {
    const value = this.values[this.at];
    const type = this.types[this.at];
    this.at++;
    return value === undefined || type === want ? value : converted(value, want);
  }

  address(): number {
    return unsigned(this.next('i32'));
  }

  slots(count: number): FlatReader {
    const end = this.at + count;
    const slots = new FlatReader(this.values.slice(this.at, end), this.types.slice(this.at, end));
    this.at = end;
    return slots;
  }
}

const bits = new DataView(new ArrayBuffer(8));

/** Floats are passed by their bits where an integer may stand in their place. */
function converted(value: CoreNumber, want: FlatType): CoreNumber {
  bits.setBigUint64(0, BigInt.asUintN(64, integerOf(value)), true);
  switch (want) {
    case 'i32':
      return bits.getUint32(0, true);
    case 'i64':
      return bits.getBigUint64(0, true);
    case 'f32':
      return bits.getFloat32(0, true);
    case 'f64':
      return bits.getFloat64(0, true);
  }
}

/** A core value as an address, a length, a handle. */
export function unsigned(value: CoreNumber | undefined): number {
  return Number(value ?? 0) >>> 0;
}

/** A log may claim that any number was passed. */
export function integerOf(value: CoreNumber): bigint {
  return typeof value === 'bigint' ? value : BigInt(Number.isInteger(value) ? value : 0);
}
