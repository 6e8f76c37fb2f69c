/**
 * Keyframes as they are kept, in memory and in a trace: a head, which says of what moments there is anything, and
 * groups of patches (page-patch.ts) in the order of time. Each group says itself whose patches it has.
 */

/** Words at which a group is closed; the last patch may go beyond. */
export const GROUP_WORDS = 1 << 16;
/** A patch has two words at least: how many a group can have. */
export const MAX_GROUP_WORDS = GROUP_WORDS + 1024;

/** Of all groups: a reader holds 22 bytes for each. */
export const MAX_PATCHES = 1 << 22;
export const MAX_STEPS = 1 << 22;
/** Changes of a memory's size. */
export const MAX_SIZES = 1 << 16;
export const MAX_MEMORIES = 1024;
/** Pages of 4 KiB of a 32-bit memory. */
export const MAX_PAGES = 1 << 20;

/** Of a page of a memory, by its number: one number. */
export function pageKey(memory: number, page: number): number {
  return memory * MAX_PAGES + page;
}

export interface GroupInfo {
  /** Of all its patches. */
  readonly words: number;
  /**
   * Of each patch three varints: how many steps after the one before, the difference of the page's number to
   * that of the one before (twice, less one where it is negative), its words. A group's first counts from 0.
   */
  readonly patches: Uint8Array;
}

export interface KeyframeParts {
  /** Varints: see head.ts. */
  readonly head: Uint8Array;
  readonly groups: readonly GroupInfo[];
  /** Words of a group's patches, zstd. */
  readonly data: (group: number) => Uint8Array;
}
