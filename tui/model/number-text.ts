/** Bytes as a number of a type of C or Rust, by what the type is called. Pure. */

export type NumberText = (bytes: Uint8Array) => string;

/** How a number of a type of C or Rust is written; undefined for what is none. */
export function numberText(type: string): NumberText | undefined {
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (/\*( const)?$|^&(?!(mut )?(str\b|\[|dyn ))|\(\*\)\(/.test(type))
    return (bytes) => `0x${unsignedOf(bytes).toString(16)}`;
  // arrays and what has parts
  if (/[[<&]/.test(type)) return undefined;
  if (/^(float|f32)$/.test(type)) return (bytes) => `${view(bytes).getFloat32(0, true)}`;
  if (/^(double|f64)$/.test(type)) return (bytes) => `${view(bytes).getFloat64(0, true)}`;
  if (/^(unsigned|u\d|usize|size_t|uint|bool|_Bool)/.test(type))
    return (bytes) => `${unsignedOf(bytes)}`;
  if (!/^(char|short|int|long|signed|i\d|isize|ssize_t|ptrdiff_t)/.test(type)) return undefined;
  return (bytes) => `${BigInt.asIntN(8 * bytes.length, unsignedOf(bytes))}`;
}

function unsignedOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`);
}
