/** What can be done in the hex view. */

import { messageOf } from '../../errors.ts';
import type { MemoryChange } from '../../replayer/session/messages.ts';
import { gotoAddress } from '../model/memory-cursor.ts';
import { pointerAt, searchBytes } from '../model/value-types.ts';
import { hex } from '../text/units.ts';
import { effectRanges } from '../trace/effects.ts';
import type { Debugger } from './debugger.ts';

/** Shows an address, in the Memory pane. */
export function showAddress(bugger: Debugger, address: number): void {
  const { memory } = bugger.state;
  const size = bugger.guest.memory?.value.size;
  if (size !== undefined && address >= size) {
    bugger.say(`${hex(address)} lies beyond the memory, which ends at ${hex(size)}`, 'problem');
    return;
  }
  // the pane fits the view to the memory once it knows its size
  const sized = { ...memory, size: size ?? address + 1 };
  bugger.update({ tab: 'memory', focus: 'tab', memory: gotoAddress(sized, address) });
}

/** The bytes from the cursor on, as far as they were read. */
export function bytesAtCursor(bugger: Debugger): Uint8Array {
  const range = bugger.guest.memory?.value;
  if (range === undefined) return new Uint8Array(0);
  const from = bugger.state.memory.address - range.address;
  return from < 0 ? new Uint8Array(0) : range.bytes.subarray(from);
}

export function followPointer(bugger: Debugger): void {
  const { memory, pointers } = bugger.state;
  const pointer = pointerAt(bytesAtCursor(bugger), memory.size);
  if (pointer === undefined) {
    bugger.say('the four bytes here are no address in the memory');
    return;
  }
  bugger.update({ memory: gotoAddress(memory, pointer), pointers: [...pointers, memory.address] });
}

export function pointerBack(bugger: Debugger): void {
  const { memory, pointers } = bugger.state;
  const address = pointers.at(-1);
  if (address === undefined) bugger.say('no pointer was followed');
  else bugger.update({ memory: gotoAddress(memory, address), pointers: pointers.slice(0, -1) });
}

/** The first of some ranges behind the cursor, or the first of all. */
function goToRange(
  bugger: Debugger,
  ranges: readonly { readonly address: number }[],
  none: string,
): void {
  const { memory } = bugger.state;
  const next = ranges.find(({ address }) => address > memory.address) ?? ranges[0];
  if (next === undefined) bugger.say(none);
  else showAddress(bugger, next.address);
}

export function nextEffect(bugger: Debugger): void {
  const event = bugger.rows.event(bugger.position);
  const ranges = event?.kind === 'call' ? effectRanges(event) : [];
  goToRange(bugger, ranges, 'the host wrote nothing into memory for this event');
}

export function nextChange(bugger: Debugger): void {
  const { diff } = bugger.guest;
  const current = diff?.position === bugger.position ? diff.value.ranges : [];
  goToRange(bugger, current, 'nothing is known to have changed since the stop before');
}

export async function searchMemory(
  bugger: Debugger,
  text: string,
  backwards = false,
): Promise<void> {
  const bytes = searchBytes(text);
  if (bytes.length === 0) return;
  const { address } = bugger.state.memory;
  try {
    const hits = await bugger.guest.search(bugger.position, bytes);
    const all = hits.addresses;
    const hit = backwards
      ? (all.findLast((at) => at < address) ?? all.at(-1))
      : (all.find((at) => at > address) ?? all[0]);
    if (hit === undefined) {
      bugger.say(`not in memory: ${text}`);
      return;
    }
    showAddress(bugger, hit);
    const count = hits.next === undefined ? `${all.length}` : `more than ${all.length}`;
    bugger.say(`${count} ${all.length === 1 ? 'place' : 'places'}; this is ${hex(hit)}`);
  } catch (thrown) {
    bugger.say(messageOf(thrown), 'problem');
  }
}

/** Bytes under the cursor whose history is asked for: a word. */
const HISTORY_BYTES = 4;

export async function memoryHistory(bugger: Debugger): Promise<void> {
  const { address } = bugger.state.memory;
  const since = performance.now();
  bugger.update({ work: { what: 'replaying to see who wrote here', share: 0, since } });
  try {
    const history = await bugger.guest.memoryHistory(address, HISTORY_BYTES);
    const lines = history.changes.map((change) => ({
      event: change.event,
      text: changeText(change),
    }));
    bugger.update({
      work: undefined,
      memoryChanges: { address, length: HISTORY_BYTES, lines },
    });
    const where = `${hex(address)}…${hex(address + HISTORY_BYTES - 1)}`;
    const events = [...new Set(lines.map(({ event }) => `#${event}`))];
    const shown = events.length > 8 ? `… ${events.slice(-8).join(', ')}` : events.join(', ');
    bugger.say(lines.length === 0 ? `${where} never changed` : `${where} changed at ${shown}`);
  } catch (thrown) {
    bugger.update({ work: undefined });
    bugger.say(messageOf(thrown), 'problem');
  }
}

function changeText({ event, by, before, after }: MemoryChange): string {
  const digits = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex') || '(not there)';
  const who = by === 'call' ? `the host, at #${event}` : `the guest, before #${event}`;
  return `${digits(before)} → ${digits(after)} by ${who}`;
}
