/** A guest's stack and its trap, for people. */
import { escapeText, type Trap } from '../index.ts';

/** A stack overflow has hundreds, all alike. */
const MAX_SHOWN = 20;

interface Frame {
  readonly func: number;
  /** Byte of the module. */
  readonly offset: number;
  readonly name?: string | undefined;
}

/** One line a frame, innermost first; escaped, since names come from the module. */
export function formatFrames(frames: readonly Frame[], most = MAX_SHOWN): string[] {
  const lines = frames.slice(0, most).map(({ func, offset, name }) => {
    const place = `function ${func}, byte 0x${offset.toString(16)}`;
    return `    at ${name === undefined ? place : `${escapeText(name)} (${place})`}`;
  });
  const more = frames.length - lines.length;
  return more > 0 ? [...lines, `    … ${more} more`] : lines;
}

/** `trap: unreachable` and its frames. */
export function formatTrap({ message, frames }: Trap): string {
  return [`trap: ${escapeText(message)}`, ...formatFrames(frames)].join('\n');
}
