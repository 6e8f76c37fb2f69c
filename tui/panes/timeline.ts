/** The rows of the timeline, at their width. */
import type { Debugger } from '../debugger/debugger.ts';
import { visibleNumbers } from '../model/timeline-list.ts';
import { cutLine, type Line, lineWidth, type Span, skipCells, span } from '../text/line.ts';
import { clockTime, grouped, logBar, shortClockTime, shortTime } from '../text/units.ts';
import { padEnd, padStart } from '../text/width.ts';
import { callLine, resultSpan } from '../trace/call-text.ts';
import type { Row } from '../trace/rows.ts';

/** Cells of the guest-time bar; a microsecond begins it, a second fills it. */
const BAR_CELLS = 3;
const BAR_FROM_NS = 1e3;
const BAR_FULL_NS = 1e9;

const DELTA_CELLS = 7;
/** Panes narrower than this leave the times out; narrower than the other, digits that the delta has. */
const WITH_TIMES = 56;
const WITH_LONG_CLOCK = 72;

/** How long a frame may look for payloads; the rest comes in the next one. */
const PAYLOAD_BUDGET_MS = 6;

export interface TimelineRow {
  readonly number: number;
  readonly line: Line;
}

/** @param width cells of a row */
export function timelineRows(bugger: Debugger, width: number): TimelineRow[] {
  const { list, shift } = bugger.state;
  const numbers = visibleNumbers(list);
  loadPayloads(bugger, numbers);
  const rows = numbers.map((number) => bugger.rows.get(number));
  const clock = width >= WITH_LONG_CLOCK ? clockTime : shortClockTime;
  const columns: Columns = {
    width,
    digits: Math.max(3, `${bugger.reader.eventCount}`.length),
    clock,
    clockCells: Math.max(0, ...rows.map(({ startNs }) => clock(startNs).length)),
  };
  return rows.map((row) => ({
    number: row.number,
    line: rowLine(bugger, row, columns, shift.timeline),
  }));
}

interface Columns {
  /** Cells of a row, and of those before the call. */
  readonly width: number;
  readonly digits: number;
  readonly clockCells: number;
  readonly clock: (ns: number) => string;
}

function rowLine(bugger: Debugger, row: Row, columns: Columns, shift: number): Line {
  const { width, digits, clock, clockCells } = columns;
  const selected = row.number === bugger.state.list.selected;
  const head: Span[] = [
    span(selected ? '▸' : ' ', 'strong'),
    glyph(row, bugger),
    span(
      ` ${`${row.number}`.padStart(digits)} `,
      row.kind === 'call' && row.failed ? 'error' : 'dim',
    ),
  ];
  if (width >= WITH_TIMES) {
    const delta = padStart(`+${shortTime(row.deltaNs)}`, DELTA_CELLS + 1);
    head.push(span(padStart(clock(row.startNs), clockCells), 'text'), span(delta, 'dim'));
  }
  const bar = row.kind === 'call' ? logBar(row.guestNs, BAR_FROM_NS, BAR_FULL_NS, BAR_CELLS) : '';
  head.push(span(` ${padEnd(bar, BAR_CELLS)} `, 'bar'));
  const left = width - lineWidth(head);
  return [...head, ...rowBody(bugger, row, left, shift)];
}

/** One sign a row, the most telling one. */
function glyph(row: Row, { rows, state }: Debugger): Span {
  if (rows.injected(row.number).length > 0) return span('↯', 'error');
  if (row.kind === 'call' && row.failed) return span('✗', 'error');
  if (row.kind === 'other' && row.tone === 'fatal') return span('✖', 'fatal');
  if (state.bookmarks.some(({ event }) => event === row.number)) return span('◆', 'key');
  return row.kind === 'other' && row.tone === 'good' ? span('✓', 'good') : span(' ');
}

/** Cells that a result may take, however narrow the pane is. */
const MIN_RESULT = 8;

/**
 * The call gives way first: what came back matters more than all that was passed. Not a structure, of which
 * the beginning says little: that takes what is left.
 */
function rowBody(bugger: Debugger, row: Row, cells: number, shift: number): Line {
  if (row.kind === 'other') return [span(row.text, row.tone)];
  const call = callLine(row.call, bugger.rows.knownPayload(row.number));
  const equals = span(' = ', 'dim');
  const left = cells - lineWidth(call) - lineWidth([equals]);
  const whole = resultSpan(row.call);
  const share = whole.text.startsWith('{') ? MIN_RESULT : Math.floor(cells / 3);
  const room = Math.max(MIN_RESULT, share, left);
  const result: Line = [equals, ...cutLine([whole], room)];
  if (shift > 0) return skipCells([...call, ...result], shift);
  const kept = Math.max(12, cells - lineWidth(result));
  return [...cutLine(call, kept), ...result];
}

const waiting = new WeakSet<Debugger>();

/** Payloads cost a millisecond a segment: as many as the frame can bear, the others right after. */
function loadPayloads(bugger: Debugger, numbers: readonly number[]): void {
  const started = performance.now();
  for (const number of numbers) {
    if (bugger.rows.knownPayload(number) !== undefined) continue;
    if (performance.now() - started > PAYLOAD_BUDGET_MS) {
      later(bugger);
      return;
    }
    bugger.rows.loadPayload(number);
  }
}

function later(bugger: Debugger): void {
  if (waiting.has(bugger)) return;
  waiting.add(bugger);
  setTimeout(() => {
    waiting.delete(bugger);
    bugger.update({});
  }, 0);
}

/** The line above the rows: what the columns are. */
export function timelineTitle(bugger: Debugger): Span[] {
  const { filter, sort, list } = bugger.state;
  const parts: Span[] = [span('1 Timeline', 'title')];
  if (filter !== '') parts.push(span(' '), span(`filter: ${filter}`, 'hit'));
  if (sort !== 'number') parts.push(span(` by ${sort}`, 'hit'));
  if (list.unfolded !== undefined) {
    const folded = list.total - list.unfolded.length;
    if (folded > 0) parts.push(span(` z: ${grouped(folded)} more, of the runtime`, 'dim'));
  } else if (list.numbers !== undefined) {
    const { length } = list.numbers;
    parts.push(span(` ${grouped(length)} ${length === 1 ? 'row' : 'rows'}`, 'dim'));
  }
  return parts;
}

/** Whether the selected event is filtered away, in words. */
export function timelineNote(bugger: Debugger): string {
  const { list } = bugger.state;
  const hidden = list.numbers !== undefined && !list.numbers.includes(list.selected);
  const place = `#${bugger.position} of ${bugger.reader.eventCount - 1}`;
  return hidden ? `${place}, not among the rows shown` : place;
}
