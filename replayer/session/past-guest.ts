/** A guest that is brought to the end of an interrupted recording, and goes on from there: what runs it. */
import type { CoreValue } from '../../traces/events.ts';
import type { PastInstances } from './past-messages.ts';

/** Whoever lets it go on. */
export interface PastHost {
  /** It stands at the end of the log. Returns when it is to go on. */
  readonly reached: () => void;
  /** It asks for something to which there is no recorded answer. */
  readonly called: (name: string, args: readonly CoreValue[]) => never;
  readonly isPast: () => boolean;
}

export type PastEnd =
  /** It came to an end of its own beyond the log. @see CallEnding */
  | { readonly thrown: unknown }
  | { readonly returned: unknown }
  /** It did not get beyond the log. */
  | { readonly problem: string };

export interface PastGuest {
  run(): Promise<PastEnd>;
  /** Memory 0 of the program, live. */
  memory(): Uint8Array;
  /** Of a component, by the name that its modules have in stack traces. */
  instances(): PastInstances | undefined;
}

export const NOTHING_BEYOND = 'the guest has come to its end: there is nothing beyond';

export const NOTHING_BEGUN =
  'the recording ended before the guest was called: there is nothing to go on from';

/**
 * With an empty custom section at its end. V8 shares the code of equal modules between threads, and
 * would turn that of the session's guests into debug code too; offsets stay the same.
 */
export function unshared(module: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(module.length + 3);
  bytes.set(module);
  bytes.set([0, 1, 0], module.length);
  return bytes;
}

export function liveBytes(memory: unknown): Uint8Array {
  return memory instanceof WebAssembly.Memory ? new Uint8Array(memory.buffer) : new Uint8Array(0);
}
