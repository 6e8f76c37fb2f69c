/**
 * Native stack of a guest, whichever it runs on: its thread's, or one of its own where it may suspend. A C program
 * with deep recursion gets on wasmtime about as far as here; a replay runs with 16 times as much
 * (replayer/replay.ts).
 */
export const GUEST_STACK_MB = 4;
