/** Terminal codes that Ink does not send: mouse, bracketed paste, clipboard. Source: xterm's ctlseqs. */

/** Buttons, and motion while one is held, with SGR coordinates; Shift still selects text in the terminal. */
export const MOUSE_ON = '\u001b[?1002h\u001b[?1006h';
export const MOUSE_OFF = '\u001b[?1006l\u001b[?1002l';

export const PASTE_ON = '\u001b[?2004h';
export const PASTE_OFF = '\u001b[?2004l';

export const ALTERNATE_OFF = '\u001b[?1049l';
export const CURSOR_SHOW = '\u001b[?25h';
/** Ends a synchronized update that a crash may have left open. */
export const SYNCHRONIZED_OFF = '\u001b[?2026l';
export const RESET_STYLE = '\u001b[0m';

/** xterm takes about this much; others more. */
const MAX_COPY = 74_000;

/** OSC 52: puts text on the clipboard of the machine that the terminal runs on, through ssh too. */
export function copySequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString('base64').slice(0, MAX_COPY)}\u0007`;
}
