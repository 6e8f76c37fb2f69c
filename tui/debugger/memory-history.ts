/** Which calls changed some bytes of memory: asked for, and told in the footer and in Marks. */
import { messageOf } from '../../errors.ts';
import type { MemoryChange } from '../../replayer/session/messages.ts';
import { selectedRange } from '../model/memory-cursor.ts';
import { hex } from '../text/units.ts';
import type { AddressRange } from '../trace/effects.ts';
import type { Debugger } from './debugger.ts';

/** Bytes whose history is asked for where none are selected: a word. */
const WORD_BYTES = 4;

/** Events that the footer names, the last ones. */
const NAMED_EVENTS = 8;

/** Bytes of a change that are spelt out. */
const SHOWN_BYTES = 8;

/** `0x10…0x13`. */
export function rangeText({ address, length }: AddressRange, digits = 0): string {
  return `${hex(address, digits)}…${hex(address + length - 1, digits)}`;
}

/** The selected bytes, else the word under the cursor. */
export function askedRange({ state: { memory } }: Debugger): AddressRange {
  return selectedRange(memory) ?? { address: memory.address, length: WORD_BYTES };
}

export async function memoryHistory(bugger: Debugger): Promise<void> {
  const range = askedRange(bugger);
  const since = performance.now();
  bugger.update({
    work: { what: 'replaying to see who wrote here', share: 0, since, asked: true },
  });
  try {
    const { changes, truncated } = await bugger.guest.memoryHistory(range.address, range.length);
    const lines = changes.map((change) => ({
      event: change.event,
      text: changeText(change, range),
    }));
    bugger.update({ work: undefined, memoryChanges: { ...range, lines, truncated } });
    const events = [...new Set(lines.map(({ event }) => `#${event}`))];
    const cut = truncated || events.length > NAMED_EVENTS;
    const shown = `${cut ? '… ' : ''}${events.slice(-NAMED_EVENTS).join(', ')}`;
    const where = rangeText(range);
    bugger.say(
      events.length === 0 ? `${where} never changed` : `${where} changed at ${shown}; 9 lists them`,
    );
  } catch (thrown) {
    bugger.update({ work: undefined });
    bugger.say(messageOf(thrown), 'problem');
  }
}

/** Who wrote, the first changed byte where more than a word was asked for, and what. */
function changeText({ by, address, before, after }: MemoryChange, range: AddressRange): string {
  const where = range.length > WORD_BYTES ? `  ${hex(address)}` : '';
  return `${by === 'call' ? 'host ' : 'guest'}${where}  ${changedBytes(before, after)}`;
}

/** `00 01 → 00 02`, in hex; of many bytes, the first ones. */
export function changedBytes(before: Uint8Array, after: Uint8Array): string {
  return `${digits(before)} → ${digits(after)}`;
}

function digits(bytes: Uint8Array): string {
  if (bytes.length === 0) return '(not there)';
  const shown = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('hex');
  return bytes.length > SHOWN_BYTES ? `${shown}…` : shown;
}
