/** Bytes as lines of hex and text, for payloads. */
import { asciiCell } from '../model/value-types.ts';
import { type Line, span } from '../text/line.ts';

export function hexDump(bytes: Uint8Array, columns: 8 | 16, offset = 0): Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < bytes.length; at += columns) {
    const row = bytes.subarray(at, at + columns);
    let digits = '';
    let text = '';
    for (let index = 0; index < columns; index++) {
      const byte = row[index];
      if (index === columns / 2) digits += ' ';
      digits += byte === undefined ? '   ' : `${byte.toString(16).padStart(2, '0')} `;
      if (byte !== undefined) text += asciiCell(byte);
    }
    const address = (offset + at).toString(16).padStart(6, '0');
    lines.push([span(`  ${address}  `, 'dim'), span(digits), span(text, 'string')]);
  }
  return lines;
}
