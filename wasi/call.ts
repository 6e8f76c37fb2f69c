/**
 * What this folder decodes: one host call as a trace holds it. Structural, so that neither the
 * recorder nor the trace format needs to know this folder.
 */

/** Bytes that the host wrote for one write rule of the function, in the order of the rules. */
export interface CallEffect {
  /** Index of the parameter whose pointer (or iovec array) led to these bytes. */
  readonly param: number;
  /** For a scatter over iovecs: the bytes of all filled buffers, one after the other. */
  readonly bytes: Uint8Array;
}

/** One guest → host call with its outcome. */
export interface RecordedCall {
  /** Import name, e.g. `fd_write`. */
  readonly name: string;
  /** Core arguments as the JS API passes them: i32 as a signed number, i64 as a signed bigint. */
  readonly args: readonly (number | bigint)[];
  /** The returned i32 (an errno); undefined where the call never returned (proc_exit, interrupted). */
  readonly result: number | undefined;
  /**
   * What the host read from guest memory: the ranges of the function's read rules, concatenated in
   * their order (an iovec array is followed by the contents of its buffers where the rule says so).
   * May be cut to a prefix; `readLength` is the full length in bytes.
   */
  readonly reads: Uint8Array;
  readonly readLength: number;
  /** What the host wrote; empty when the call failed. */
  readonly effects: readonly CallEffect[];
}

/**
 * A range of guest memory that the host reads.
 * - `bytes`: `args[length] * unit` bytes at `args[pointer]`.
 * - `vector`: an iovec array, `args[pointer + 1]` entries of 8 bytes (u32 address, u32 length) at
 *   `args[pointer]`; with `contents`, then the bytes of every buffer.
 */
export type ReadRule =
  | {
      readonly kind: 'bytes';
      readonly pointer: number;
      readonly length: number;
      readonly unit: number;
    }
  | { readonly kind: 'vector'; readonly pointer: number; readonly contents: boolean };

/**
 * A range of guest memory that the host writes when the call succeeds.
 * - `fixed`: `size` bytes at `args[pointer]`.
 * - `buffer`: `args[length]` bytes at `args[pointer]`.
 * - `counted`: `min(n, args[capacity]) * unit` bytes at `args[pointer]`, where n is the u32 that the
 *   host wrote at `args[count]`.
 * - `scatter`: the first n bytes of the buffers of the iovec array at `args[pointer]` (with
 *   `args[pointer + 1]` entries), where n is the u32 that the host wrote at `args[count]`.
 * - `strings`: a table of u32 pointers at `args[pointer]` and the NUL-terminated strings at
 *   `args[pointer + 1]`; their sizes are the host's (`args_sizes_get`, `environ_sizes_get`). Gives two
 *   effects, one for each pointer.
 */
export type WriteRule =
  | { readonly kind: 'fixed'; readonly pointer: number; readonly size: number }
  | { readonly kind: 'buffer'; readonly pointer: number; readonly length: number }
  | {
      readonly kind: 'counted';
      readonly pointer: number;
      readonly capacity: number;
      readonly unit: number;
      readonly count: number;
    }
  | { readonly kind: 'scatter'; readonly pointer: number; readonly count: number }
  | { readonly kind: 'strings'; readonly pointer: number; readonly of: 'args' | 'environ' };
