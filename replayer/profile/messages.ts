/** What a run spent, and which code it went through: answers of one instrumented replay. */
import type { LinePlace } from '../dwarf/line-index.ts';

export interface ProfiledFunction {
  /** Function index in the module; undefined for a function of the host's. */
  readonly func: number | undefined;
  /** Demangled; undefined where none is known. */
  readonly name: string | undefined;
  /** Where it begins in the source, by the debug information. */
  readonly place: LinePlace | undefined;
}

/**
 * The tree of all calls. One entry a node in each array. A node's parent stands before it; the first node is the
 * root, which is no function and whose `func` and `parent` are -1.
 */
export interface Profile {
  readonly functions: readonly ProfiledFunction[];
  /** Index in `functions`. */
  readonly func: Int32Array;
  readonly parent: Int32Array;
  readonly calls: Float64Array;
  /** Function entries and rounds of loops in the function itself: a measure of work that is the same in every replay. */
  readonly ticks: Float64Array;
  /** Time that the recorded run spent in the call, of a host's function; 0 for others. */
  readonly hostNs: Float64Array;
  /** Calls that got no node of their own, since there were too many; their ticks are with their callers. */
  readonly lost: number;
  /** What a user should know besides. */
  readonly note: string | undefined;
}

export interface LineCount {
  readonly line: number;
  /** How often its code was come to; of code in several functions, all of it. */
  readonly count: number;
}

export interface FunctionCount {
  readonly name: string;
  /** Where its code begins. */
  readonly line: number;
  readonly count: number;
}

export interface FileCoverage {
  /** As the debug information has it. */
  readonly file: string;
  /** Lines that have code, ascending. */
  readonly lines: readonly LineCount[];
  readonly functions: readonly FunctionCount[];
}

export interface Coverage {
  readonly files: readonly FileCoverage[];
  readonly note: string | undefined;
}
