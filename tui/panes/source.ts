/** Source: the text that the guest stands in, with its line, breakpoints and a cursor. */
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { type Line, line, type Span, skipCells, span } from '../text/line.ts';
import { wrapWords } from '../text/wrap.ts';
import { breakSign, shownText, sourceView } from './source-view.ts';

export interface SourceRow {
  readonly line: Line;
  readonly isCursor: boolean;
}

/** Visible rows. */
export function sourceRows(bugger: Debugger, height: number): SourceRow[] {
  const view = sourceView(bugger);
  if (view === undefined) return waiting(bugger);
  const { state } = bugger;
  const { scroll } = state.source;
  const innermost = state.inside?.level === 0 && state.inside.call === 0;
  return view.lines.slice(scroll.top, scroll.top + height).map((one, i) => {
    const index = scroll.top + i;
    const isCurrent = index === view.current;
    const sign = breakSign(state.points, view, index);
    const arrow = !isCurrent ? ' ' : innermost ? '▸' : '▹';
    const head = [
      span(sign, sign === ' ' ? 'text' : 'fatal'),
      span(arrow, 'strong'),
      span(` ${one.label} `, isCurrent ? 'strong' : 'dim'),
    ];
    const text: Line = [span(` ${shownText(one)}`, isCurrent ? 'strong' : 'text')];
    return {
      line: [...head, ...skipCells(text, state.shift.timeline)],
      isCursor: index === scroll.cursor,
    };
  });
}

function waiting({ state, trips, position }: Debugger): SourceRow[] {
  const { insideProblem, inside } = state;
  const text =
    insideProblem?.position === position
      ? insideProblem.text
      : inside !== undefined && inside.stack.length === 0
        ? 'no function of the guest is running here'
        : inside === undefined || trips.isMoving
          ? 'replaying…'
          : 'reading the code…';
  return wrapped(escapeText(text)).map((one) => ({
    line: line(span(one, 'dim')),
    isCursor: false,
  }));
}

/** A message is longer than a pane is wide. */
const WRAP = 60;

export function wrapped(text: string): string[] {
  return wrapWords(text, WRAP);
}

export function sourceTitle(bugger: Debugger): Span[] {
  const view = sourceView(bugger);
  const title = view === undefined ? '' : ` ${escapeText(view.title)}`;
  return [span('1 Source', 'title'), span(title, 'strong')];
}

export function sourceNote(bugger: Debugger): string {
  const view = sourceView(bugger);
  if (view === undefined) return '';
  const { cursor } = bugger.state.source.scroll;
  return `${escapeText(view.note)}  ${cursor + 1}/${view.lines.length}`;
}
