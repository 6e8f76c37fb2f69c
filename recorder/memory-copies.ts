/** Copies of the guest's memories, for the snapshot after a trap. */

/** Bytes of all memories together, which a recorder has twice then; larger ones are left out, and come out of a replay. */
const MAX_SNAPSHOT_BYTES = 32 << 20;

/** By number; undefined for one that is left out. Shared, to save another copy on the way to the supervisor. */
export function copiesOf(
  memories: readonly WebAssembly.Memory[],
): readonly (SharedArrayBuffer | undefined)[] {
  let left = MAX_SNAPSHOT_BYTES;
  return memories.map(({ buffer }) => {
    if (buffer.byteLength > left) return undefined;
    left -= buffer.byteLength;
    const copy = new SharedArrayBuffer(buffer.byteLength);
    new Uint8Array(copy).set(new Uint8Array(buffer));
    return copy;
  });
}
