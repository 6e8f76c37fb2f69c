/** What `y` copies: the selected line of the focused pane, in full, or the selected bytes. */
import { messageOf } from '../../errors.ts';
import type { MemoryRange } from '../../replayer/session/messages.ts';
import { formatCall, formatResult } from '../../wasi/format.ts';
import { selectedRange } from '../model/memory-cursor.ts';
import { sourceView } from '../panes/source-view.ts';
import { plainText } from '../text/line.ts';
import { grouped, hex } from '../text/units.ts';
import type { AddressRange } from '../trace/effects.ts';
import type { Debugger } from './debugger.ts';
import { bytesAtCursor } from './memory-actions.ts';
import { rangeText } from './memory-history.ts';

/** Bytes of memory that are copied where none are selected. */
const MEMORY_BYTES = 16;

/** Most bytes that are copied: their digits are what a terminal's clipboard takes for sure. */
const MAX_BYTES = 16 << 10;

export function copy(bugger: Debugger): void | Promise<void> {
  const { focus, tab, memory } = bugger.state;
  const selected = focus === 'tab' && tab === 'memory' ? selectedRange(memory) : undefined;
  if (selected !== undefined) return copyBytes(bugger, selected);
  const text = copyText(bugger);
  bugger.terminal.copy(text);
  bugger.say(`copied: ${text}`);
}

/** As hexadecimal digits; they may reach beyond what is on the screen. */
async function copyBytes(bugger: Debugger, range: AddressRange): Promise<void> {
  const taken = { ...range, length: Math.min(range.length, MAX_BYTES) };
  try {
    const { bytes } = await read(bugger, taken);
    bugger.terminal.copy(Buffer.from(bytes).toString('hex'));
    const part = taken.length < range.length ? `the first ${grouped(taken.length)} of ` : '';
    bugger.say(`copied: ${part}${grouped(range.length)} bytes, ${rangeText(taken)}, as hex`);
  } catch (thrown) {
    bugger.say(messageOf(thrown), 'problem');
  }
}

function read(bugger: Debugger, { address, length }: AddressRange): Promise<MemoryRange> {
  const mark = bugger.state.inside?.mark;
  if (mark === undefined) return bugger.guest.read(bugger.position, { address, length });
  return bugger.travel.ask((travel, options) => travel.read(mark, address, length, options));
}

function copyText(bugger: Debugger): string {
  const { focus, tab, scrolls, memory, left, source } = bugger.state;
  if (focus === 'timeline' && left === 'source') {
    return sourceView(bugger)?.lines[source.scroll.cursor]?.text.trim() ?? '';
  }
  if (focus === 'tab' && tab === 'memory') {
    const bytes = Buffer.from(bytesAtCursor(bugger).subarray(0, MEMORY_BYTES)).toString('hex');
    return `${hex(memory.address)} ${bytes}`;
  }
  if (focus === 'tab') {
    const line = bugger.content()?.lines[scrolls[tab].cursor];
    return line === undefined ? '' : plainText(line.line).trim();
  }
  const event = bugger.rows.event(bugger.position);
  if (event?.kind === 'call' || event?.kind === 'open') {
    return `#${event.number} ${formatCall(event)} ${formatResult(event)}`;
  }
  const row = bugger.rows.get(bugger.position);
  return `#${row.number} ${row.kind === 'other' ? row.text : row.call.name}`;
}
