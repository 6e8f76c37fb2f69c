/** A guest's stack and its trap, for people. */
import { escapeText, type LinePlace, type SourceFrame, type Trap } from '../index.ts';

/** A stack overflow has hundreds, all alike. */
const MAX_SHOWN = 20;

interface Frame {
  readonly func: number;
  /** Byte of the module. */
  readonly offset: number;
  readonly name?: string | undefined;
  readonly source?: readonly SourceFrame[];
}

/**
 * A line a call, innermost first; escaped, since names come from the module. Calls that were inlined have
 * lines of their own, before the function that they are in.
 */
export function formatFrames(frames: readonly Frame[], most = MAX_SHOWN): string[] {
  const lines = frames.slice(0, most).flatMap(formatFrame);
  const more = frames.length - most;
  return more > 0 ? [...lines, `    … ${more} more`] : lines;
}

function formatFrame({ func, offset, name, source = [] }: Frame): string[] {
  const lines = source
    .filter(({ inlined }) => inlined)
    .map((call) => `    at ${words(call.name, formatPlace(call.place), '(inlined)')}`);
  const wasm = `function ${func}, byte 0x${offset.toString(16)}`;
  const place = formatPlace(source.find(({ inlined }) => !inlined)?.place);
  return [...lines, `    at ${name || place ? words(name, place, `(${wasm})`) : wasm}`];
}

/** `src/main.c:12:3`; undefined for nowhere. Not escaped. */
function formatPlace(place: LinePlace | undefined): string | undefined {
  if (place === undefined) return undefined;
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.flatMap((part) => (part === undefined ? [] : [escapeText(part)])).join(' ');
}

/** `trap: unreachable` and its frames. */
export function formatTrap({ message, frames }: Trap): string {
  return [`trap: ${escapeText(message)}`, ...formatFrames(frames)].join('\n');
}
