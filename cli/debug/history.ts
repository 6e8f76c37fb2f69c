/** How a variable came to hold what it holds: each change in the words of its type, with the line that made it. */
import { escapeText, type LocatedChange, type LocatedHistory } from '../../index.ts';
import { frameTexts } from '../frames.ts';
import { type Answer, refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';
import { markText } from './show.ts';
import { formatAndExpression, frameHere } from './values.ts';

/** Changes that are listed, the last ones. */
const LISTED = 100;

/** `history [-all] [/x] EXPRESSION` */
export async function variableHistory(debug: Debugger, rest: string): Promise<Answer> {
  const [, all, asked = ''] = /^(-all\s+)?(.*)$/s.exec(rest) ?? [];
  const { radix, expression } = formatAndExpression(asked);
  const found = await debug.travel.history(
    {
      mark: debug.mark,
      place: frameHere(debug),
      of: { kind: 'expression', expression },
      ...{ radix, scope: all === undefined ? 'call' : 'function', keep: LISTED },
    },
    debug.options,
  );
  debug.changes = found.changes.map(({ mark }) => mark);
  return { text: historyLines(expression, found), json: historyJson(expression, found) };
}

/** `goto change N`: of those that were listed last. @throws WasiRrError OPTION_INVALID */
export function markOfChange({ changes }: Debugger, number: number) {
  const mark = changes[number - 1];
  if (mark !== undefined) return mark;
  throw refuse(
    changes.length === 0
      ? 'no changes have been listed: history EXPRESSION lists them.'
      : `there is no change ${number}: 1 to ${changes.length} have been listed.`,
  );
}

function historyLines(expression: string, found: LocatedHistory): string[] {
  const { changes, total, complete, scope } = found;
  const what = `${escapeText(expression)}: ${placeText(found)}, ${scopeText(found)}`;
  const outermost = Math.min(...changes.map(({ activation }) => activation?.depth ?? 0));
  const width = String(changes.length).length;
  const rows = changes.map((change, i) => {
    const number = String(i + 1).padStart(width);
    const { mark, path } = change;
    const call = scope === 'function' ? callText(change, outermost) : '';
    const which = path === '' ? '' : `${escapeText(path)} `;
    return `${number}  ${markText(mark)}  ${call}${which}${changeText(change)}  ${byText(change)}`;
  });
  const left = total - changes.length;
  return [
    `${what}: ${total === 0 ? 'no change' : total === 1 ? '1 change' : `${total} changes`}`,
    ...(total === 0 && found.func !== undefined && found.range !== undefined ? [UNWRITTEN] : []),
    ...(complete ? [] : [TOO_MANY]),
    ...(left > 0 ? [`… ${left} before these`] : []),
    ...rows,
    ...(rows.length > 0 ? ['goto change N goes to one of them'] : []),
  ];
}

const UNWRITTEN = 'nothing was written to it: what it holds was there before';
const TOO_MANY = 'it changes so often that only the last part of them was looked at';

function placeText({ type, range }: LocatedHistory): string {
  const where =
    range === undefined ? 'in no memory' : `${range.size} bytes at 0x${range.address.toString(16)}`;
  return `${escapeText(type)}, ${where}`;
}

function scopeText({ scope, func, calls }: LocatedHistory): string {
  const name = escapeText(func ?? '');
  switch (scope) {
    case 'run':
      return 'in the run until here';
    case 'call':
      return `in this call of ${name}`;
    case 'function':
      return calls === 1 ? `in the one call of ${name}` : `in ${calls} calls of ${name}`;
  }
}

/** Calls in calls of the same function are set in. */
function callText({ activation }: LocatedChange, outermost: number): string {
  if (activation === undefined) return '';
  return `call ${activation.number} ${'· '.repeat(Math.min(MAX_INDENT, activation.depth - outermost))} `;
}

const MAX_INDENT = 20;

function changeText({ before, after }: LocatedChange): string {
  return `${before === undefined ? '=' : `${escapeText(before)} →`} ${escapeText(after)}`;
}

function byText({ by, call, frame }: LocatedChange): string {
  const place = frameTexts(frame)[0] ?? '';
  return by === 'guest' ? place : `the host, for ${escapeText(call ?? 'a call')} in ${place}`;
}

function historyJson(expression: string, found: LocatedHistory): object {
  const { type, value, range, scope, func, calls, total, complete } = found;
  return {
    ...{ name: expression, type, value: value ?? null },
    ...{ address: range?.address ?? null, size: range?.size ?? null },
    ...{ scope, function: func ?? null, calls: calls ?? null, total, complete },
    changes: found.changes.map(({ frame, before, ...change }) => ({
      ...change,
      before: before ?? null,
      place: frameTexts(frame)[0] ?? '',
    })),
  };
}
