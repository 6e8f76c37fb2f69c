/** Colours, where they are wanted: NO_COLOR (https://no-color.org), FORCE_COLOR, or a terminal. */
import { isatty } from 'node:tty';
import { styleText } from 'node:util';

export type Format = Parameters<typeof styleText>[0];

/** Text in a colour, or as it is. */
export type Paint = (format: Format, text: string) => string;

/** @param fd where the text goes */
export function paintFor(fd: 1 | 2): Paint {
  if (!wantsColour(fd)) return (_, text) => text;
  return (format, text) => styleText(format, text, { validateStream: false });
}

function wantsColour(fd: number): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return !NO_COLOR && TERM !== 'dumb' && isatty(fd);
}
