/** What a command of the debugger answers, for people and for programs. */
import { WasiRrError } from '../../index.ts';

export interface Answer {
  /** Lines; escaped. */
  readonly text: readonly string[];
  readonly json: object;
}

/** What a user typed cannot be done. */
export function refuse(why: string): WasiRrError {
  return new WasiRrError('OPTION_INVALID', why);
}
