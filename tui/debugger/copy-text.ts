/** What `y` copies: the selected line of the focused pane, in full. */
import { formatCall, formatResult } from '../../wasi/format.ts';
import { plainText } from '../text/line.ts';
import { hex } from '../text/units.ts';
import type { Debugger } from './debugger.ts';
import { bytesAtCursor } from './memory-actions.ts';

/** Bytes of memory that are copied. */
const MEMORY_BYTES = 16;

export function copyText(bugger: Debugger): string {
  const { focus, tab, scrolls, memory } = bugger.state;
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
