/** WASI preview 0 (`wasi_unstable`, 2019): told apart, and refused with a reason, not adapted. */

/**
 * Said when a program imports `wasi_unstable`. To answer such a program with Preview 1 functions would
 * give it wrong results without an error. Source of the differences: legacy/preview0 against
 * legacy/preview1 in WebAssembly/WASI.
 */
export const PREVIEW0_REFUSAL = `This program imports wasi_unstable (WASI preview 0, 2019), which wasi-rr does not record.
It has the function names of wasi_snapshot_preview1, but not its meaning:
  - fd_seek numbers whence as cur 0, end 1, set 2 (preview 1: set 0, cur 1, end 2);
  - filestat has a 32-bit nlink and is 56 bytes long (preview 1: 64-bit, 64 bytes);
  - a clock subscription begins with an identifier and a subscription is 56 bytes long (preview 1: 48 bytes).
Rebuild the program for wasm32-wasip1 (any wasi-sdk since 2020; Rust: --target wasm32-wasip1).`;
