/** The text that the guest stands in: a file of the source, or the function's code in WebAssembly's text format. */

import { placeText } from '../../replayer/dwarf/line-index.ts';
import type { BreakSpec } from '../../replayer/timetravel/break-places.ts';
import type { LocatedFrame } from '../../replayer/timetravel/messages.ts';
import type { StopPoint } from '../../replayer/timetravel/stop-points.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { type Inside, selectedFrame, selectedName, selectedPlace } from '../debugger/inside.ts';
import { hex } from '../text/units.ts';

export interface SourceLine {
  /** What stands before the text: a line's number, or a byte's. */
  readonly label: string;
  /** Not escaped. */
  readonly text: string;
  /** What a breakpoint on the line means; undefined where no code can belong to it. */
  readonly spec: BreakSpec | undefined;
}

export interface SourceView {
  /** Tells texts apart. */
  readonly key: string;
  readonly kind: 'source' | 'wasm';
  readonly title: string;
  readonly lines: readonly SourceLine[];
  /** Index of the line where the selected frame stands. */
  readonly current: number | undefined;
  /** What is to be known besides; for the lower border. */
  readonly note: string;
}

interface Made {
  readonly from: readonly unknown[];
  readonly view: SourceView | undefined;
}

const made = new WeakMap<Debugger, Made>();

/** @returns undefined while nothing is known */
export function sourceView(bugger: Debugger): SourceView | undefined {
  const { inside, textKind } = bugger.state;
  const func = inside && selectedFrame(inside)?.func;
  const text = func === undefined ? undefined : bugger.travel.texts.get(func);
  const from = [inside, textKind, text];
  const last = made.get(bugger);
  if (last?.from.every((one, i) => one === from[i])) return last.view;
  const view = inside === undefined ? undefined : viewOf(bugger, inside);
  made.set(bugger, { from, view });
  return view;
}

/** Function whose code is to be read. */
export function wantedText(bugger: Debugger): number | undefined {
  const { inside } = bugger.state;
  if (inside === undefined || sourceOf(bugger, inside) !== undefined) return undefined;
  return selectedFrame(inside)?.func;
}

function viewOf(bugger: Debugger, inside: Inside): SourceView | undefined {
  const frame = selectedFrame(inside);
  if (frame === undefined) return undefined;
  return sourceOf(bugger, inside) ?? wasmOf(bugger, inside, frame);
}

/** The file, where it is found and asked for. */
function sourceOf({ state, sources }: Debugger, inside: Inside): SourceView | undefined {
  const place = selectedPlace(inside);
  if (state.textKind === 'wasm' || place === undefined) return undefined;
  const { file } = place;
  const texts = sources.lines(file);
  if (texts === undefined) return undefined;
  const digits = `${texts.length}`.length;
  return {
    key: file,
    kind: 'source',
    title: `${placeText({ ...place, column: undefined })} ${selectedName(inside)} ${hex(selectedFrame(inside)?.offset ?? 0)}`,
    lines: linesOf(texts, file, digits),
    current: place.line === undefined ? undefined : place.line - 1,
    note: file,
  };
}

const filed = new WeakMap<readonly string[], readonly SourceLine[]>();

function linesOf(texts: readonly string[], file: string, digits: number): readonly SourceLine[] {
  let lines = filed.get(texts);
  if (lines === undefined) {
    lines = texts.map((text, i) => ({
      label: `${i + 1}`.padStart(digits),
      text: text.replaceAll('\t', '    ').replace(/\r$/, ''),
      spec: { kind: 'line', file, line: i + 1 } as const,
    }));
    filed.set(texts, lines);
  }
  return lines;
}

function wasmOf(
  { travel, state }: Debugger,
  inside: Inside,
  frame: LocatedFrame,
): SourceView | undefined {
  const text = travel.texts.get(frame.func);
  if (text === undefined) return undefined;
  const place = selectedPlace(inside);
  const note = noteOf(state.textKind === 'wasm', place && placeText(place), frame);
  const title = `${selectedName(inside)} (function ${frame.func})`;
  const key = `function ${frame.func}`;
  if (typeof text === 'string') {
    return { key, kind: 'wasm', title, lines: [noCode(text)], current: undefined, note };
  }
  const lines: SourceLine[] = text.lines.map(({ offset, depth, text: own }) => ({
    label: hex(offset),
    text: '  '.repeat(Math.min(depth, MAX_INDENT)) + own,
    spec: { kind: 'pc', pc: offset },
  }));
  if (text.problem !== undefined) lines.push(noCode(text.problem));
  const at = text.lines.findIndex(({ offset }) => offset === frame.offset);
  return { key, kind: 'wasm', title, lines, current: at < 0 ? undefined : at, note };
}

const MAX_INDENT = 20;

function noCode(text: string): SourceLine {
  return { label: '', text, spec: undefined };
}

function noteOf(chosen: boolean, place: string | undefined, frame: LocatedFrame): string {
  if (place !== undefined) {
    return chosen ? `${place}, v shows it` : `${place}, not found: --source names its folder`;
  }
  if (frame.sourceProblem !== undefined) return escapeText(frame.sourceProblem);
  return frame.name === undefined ? 'no debug information, no name' : 'no debug information';
}

/** What stands before a line: whether something stops there. */
export function breakSign(
  points: readonly StopPoint[],
  view: SourceView,
  index: number,
): '●' | '○' | ' ' {
  const spec = view.lines[index]?.spec;
  let sign: '●' | '○' | ' ' = ' ';
  for (const point of points) {
    if (point.kind !== 'breakpoint') continue;
    const isHere = point.frames.some(({ offset, source }) =>
      spec?.kind === 'pc'
        ? offset === spec.pc
        : spec?.kind === 'line' &&
          source.some(({ place }) => place?.file === spec.file && place.line === spec.line),
    );
    if (isHere && point.enabled) return '●';
    if (isHere) sign = '○';
  }
  return sign;
}

/** Of a line, to be drawn. */
export function shownText(line: SourceLine): string {
  return escapeText(line.text);
}
