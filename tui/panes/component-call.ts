/** A call of a component in full: the function of an interface, with the values that the index has. */
import type { EntryRow } from '../../traces/entries.ts';
import type { CallEvent, OpenEvent } from '../../traces/events.ts';
import type { LateAnswerRow } from '../../traces/late-answers.ts';
import type { CallRow } from '../../traces/timeline.ts';
import { escapeText } from '../../wasi/escape.ts';
import { type Line, line, span } from '../text/line.ts';
import { fieldsOf } from '../trace/call-text.ts';
import type { ContentLine, Target } from './content.ts';

/** Cells for the names of parameters. */
const NAME_WIDTH = 14;

/** @param late the answer that came later; or what came with this event of a call before */
export function componentCallLines(
  event: CallEvent | OpenEvent,
  row: CallRow,
  late: { readonly of: LateAnswerRow | undefined; readonly with: LateAnswerRow | undefined },
): ContentLine[] {
  const { module, name } = event.func;
  return [
    { line: line(span(`#${event.number} `, 'dim'), span(escapeText(name), 'title')) },
    { line: line(span(escapeText(module), 'dim')) },
    { line: outcomeLine(row) },
    { line: [] },
    ...section('passed', fieldsOf(row.args)),
    ...section('returned', fieldsOf(row.result)),
    ...(late.of === undefined ? [] : lateLines(late.of)),
    ...(late.with === undefined ? [] : broughtLines(late.with)),
  ];
}

/** What a call, or a task, came to later. */
export function lateLines({ event, result, errno }: LateAnswerRow): ContentLine[] {
  return [
    { line: line(span('answered later', 'strong')) },
    {
      line: line('  with ', span(`#${event} `, 'number'), ...resultSpans(result, errno)),
      target: { kind: 'event', event },
    },
  ];
}

/** What an event brought for a call, or a task, before it. */
export function broughtLines({ call, result, errno }: LateAnswerRow): ContentLine[] {
  return [
    { line: line(span('brings the answer', 'strong')) },
    {
      line: line('  of ', span(`#${call} `, 'number'), ...resultSpans(result, errno)),
      target: { kind: 'event', event: call },
    },
  ];
}

/** A function of the component that is called, with what it is passed; or a task that goes on. */
export function enteredLines(entry: EntryRow): ContentLine[] {
  const { kind, interface: from = '', name = '', entry: call } = entry;
  const lines = [{ line: line(`  ${escapeText(from)} `.trimEnd()) }];
  if (kind === 'resume') {
    const task = call === undefined ? [] : [span(` of #${call} `, 'number')];
    const target = call === undefined ? {} : { target: { kind: 'event', event: call } as const };
    const what = line(`  ${escapeText(name)}`, ...task, escapeText(`goes on: ${entry.result}`));
    return [...lines, { line: what, ...target }];
  }
  return [
    ...lines,
    { line: line('  ', span(escapeText(name), 'name')) },
    ...section('passed', fieldsOf(entry.args)),
  ];
}

/** What it returned; or that a task waits, or is done. @param target where it was called */
export function leftLines({ kind, name, entry, result }: EntryRow, target: Target): ContentLine[] {
  if (kind === 'pause') {
    const task = name === undefined ? 'a task' : `${name} of #${entry ?? '?'}`;
    const to = entry === undefined ? target : ({ kind: 'event', event: entry } as const);
    return [{ line: line(`  ${escapeText(`${task} ${result ?? ''}`)}`), target: to }];
  }
  const value = result === undefined ? 'nothing' : result;
  return [{ line: line(`  ${escapeText(value)}`), target }];
}

function resultSpans(result: string | undefined, errno: string | undefined): Line {
  const style = errno === 'success' || errno === undefined ? 'text' : 'error';
  return result === undefined ? [] : [span(escapeText(result), style)];
}

function outcomeLine({ errno, durationNs }: CallRow): Line {
  if (errno === 'success') return line(span('✓ success', 'good'));
  if (errno !== undefined) return line(span(`✖ ${escapeText(errno)}`, 'error'));
  return durationNs === undefined
    ? line(span('✖ did not return', 'fatal'))
    : line(span('✖ the host failed', 'fatal'));
}

/** Texts are escaped as they are in the index; that of a trace made by others need not be. */
function section(title: string, fields: Readonly<Record<string, unknown>>): ContentLine[] {
  const lines = Object.entries(fields).map(([name, value]) => ({
    line: line(
      span(`  ${escapeText(name).padEnd(NAME_WIDTH)} `, 'name'),
      escapeText(typeof value === 'string' ? value : JSON.stringify(value)),
    ),
  }));
  return lines.length === 0 ? [] : [{ line: line(span(title, 'strong')) }, ...lines];
}
