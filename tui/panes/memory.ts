/** The hex view: bytes, what they may mean, what the current call wrote and what changed. */
import type { MemoryRange } from '../../replayer/session/messages.ts';
import { type Debugger, MEMORY_AHEAD } from '../debugger/debugger.ts';
import { bytesAtCursor } from '../debugger/memory-actions.ts';
import { rangeText } from '../debugger/memory-history.ts';
import { type ShownMemory, shownMemory } from '../debugger/shown.ts';
import { innerHeight, innerWidth } from '../model/layout.ts';
import { type MemoryCursor, selectedRange } from '../model/memory-cursor.ts';
import { asciiCell, pointerAt, typedValues } from '../model/value-types.ts';
import { type Line, line, type Span, span } from '../text/line.ts';
import type { Style } from '../text/style.ts';
import { grouped, hex } from '../text/units.ts';
import { type AddressRange, effectRanges } from '../trace/effects.ts';
import { messageLines } from './content.ts';
import { memoryNotes } from './memory-layout.ts';

const ADDRESS_CELLS = 8;
const GAP = 2;

/** The visible rows and, below them, what the bytes under the cursor may mean. */
export function memoryLines(bugger: Debugger): Line[] {
  const { memory } = bugger.state;
  const shown = shownMemory(bugger);
  const { range, problem, waiting } = shown;
  if (range === undefined || problem !== undefined) {
    const cells = innerWidth(bugger.layout.tab);
    return messageLines(problem ?? waiting ?? '', cells).map((one) => one.line);
  }
  if (range.size === 0) {
    const { chosen } = bugger.guest;
    const none = chosen !== undefined && chosen.memory === undefined;
    const text = none ? 'this instance has no memory' : 'the guest has no memory yet';
    return [line(span(text, 'dim'))];
  }
  const marks = new Marks(bugger, shown);
  const rows: Line[] = [];
  for (let row = 0; row < memory.rows; row++) {
    const address = memory.top + row * memory.columns;
    if (address >= memory.size) break;
    rows.push(hexRow(bugger, range, address, marks));
  }
  while (rows.length < memory.rows) rows.push([]);
  return [...rows, ...notes(bugger).slice(0, memoryNotes(innerHeight(bugger.layout.tab)))];
}

function hexRow(bugger: Debugger, range: MemoryRange, address: number, marks: Marks): Line {
  const { memory, focus } = bugger.state;
  const { columns } = memory;
  const digits: Span[] = [
    span(address.toString(16).padStart(ADDRESS_CELLS, '0'), 'dim'),
    span(` ${marks.before(address)}`, 'strong'),
  ];
  const text: Span[] = [];
  for (let index = 0; index < columns; index++) {
    const at = address + index;
    const byte = range.bytes[at - range.address];
    const isCursor = at === memory.address;
    const style = isCursor && focus === 'tab' ? 'cursor' : marks.styleOf(at, byte);
    const known = byte !== undefined && at >= range.address;
    const shown = known ? byte.toString(16).padStart(2, '0') : '··';
    digits.push(span(shown, style), span(gapAfter(at, index, columns, marks), 'strong'));
    text.push(span(known ? asciiCell(byte) : ' ', style));
  }
  return [...digits, ...text];
}

/** Between a byte of a row and the next one: one cell, two in the middle and at the end of the digits. */
function gapAfter(address: number, index: number, columns: number, marks: Marks): string {
  const after = marks.after(address);
  if (index === columns - 1) return `${after} `;
  const before = marks.before(address + 1);
  if (index === columns / 2 - 1) return after + before;
  return after === ' ' ? before : after;
}

/** What each byte is besides its value. */
class Marks {
  private readonly cursor: number;
  private readonly selected: AddressRange | undefined;
  private readonly effects: readonly AddressRange[];
  private readonly changes: readonly AddressRange[];

  constructor(bugger: Debugger, shown: ShownMemory) {
    const { memory, inside } = bugger.state;
    this.cursor = memory.address;
    this.selected = selectedRange(memory);
    const event = inside === undefined ? bugger.rows.event(bugger.position) : undefined;
    this.effects = event === undefined ? [] : effectRanges(event, bugger.guest.chosen?.memory);
    this.changes = shown.changes;
  }

  /** One cell: `‹` before what is selected. */
  before(address: number): string {
    return address === this.selected?.address ? '‹' : ' ';
  }

  /** One cell: `◂` after the byte under the cursor, `›` after what is selected. */
  after(address: number): string {
    const { cursor, selected } = this;
    if (address === cursor) return '◂';
    return selected !== undefined && address === endOf(selected) - 1 ? '›' : ' ';
  }

  styleOf(address: number, byte: number | undefined): Style {
    if (this.selected !== undefined && covers([this.selected], address)) return 'selectedBytes';
    const effect = covers(this.effects, address);
    const changed = covers(this.changes, address);
    if (effect) return changed ? 'changedEffect' : 'effect';
    if (changed) return 'changed';
    return byte === 0 ? 'dim' : 'text';
  }
}

function covers(ranges: readonly AddressRange[], address: number): boolean {
  return ranges.some((range) => address >= range.address && address < endOf(range));
}

function endOf({ address, length }: AddressRange): number {
  return address + length;
}

/** Types by the line that shows them. */
const TYPE_LINES: readonly ReadonlySet<string>[] = [
  new Set(['u8', 'i8', 'u16', 'i16', 'u32', 'i32']),
  new Set(['u64', 'i64', 'f32', 'f64']),
  new Set(['str']),
];

/** Lines below the bytes: what is under the cursor or selected may mean. */
function notes(bugger: Debugger): Line[] {
  const { memory } = bugger.state;
  const bytes = bytesAtCursor(bugger).subarray(0, MEMORY_AHEAD);
  const selected = selectedRange(memory);
  const pointer = pointerAt(bytes, memory.size);
  const values = typedValues(bytes);
  return [
    line(span('─'.repeat(24), 'border')),
    line(
      span(selected === undefined ? hex(memory.address, 8) : rangeText(selected, 8), 'strong'),
      selected === undefined ? '' : `  ${grouped(selected.length)} selected`,
      ...(pointer === undefined ? [] : [span('  leads to ', 'dim'), span(hex(pointer), 'number')]),
    ),
    ...TYPE_LINES.map((types) =>
      values
        .filter(({ type }) => types.has(type))
        .flatMap(({ type, text }) => [
          span(type, 'name'),
          span(` ${text}  `, type === 'str' ? 'string' : 'number'),
        ]),
    ),
  ];
}

/** For the lower border: size, growth, what is marked. */
export function memoryNote(bugger: Debugger): string {
  return shownMemory(bugger).note;
}

/** The address that a click inside the pane hits. */
export function addressAt(memory: MemoryCursor, row: number, column: number): number | undefined {
  if (row >= memory.rows) return undefined;
  const half = memory.columns / 2;
  const start = memory.top + row * memory.columns;
  const digitsStart = ADDRESS_CELLS + GAP;
  const asciiStart = digitsStart + memory.columns * 3 + 1 + 1;
  if (column >= asciiStart) {
    const index = column - asciiStart;
    return index < memory.columns ? start + index : undefined;
  }
  const cell = column - digitsStart;
  if (cell < 0) return undefined;
  const index = Math.floor((cell > half * 3 ? cell - 1 : cell) / 3);
  return index < memory.columns ? start + index : undefined;
}
