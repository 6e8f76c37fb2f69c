/** Numbers that commands take. */
import { refuse } from './answer.ts';

/** At least 1; 1 without a number. @throws WasiRrError OPTION_INVALID */
export function countOf(text: string): number {
  if (text === '') return 1;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw refuse(`"${text}" is no number above 0.`);
}
