/** What values of libraries' types hold that does not stand in a row, whatever the language. */
import type { Value } from './value.ts';

export interface Entry {
  /** Of a map. */
  readonly key?: Value;
  readonly value: Value;
}

export interface Collection {
  /** As the language has it: `HashMap`, `std::map`. */
  readonly name: string;
  readonly kind: 'map' | 'set' | 'list';
  readonly count: number;
  /** In the order in which the program would see them. @throws Unreadable */
  readonly entries: () => Iterable<Entry>;
}

/** A place that is shared, counted, borrowed or empty. */
export interface Wrapper {
  readonly name: string;
  /** What is known besides the value: how many share it, who borrows it. */
  readonly notes: readonly string[];
  /** Undefined where it is gone, or never was. */
  readonly value: Value | undefined;
}
