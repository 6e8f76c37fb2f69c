/** Elements that a value of a library's type owns or borrows: Rust's slices and vectors, C++'s vectors. */
import type { Type } from '../dwarf/type.ts';

export interface Sequence {
  /** Of the first one, in memory 0. */
  readonly address: number;
  readonly element: Type | undefined;
  readonly count: number;
}
