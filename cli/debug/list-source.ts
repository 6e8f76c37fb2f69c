/** `list`: lines of the source around a place. */
import { escapeText } from '../../index.ts';
import { sourceProblem } from '../frames.ts';
import { type Answer, refuse } from './answer.ts';
import { breakSpec } from './breakpoints.ts';
import type { Debugger } from './debugger.ts';
import { sourceLine } from './show.ts';

const LINES = 10;

/** Lines from one on to before another. */
interface Stretch {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** @param where as {@link DebugCommand.usage} has it; nothing to go on, `-` to go back */
export async function listSource(debug: Debugger, where: string): Promise<Answer> {
  const { file, from, to } = await stretchOf(debug, where);
  const lines = debug.sources.lines(file);
  if (lines === undefined) {
    throw refuse(`${escapeText(file)} is not found here: name its folder with --source.`);
  }
  const end = Math.min(to, textLines(lines) + 1);
  if (from >= end) throw refuse(`${escapeText(file)} has ${textLines(lines)} lines.`);
  debug.listed = { file, from, to: end };
  const shown = lines.slice(from - 1, end - 1);
  return {
    text: shown.map((text, i) => sourceLine(from + i, text)),
    json: { file, from, lines: shown },
  };
}

/** What stands behind the last line feed is no line. */
function textLines(lines: readonly string[]): number {
  return lines.at(-1) === '' ? lines.length - 1 : lines.length;
}

async function stretchOf(debug: Debugger, where: string): Promise<Stretch> {
  const { listed } = debug;
  if (where === '-') return before(debug);
  if (where === '' && listed) {
    return { file: listed.file, from: listed.to, to: listed.to + LINES };
  }
  const [, first, last] = /^([^,]*?)\s*,\s*(\d*)$/.exec(where) ?? [];
  const { file, line } = await placeOf(debug, first ?? where);
  if (first === undefined) return around(file, line);
  const end = last === '' ? line + LINES : Number(last) + 1;
  if (end <= line)
    throw refuse(`"${where}" has no lines: the first comes first, as in list 10,20.`);
  return { file, from: line, to: end };
}

function around(file: string, line: number): Stretch {
  const from = Math.max(1, line - LINES / 2);
  return { file, from, to: from + LINES };
}

/** Before what was listed last, else before where the frame stands. */
function before(debug: Debugger): Stretch {
  const { listed, place } = debug;
  const { file, from } =
    listed ?? (place?.line === undefined ? nowhere(debug) : around(place.file, place.line));
  if (from <= 1) throw refuse('there is nothing before line 1.');
  return { file, from: Math.max(1, from - LINES), to: from };
}

async function placeOf(debug: Debugger, where: string): Promise<{ file: string; line: number }> {
  const [, named, line] = /^(?:(.+):)?(\d+)$/.exec(where) ?? [];
  if (where !== '' && line === undefined) return codeAt(debug, where);
  const file = named ?? debug.listed?.file ?? debug.place?.file;
  const number = line === undefined ? debug.place?.line : Number(line);
  if (file === undefined || number === undefined) return nowhere(debug);
  // a file may be named by the end of its path
  if (named === undefined || debug.sources.lines(named) !== undefined)
    return { file, line: number };
  const spec = { kind: 'line', file, line: number } as const;
  const [code] = await debug.travel.places(spec, debug.options);
  return { file: code?.source.at(-1)?.place?.file ?? file, line: number };
}

/** Of a function, or an instruction. */
async function codeAt(debug: Debugger, where: string): Promise<{ file: string; line: number }> {
  const [code] = await debug.travel.places(breakSpec(debug, where), debug.options);
  const place = code?.source.at(-1)?.place;
  if (place?.line === undefined) throw refuse(`no line of the source is known of "${where}".`);
  return { file: place.file, line: place.line };
}

function nowhere({ stack }: Debugger): never {
  const why = sourceProblem(stack);
  throw refuse(
    `no line of the source is known here${why === undefined ? '' : `: ${escapeText(why)}`}.`,
  );
}
