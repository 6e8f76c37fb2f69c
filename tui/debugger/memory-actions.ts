/** What can be done in the hex view. */

import { messageOf } from '../../errors.ts';
import type { SearchHits } from '../../replayer/session/messages.ts';
import type { SearchOptions } from '../guest/guest-session.ts';
import { gotoAddress, selectedRange, selectRange } from '../model/memory-cursor.ts';
import { pointerAt, searchBytes } from '../model/value-types.ts';
import { hex } from '../text/units.ts';
import { effectRanges } from '../trace/effects.ts';
import type { Debugger } from './debugger.ts';
import { shownMemory } from './shown.ts';

/** Shows an address, in the Memory pane; selects so many bytes from there. What was selected is not any more. */
export function showAddress(bugger: Debugger, address: number, length = 0): void {
  const { memory } = bugger.state;
  const size = shownMemory(bugger).range?.size;
  if (size !== undefined && address >= size) {
    bugger.say(`${hex(address)} lies beyond the memory, which ends at ${hex(size)}`, 'problem');
    return;
  }
  // the pane fits the view to the memory once it knows its size
  const sized = { ...memory, size: size ?? address + Math.max(1, length), anchor: undefined };
  const there = gotoAddress(sized, address);
  bugger.update({
    tab: 'memory',
    focus: 'tab',
    memory: length === 0 ? there : selectRange(there, { address, length }),
  });
}

/** The selected bytes, else those from the cursor on: as far as they were read. */
export function bytesAtCursor(bugger: Debugger): Uint8Array {
  const { memory } = bugger.state;
  const selected = selectedRange(memory);
  const { range: visible, head } = shownMemory(bugger);
  const { address, length } = selected ?? {
    address: memory.address,
    length: Number.POSITIVE_INFINITY,
  };
  for (const range of [visible, head]) {
    const from = address - (range?.address ?? 0);
    if (range !== undefined && from >= 0 && from < range.bytes.length) {
      return range.bytes.subarray(from, from + length);
    }
  }
  return new Uint8Array(0);
}

export function followPointer(bugger: Debugger): void {
  const { memory, pointers } = bugger.state;
  const pointer = pointerAt(bytesAtCursor(bugger), memory.size);
  if (pointer === undefined) {
    bugger.say('the four bytes here are no address in the memory');
    return;
  }
  const from = selectedRange(memory)?.address ?? memory.address;
  showAddress(bugger, pointer);
  bugger.update({ pointers: [...pointers, from] });
}

export function pointerBack(bugger: Debugger): void {
  const { pointers } = bugger.state;
  const address = pointers.at(-1);
  if (address === undefined) {
    bugger.say('no pointer was followed');
    return;
  }
  showAddress(bugger, address);
  bugger.update({ pointers: pointers.slice(0, -1) });
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
  const ranges = event === undefined ? [] : effectRanges(event, bugger.guest.chosen?.memory);
  goToRange(bugger, ranges, 'the host wrote nothing into memory for this event');
}

export function nextChange(bugger: Debugger): void {
  const { changes } = shownMemory(bugger);
  goToRange(bugger, changes, 'nothing is known to have changed since the stop before');
}

/** Most bytes that a search is begun with. */
const MAX_PATTERN = 32;

/** The selected bytes as something to search for: `0x31 0x00`; empty where none are, or too many. */
export function selectedPattern(bugger: Debugger): string {
  const selected = selectedRange(bugger.state.memory);
  if (selected === undefined || selected.length > MAX_PATTERN) return '';
  return [...bytesAtCursor(bugger)].map((byte) => hex(byte, 2)).join(' ');
}

/** Hits that are counted. */
const MAX_HITS = 1000;

function search(
  bugger: Debugger,
  bytes: Uint8Array,
  options: SearchOptions = {},
): Promise<SearchHits> {
  const mark = bugger.state.inside?.mark;
  if (mark === undefined) return bugger.guest.search(bugger.position, bytes, options);
  const from = options.backwards === true ? Number.MAX_SAFE_INTEGER : 0;
  const query = { bytes, from, align: 1, limit: MAX_HITS, ...options };
  return bugger.travel.ask((travel, asked) => travel.search(mark, query, asked));
}

export async function searchMemory(
  bugger: Debugger,
  text: string,
  backwards = false,
): Promise<void> {
  const bytes = searchBytes(text);
  if (bytes === undefined || bytes.length === 0) return;
  const { memory } = bugger.state;
  const address = selectedRange(memory)?.address ?? memory.address;
  const nearest = async (from: number | undefined) => {
    const options = { backwards, limit: 1, ...(from !== undefined && { from }) };
    return from !== undefined && from < 0
      ? undefined
      : (await search(bugger, bytes, options)).addresses[0];
  };
  try {
    // at the end of the memory it goes on at the other one
    const hit =
      (await nearest(backwards ? address - 1 : address + 1)) ?? (await nearest(undefined));
    if (hit === undefined) {
      bugger.say(`not in memory: ${text}`);
      return;
    }
    const { addresses, next } = await search(bugger, bytes);
    showAddress(bugger, hit);
    const count = next === undefined ? `${addresses.length}` : `more than ${addresses.length}`;
    bugger.say(`${count} ${addresses.length === 1 ? 'place' : 'places'}; this is ${hex(hit)}`);
  } catch (thrown) {
    bugger.say(messageOf(thrown), 'problem');
  }
}
