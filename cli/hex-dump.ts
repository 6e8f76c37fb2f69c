/** Bytes in the form of `hexdump -C`. Rows like the one before are one `*`. */

const ROW = 16;

/** Bytes of a change that are shown to people. */
const SHOWN = 16;

/**
 * @param address of the first byte; rows begin there, aligned or not
 * @returns lines; the last one is the address after the bytes
 */
export function* hexDump(bytes: Uint8Array, address: number): Generator<string> {
  let before: Buffer | undefined;
  let skipping = false;
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = Buffer.from(bytes.subarray(at, at + ROW));
    const same = row.length === ROW && before?.equals(row) === true;
    before = row;
    if (!same) yield hexRow(row, address + at);
    else if (!skipping) yield '*';
    skipping = same;
  }
  yield addressText(address + bytes.length);
}

export function addressText(address: number): string {
  return address.toString(16).padStart(8, '0');
}

/** `61 62 63`. */
export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** ASCII, with a dot for what cannot be seen. */
export function asciiText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
  ).join('');
}

/** `61 |a| → 62 |b|`; of longer ranges, the beginning. */
export function changeText(before: Uint8Array, after: Uint8Array): string {
  return `${bytesText(before)} → ${bytesText(after)}`;
}

/** `61 |a|`; of longer ranges, the beginning. */
export function bytesText(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'no memory';
  const head = bytes.subarray(0, SHOWN);
  const more = bytes.length > SHOWN ? '…' : '';
  return `${hexText(head)}${more} |${asciiText(head)}${more}|`;
}

function hexRow(row: Uint8Array, address: number): string {
  const halves = [row.subarray(0, ROW / 2), row.subarray(ROW / 2)].map(hexText);
  const width = (ROW / 2) * 3 - 1;
  const digits = halves.map((half) => half.padEnd(width)).join('  ');
  return `${addressText(address)}  ${digits}  |${asciiText(row)}|`;
}
