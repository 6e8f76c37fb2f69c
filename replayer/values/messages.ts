/** Values as text, for people and for JSON. */
import type { StackFrame } from '../session/messages.ts';
import type { TypeLine } from './type-text.ts';

export interface ShownVariable {
  readonly name: string;
  readonly kind: 'parameter' | 'local';
  /** As it is written in the source. */
  readonly type: string;
  /** As gdb writes it; `<optimized out>` and the like where it cannot be read. Not escaped. */
  readonly value: string;
}

/** A frame, with the variables of each of its calls. */
export interface FrameVariables extends StackFrame {
  /** As long as `source`: parameters, then locals; inner ones behind those that they hide. */
  readonly variables: readonly (readonly ShownVariable[])[];
}

/** A line of a view of variables. */
export interface VariableRow {
  /** The same for the same variable wherever the guest stands. */
  readonly key: string;
  readonly kind: 'watch' | 'parameter' | 'local' | 'wasm' | 'part';
  /** How many others it stands in. */
  readonly depth: number;
  readonly name: string;
  /** Empty where it is not known. */
  readonly type: string;
  /** Not escaped. */
  readonly value: string;
  /** Whether it has parts, and whether they follow. */
  readonly expands: boolean;
  readonly isOpen: boolean;
  /** Where it is in memory 0, and its bytes; undefined for what is in no memory. */
  readonly address?: number;
  readonly size?: number;
}

/** A type, of which gdb's `whatis` and `ptype` tell. */
export interface TypeText {
  /** As it is written in the source; of a typedef that was asked for by its name, what it stands for. */
  readonly name: string;
  /** Bytes; undefined for what has no size. */
  readonly size: number | undefined;
  /** What it is made of. Not escaped. */
  readonly lines: readonly TypeLine[];
}

/** The value of an expression. */
export interface EvaluatedValue {
  readonly type: string;
  /** Not escaped. */
  readonly value: string;
  readonly address: number | undefined;
  /** Bytes. */
  readonly size: number | undefined;
  /** Of a number or a pointer: as it stands, with its sign; undefined for what is none. */
  readonly number: bigint | undefined;
}
