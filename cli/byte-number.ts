/** Addresses and lengths as a user types them. */
import { WasiRrError } from '../index.ts';

/** @param text decimal or 0x…; @throws WasiRrError OPTION_INVALID */
export function byteNumber(text: string): number {
  const number = Number(text);
  if (/^(\d+|0x[0-9a-f]+)$/i.test(text) && Number.isSafeInteger(number)) return number;
  throw new WasiRrError('OPTION_INVALID', `"${text}" is no number of bytes: give 4660 or 0x1234.`);
}
