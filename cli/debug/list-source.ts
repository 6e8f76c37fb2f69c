/** `list`: lines of the source around a place. */
import { escapeText } from '../../index.ts';
import { type Answer, refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';
import { sourceLine } from './show.ts';

const LINES = 10;

/** @param where `12`, `main.c:12`, or nothing to go on */
export async function listSource(debug: Debugger, where: string): Promise<Answer> {
  const { file, from } = await startOf(debug, where);
  const lines = debug.sources.lines(file);
  if (lines === undefined) {
    throw refuse(`${escapeText(file)} is not found here: name its folder with --source.`);
  }
  const end = Math.min(from + LINES, lines.length + 1);
  if (from >= end) throw refuse(`${escapeText(file)} has ${lines.length} lines.`);
  debug.listed = { file, line: end };
  const shown = lines.slice(from - 1, end - 1);
  return {
    text: shown.map((text, i) => sourceLine(from + i, text)),
    json: { file, from, lines: shown },
  };
}

async function startOf(debug: Debugger, where: string): Promise<{ file: string; from: number }> {
  const [, named, line] = /^(?:(.+):)?(\d+)$/.exec(where) ?? [];
  if (where !== '' && line === undefined) return functionLines(debug, where);
  if (where === '' && debug.listed) return { file: debug.listed.file, from: debug.listed.line };
  const file = named ?? debug.place?.file;
  const middle = line === undefined ? debug.place?.line : Number(line);
  if (file === undefined || middle === undefined) {
    throw refuse('no line of the source is known here.');
  }
  return { file, from: Math.max(1, middle - LINES / 2) };
}

async function functionLines(
  debug: Debugger,
  name: string,
): Promise<{ file: string; from: number }> {
  const [code] = await debug.travel.places({ kind: 'function', name }, debug.options);
  const place = code?.source.at(-1)?.place;
  if (place?.line === undefined) throw refuse(`no line of the source is known of "${name}".`);
  return { file: place.file, from: Math.max(1, place.line - LINES / 2) };
}
