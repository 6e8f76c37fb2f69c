/** The four functions that hand out arguments and environment, the same for every host. */
import type { HostFunction, StringSizes } from './host.ts';

const SUCCESS = 0;

export function stringSizes(strings: readonly Uint8Array[]): StringSizes {
  return {
    count: strings.length,
    bytes: strings.reduce((sum, string) => sum + string.length + 1, 0),
  };
}

/**
 * `X_sizes_get(count: *u32, bytes: *u32)`.
 * @param outside errno for an address outside the memory
 */
export function sizesGet(sizes: StringSizes, view: () => DataView, outside: number): HostFunction {
  return (countAt, bytesAt) => {
    const memory = view();
    const [count, bytes] = [Number(countAt) >>> 0, Number(bytesAt) >>> 0];
    if (Math.max(count, bytes) + 4 > memory.byteLength) return outside;
    memory.setUint32(count, sizes.count, true);
    memory.setUint32(bytes, sizes.bytes, true);
    return SUCCESS;
  };
}

/**
 * `X_get(table: **u8, buffer: *u8)`: the strings end with NUL.
 * @param outside errno for an address outside the memory
 */
export function stringsGet(
  strings: readonly Uint8Array[],
  view: () => DataView,
  outside: number,
): HostFunction {
  const sizes = stringSizes(strings);
  return (tableAt, bufferAt) => {
    const memory = view();
    let [table, buffer] = [Number(tableAt) >>> 0, Number(bufferAt) >>> 0];
    const fits =
      table + 4 * sizes.count <= memory.byteLength && buffer + sizes.bytes <= memory.byteLength;
    if (!fits) return outside;
    for (const string of strings) {
      memory.setUint32(table, buffer, true);
      new Uint8Array(memory.buffer, buffer, string.length).set(string);
      memory.setUint8(buffer + string.length, 0);
      table += 4;
      buffer += string.length + 1;
    }
    return SUCCESS;
  };
}
