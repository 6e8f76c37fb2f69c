/** SHA-256. Loads node:crypto when it is asked for the first time: that takes 6 ms, and a guest need not wait for it. */
export function sha256(bytes: Uint8Array): Buffer {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest();
}
