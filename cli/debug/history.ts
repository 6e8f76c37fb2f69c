/** How a variable came to hold what it holds: each change with its line, whether it lives in locals or in memory. */
import {
  type EvaluatedValue,
  escapeText,
  type LocatedHistory,
  type LocatedWrites,
} from '../../index.ts';
import { frameTexts } from '../frames.ts';
import { changeText } from '../hex-dump.ts';
import type { Answer } from './answer.ts';
import type { Debugger } from './debugger.ts';
import { markText } from './show.ts';
import { evaluated, formatAndExpression } from './values.ts';

/** Changes that are listed, the last ones. */
const LISTED = 100;

/** `history [/x] EXPRESSION` */
export async function variableHistory(debug: Debugger, rest: string): Promise<Answer> {
  const { radix, expression } = formatAndExpression(rest);
  const value = await evaluated(debug, expression, radix);
  const { address, size } = value;
  if (address !== undefined && size !== undefined && size > 0) {
    const query = { address, length: size, until: debug.mark, keep: LISTED };
    return ofMemory(expression, query, await debug.travel.writes(query, debug.options));
  }
  const place = { level: debug.frameNumber, call: 0 };
  const question = { mark: debug.mark, place, expression, radix, keep: LISTED };
  return ofLocals(expression, value, await debug.travel.history(question, debug.options));
}

function ofMemory(
  expression: string,
  { address, length }: { readonly address: number; readonly length: number },
  { writes, total }: LocatedWrites,
): Answer {
  const rows = writes.map(({ mark, by, before, after, frame, call }) => ({
    mark,
    by,
    before: Buffer.from(before).toString('hex'),
    after: Buffer.from(after).toString('hex'),
    place: frame ? (frameTexts(frame)[0] ?? '') : `the host, by ${escapeText(call ?? 'a call')}`,
    text: changeText(before, after),
  }));
  const place = `0x${address.toString(16)}, ${length} bytes`;
  const none = `${escapeText(expression)} is at ${place}: nothing wrote there before.`;
  return {
    text: [
      ...(total === 0 ? [none] : [`${escapeText(expression)} is at ${place}: writes to it`]),
      ...cut(total, rows.length),
      ...rows.map((row) => `${markText(row.mark)}  ${row.text}  ${row.place}`),
    ],
    json: { name: expression, address, size: length, total, changes: rows.map(withoutText) },
  };
}

function ofLocals(
  expression: string,
  now: EvaluatedValue,
  { changes, total, complete }: LocatedHistory,
): Answer {
  const rows = changes.map(({ mark, before, after, frame }) => ({
    mark,
    before: before ?? null,
    after,
    place: frameTexts(frame)[0] ?? '',
    text: `${before === undefined ? '' : `${escapeText(before)} → `}${escapeText(after)}`,
  }));
  const gaveUp = 'it changed so often that not all of it was looked at.';
  return {
    text: [
      ...(total === 0 ? [`${escapeText(expression)} has not changed in this call.`] : []),
      ...cut(total, rows.length),
      ...rows.map((row) => `${markText(row.mark)}  ${row.text}  ${row.place}`),
      ...(complete ? [] : [gaveUp]),
    ],
    json: {
      ...{ name: expression, value: now.value, total, complete },
      changes: rows.map(withoutText),
    },
  };
}

function cut(total: number, listed: number): string[] {
  return total > listed ? [`… ${total - listed} before`] : [];
}

function withoutText<Row extends { readonly text: string }>({ text: _, ...row }: Row): object {
  return row;
}
