/** The hex view: bytes, what they may mean, what the current call wrote and what changed. */
import type { Debugger } from '../debugger/debugger.ts';
import { bytesAtCursor } from '../debugger/memory-actions.ts';
import type { MemoryCursor } from '../model/memory-cursor.ts';
import { asciiCell, pointerAt, typedValues } from '../model/value-types.ts';
import { type Line, line, type Span, span } from '../text/line.ts';
import type { Style } from '../text/style.ts';
import { grouped, hex, shortBytes } from '../text/units.ts';
import { type AddressRange, effectRanges } from '../trace/effects.ts';

const ADDRESS_CELLS = 8;
const GAP = 2;

/** The visible rows and, below them, what the bytes under the cursor may mean. */
export function memoryLines(bugger: Debugger): Line[] {
  const { guest, state } = bugger;
  const range = guest.memory?.value;
  if (range === undefined) {
    return [
      line(
        span(
          guest.problemAt(bugger.position) ?? (guest.ready ? 'replaying…' : 'starting the replay…'),
          'dim',
        ),
      ),
    ];
  }
  const { memory } = state;
  if (range.size === 0) return [line(span('the guest has no memory yet', 'dim'))];
  const marks = new Marks(bugger);
  const rows: Line[] = [];
  for (let row = 0; row < memory.rows; row++) {
    const address = memory.top + row * memory.columns;
    if (address >= memory.size) break;
    rows.push(hexRow(bugger, address, marks));
  }
  while (rows.length < memory.rows) rows.push([]);
  return [...rows, ...notes(bugger)];
}

function hexRow(bugger: Debugger, address: number, marks: Marks): Line {
  const { memory, focus } = bugger.state;
  const range = bugger.guest.memory?.value;
  const { columns } = memory;
  const digits: Span[] = [
    span(address.toString(16).padStart(ADDRESS_CELLS, '0'), 'dim'),
    span('  '),
  ];
  const text: Span[] = [];
  for (let index = 0; index < columns; index++) {
    const at = address + index;
    const byte = range?.bytes[at - range.address];
    const isCursor = at === memory.address;
    const style = isCursor && focus === 'tab' ? 'cursor' : marks.styleOf(at, byte);
    if (index === columns / 2) digits.push(span(' '));
    const known = byte !== undefined && at >= (range?.address ?? 0);
    const shown = known ? byte.toString(16).padStart(2, '0') : '··';
    digits.push(span(shown, style), span(isCursor ? '◂' : ' ', 'strong'));
    text.push(span(known ? asciiCell(byte) : ' ', style));
  }
  return [...digits, span(' '), ...text];
}

/** What each byte is besides its value. */
class Marks {
  private readonly effects: readonly AddressRange[];
  private readonly changes: readonly AddressRange[];

  constructor(bugger: Debugger) {
    const event = bugger.rows.event(bugger.position);
    this.effects = event?.kind === 'call' ? effectRanges(event) : [];
    const { diff } = bugger.guest;
    this.changes = diff?.position === bugger.position ? diff.value.ranges : [];
  }

  styleOf(address: number, byte: number | undefined): Style {
    const effect = covers(this.effects, address);
    const changed = covers(this.changes, address);
    if (effect) return changed ? 'changedEffect' : 'effect';
    if (changed) return 'changed';
    return byte === 0 ? 'dim' : 'text';
  }
}

function covers(ranges: readonly AddressRange[], address: number): boolean {
  return ranges.some((range) => address >= range.address && address < range.address + range.length);
}

/** Four lines: {@link MEMORY_NOTES}, one of them empty. */
function notes(bugger: Debugger): Line[] {
  const { memory } = bugger.state;
  const bytes = bytesAtCursor(bugger).subarray(0, 64);
  const values = typedValues(bytes).map(({ type, text }) => [
    span(type, 'name'),
    span(` ${text}  `, type === 'str' ? 'string' : 'number'),
  ]);
  const pointer = pointerAt(bytes, memory.size);
  const lead: Span[] =
    pointer === undefined ? [] : [span('  leads to ', 'dim'), span(hex(pointer), 'number')];
  return [
    line(span('─'.repeat(24), 'border')),
    [span(hex(memory.address, 8), 'strong'), ...lead],
    values.slice(0, 6).flat(),
    values.slice(6, 10).flat(),
    values.slice(10).flat(),
  ];
}

/** For the lower border: size, growth, what is marked. */
export function memoryNote(bugger: Debugger): string {
  const { guest, position } = bugger;
  const { memory, diff } = guest;
  if (memory === undefined) return '';
  const parts = [shortBytes(memory.value.size)];
  if (memory.position !== position) parts.push('replaying…');
  else if (diff?.position === position) {
    const { sizeBefore, sizeAfter, changedBytes } = diff.value;
    if (sizeAfter > sizeBefore) parts.push(`grew by ${shortBytes(sizeAfter - sizeBefore)}`);
    parts.push(`${grouped(changedBytes)} changed since #${diff.from}`);
  }
  return parts.join(', ');
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
