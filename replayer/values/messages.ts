/** Values as text, for people and for JSON. */
import type { StackFrame } from '../session/messages.ts';

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
