/** What a guest is: a program, its input, and what must happen when it runs. */

/** What the guest is given. Nothing is inherited: an absent field is empty. */
interface GuestInput {
  /** Arguments after argv[0]. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes of stdin; `open` is a pipe that stays open and never delivers anything. */
  readonly stdin?: Uint8Array | 'open';
  /** Content of the one preopened folder, `/` at descriptor 3; without it there is no preopen. */
  readonly files?: Readonly<Record<string, string>>;
}

/** One call of a reactor's export; `trap` instead of a result where it must trap. */
export type ExportCall =
  | {
      readonly name: string;
      readonly args: readonly (number | bigint)[];
      readonly result: number | bigint | undefined;
    }
  | {
      readonly name: string;
      readonly args: readonly (number | bigint)[];
      /** Part of V8's message. */
      readonly trap: string;
    };

/** An import that a run cannot satisfy. */
interface MissingImport {
  readonly module: string;
  readonly name: string;
  readonly kind: 'function' | 'memory' | 'table' | 'global' | 'tag';
}

/** How the run must end. */
type Ending =
  /** `code` is what the guest passed to proc_exit, or 0 when `_start` returned. A shell sees its low byte. */
  | { readonly kind: 'exit'; readonly code: number | 'varies' }
  /** `message` is part of what V8 says. */
  | { readonly kind: 'trap'; readonly message: string }
  /** An exception of the guest's own leaves `_start`: a trap as far as the outcome is concerned. */
  | { readonly kind: 'exception' }
  /** Runs until it is interrupted, having written `start\n`. */
  | { readonly kind: 'never' }
  /** No `_start`: `_initialize` if there is one, then these calls on one instance. */
  | { readonly kind: 'reactor'; readonly calls: readonly ExportCall[] }
  /**
   * Must be refused before any guest code runs, with a clear error.
   * - `compile`: the module is not valid.
   * - `link`: `missing` cannot be satisfied.
   * - `shape`: its exports or its memory are not those of a program that can be run.
   */
  | {
      readonly kind: 'refused';
      readonly at: 'compile' | 'link' | 'shape';
      readonly missing?: readonly MissingImport[];
    }
  /** Not specified. The host must survive, and a replay must end as the recording did. */
  | { readonly kind: 'any' };

/** What must be seen when the guest runs. */
interface Expectation {
  readonly ending: Ending;
  /** Text stands for its UTF-8 bytes. Absent where the specification leaves the output open. */
  readonly stdout?: string | Uint8Array;
  /** Bytes of stdout, where only its length is certain. */
  readonly stdoutLength?: number;
  /** Absent when plain `node:wasi` does all this; otherwise what it does instead, and why. */
  readonly nodeWasi?: string;
}

/** A small program that does one awkward thing. argv[0] is for whoever runs it to choose. */
export interface Guest {
  readonly name: string;
  /** The module in WebAssembly text. */
  readonly wat: string;
  readonly input?: GuestInput;
  readonly expect: Expectation;
}

/**
 * The same `length` bytes every time, in which neighbours differ and no short block repeats.
 */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** FNV-1a (32 bits) as a signed number: what `$hash` of assemble.ts computes with seed 0x811c9dc5. */
export function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}
