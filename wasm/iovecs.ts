/**
 * Bounds on arrays of (u32 address, u32 length) in guest memory. The recorder and the replayer must
 * leave out the same, so that they compare the same bytes; part of the trace format (FORMAT.md).
 */

/** Entries that are looked at. POSIX systems take 1024 (IOV_MAX) in one call. */
export const MAX_ENTRIES = 65_536;

/** Bytes after which no further buffer is looked at: what a u32 result can count. */
export const MAX_GATHERED = 2 ** 32 - 1;
