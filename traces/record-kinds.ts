/** The byte values of the segment encoding; FORMAT.md explains them. */

/** First byte of a record. */
export const RECORD = {
  call: 1,
  open: 2,
  return: 3,
  throw: 4,
  enter: 5,
  leave: 6,
  unwind: 7,
  part: 8,
  // the rest is for components
  write: 9,
  global: 10,
  suspend: 11,
  instantiate: 12,
  reads: 13,
  output: 14,
  enterAsync: 15,
} as const;

/** Standard streams as an `output` record names them. */
export const OUTPUT_STREAM = { stdout: 1, stderr: 2 } as const;

/** High nibble of the byte that names a place; the low nibble is the parameter. */
export const FORM = { absolute: 0, pointer: 1, vector: 2, gather: 3 } as const;

/** Added to the form of an effect whose bytes came before, in `part` records. */
export const IN_PARTS = 8;

/** What a `part` record belongs to. */
export const PART_OF = { effect: 0, reads: 1 } as const;

/**
 * Parameters or results of a function. Preview 1 needs 9; a function of a component has 16 and a pointer, and what
 * prepares a call from one component to another takes 8 more.
 */
export const MAX_PARAMS = 32;

/** Bytes of one effect or of the kept reads that stand in the event itself; more goes into parts. */
export const INLINE_LIMIT = 128 * 1024;

/** Payload bytes of one `part` record. */
export const PART_SIZE = 128 * 1024;

/** Uncompressed size of a segment. Writers cut far earlier; readers refuse more. */
export const MAX_SEGMENT_SIZE = 16 << 20;
