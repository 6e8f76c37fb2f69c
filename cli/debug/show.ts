/** Stops, frames and values of the debugger, for people and as JSON. */
import { escapeText, type LocalValue, type LocatedFrame, type Mark } from '../../index.ts';
import { numberText } from '../../tui/model/number-text.ts';
import { ownCode } from '../../tui/source/own-code.ts';
import { frameTexts } from '../frames.ts';
import { bytesText } from '../hex-dump.ts';
import type { Answer } from './answer.ts';
import type { Debugger, Stop, StopCause } from './debugger.ts';
import { showDisplays } from './displays.ts';
import { trappedElsewhere } from './ending.ts';
import { pointTitle } from './points.ts';

/** @param entered of a component whose guests take turns: the event with which this one was entered */
export function markText({ event, tick }: Mark, entered?: number): string {
  const own = entered === undefined ? '' : `, entered at #${entered}`;
  return `${event < 0 ? 'before #0' : `after #${event}`}, tick ${tick}${own}`;
}

/** Why it stopped, where, and the line of the source. */
export async function showStop(debug: Debugger, stop: Stop): Promise<Answer> {
  const { mark, others = [] } = stop;
  const displayed = await showDisplays(debug);
  const json = {
    mark,
    ...(stop.entered !== undefined && { entered: stop.entered }),
    ...causeJson(stop),
    ...(others.length > 0 && { others: others.map(causeJson) }),
    frame: stop.stack[0] === undefined ? null : jsonFrame(stop.stack[0], 0),
    ...(displayed.text.length > 0 && displayed.json),
  };
  const own = stop.reason.kind === 'watch' ? ownCodeText(debug) : [];
  const why = [stop, ...others].flatMap((cause) => causeText(debug, cause));
  const lines = [...why, ...frameText(debug), ...own];
  return { text: [...lines, ...displayed.text], json };
}

/** Where the program's own code is, of what was found in a library. */
export function ownCodeText({ stack, sources }: Debugger): string[] {
  const { level = 0 } = ownCode(stack, sources) ?? {};
  const own = level === 0 ? undefined : stack[level];
  return own === undefined
    ? []
    : [`frame ${level} is the program's own: ${frameTexts(own).at(-1)}`];
}

/** The selected frame and its line. */
export function frameText(debug: Debugger): string[] {
  const { place, frame, frameNumber, mark, entered } = debug;
  const [innermost = ''] = frameTexts(frame);
  const lines = [`#${frameNumber}  ${innermost}  [${markText(mark, entered)}]`];
  const line = place?.line;
  const source = line === undefined ? undefined : debug.sources.lines(place?.file ?? '');
  const text = line === undefined ? undefined : source?.[line - 1];
  if (text !== undefined) lines.push(sourceLine(line ?? 0, text));
  return lines;
}

export function sourceLine(number: number, text: string): string {
  return `${number}\t${escapeText(text.replaceAll('\t', '    ').trimEnd())}`;
}

function causeText(debug: Debugger, { reason, point, problem }: StopCause): string[] {
  const text = whyText(debug, reason, point);
  if (problem === undefined) return text;
  return [...text, `its condition cannot be tested here: ${escapeText(problem)}`];
}

function whyText(debug: Debugger, reason: Stop['reason'], point: Stop['point']): string[] {
  const name = point ? pointTitle(point) : '';
  switch (reason.kind) {
    case 'moved':
      return [];
    case 'break':
      return name === '' ? [] : [name];
    case 'call':
      return [`${name}: before a call of ${escapeText(reason.name)}`];
    case 'watch': {
      const { before, after, by, did } = reason;
      const whose = by === 'host' ? 'the host' : 'the guest';
      const { name: of, type } = point?.kind === 'watchpoint' ? point : {};
      const text = (type && numberText(type)) || bytesText;
      const what = did === 'read' ? `${text(after)} read` : `${text(before)} → ${text(after)}`;
      return [`${name}${of === undefined ? '' : ` (${escapeText(of)})`}: ${what}, by ${whose}`];
    }
    case 'start':
      return ['this is the start of the run.'];
    case 'end': {
      const elsewhere = trappedElsewhere(debug);
      return [
        `this is the end of the run: ${escapeText(debug.outcome)}`,
        ...(elsewhere ? [elsewhere] : []),
      ];
    }
    case 'beyond':
      return ['the recording ends before this, and the program runs on without a call.'];
  }
}

function causeJson({ reason, point, problem }: StopCause): object {
  return {
    reason: reasonJson(reason),
    point: point?.number ?? null,
    ...(problem !== undefined && { problem }),
  };
}

function reasonJson(reason: Stop['reason']): object {
  if (reason.kind !== 'watch') return reason;
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return { ...reason, before: hex(reason.before), after: hex(reason.after) };
}

export function jsonFrame(frame: LocatedFrame, level: number): object {
  const { func, offset, name, mangled, source } = frame;
  return { level, func, offset, name: name ?? null, mangled: mangled ?? null, source };
}

/** `7 (0x7)`; a vector as its bytes. */
export function valueText(value: LocalValue | string): string {
  if (value === undefined) return 'a reference';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'bigint') return `${value} (0x${BigInt.asUintN(64, value).toString(16)})`;
  if (typeof value !== 'number') return Buffer.from(value).toString('hex');
  return Number.isInteger(value) && Math.abs(value) < 2 ** 32
    ? `${value} (0x${(value >>> 0).toString(16)})`
    : String(value);
}

export function valueJson(value: LocalValue | string): unknown {
  if (value === undefined) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}
