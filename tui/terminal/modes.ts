/** Terminal codes: mouse, bracketed paste, clipboard, and what drawing needs. Source: xterm's ctlseqs. */

/** Buttons, and motion while one is held, with SGR coordinates; Shift still selects text in the terminal. */
export const MOUSE_ON = '\u001b[?1002h\u001b[?1006h';
export const MOUSE_OFF = '\u001b[?1006l\u001b[?1002l';

export const PASTE_ON = '\u001b[?2004h';
export const PASTE_OFF = '\u001b[?2004l';

export const ALTERNATE_OFF = '\u001b[?1049l';
export const CURSOR_SHOW = '\u001b[?25h';
export const CURSOR_HIDE = '\u001b[?25l';
/** Whether what is written past the last column goes to the next row. */
export const WRAP_ON = '\u001b[?7h';
export const WRAP_OFF = '\u001b[?7l';
/** All that is written between these is shown at once. */
export const SYNCHRONIZED_ON = '\u001b[?2026h';
export const SYNCHRONIZED_OFF = '\u001b[?2026l';

/** From the cursor to the end of its row; from there to the end of the screen. */
export const ERASE_RIGHT = '\u001b[K';
export const ERASE_BELOW = '\u001b[J';

/** Moves the cursor to the beginning of a row, the first one being 0. */
export function rowStart(row: number): string {
  return `\u001b[${row + 1}H`;
}

export const RESET_STYLE = '\u001b[0m';

/** xterm takes about this much; others more. */
const MAX_COPY = 74_000;

/** OSC 52: puts text on the clipboard of the machine that the terminal runs on, through ssh too. */
export function copySequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString('base64').slice(0, MAX_COPY)}\u0007`;
}
