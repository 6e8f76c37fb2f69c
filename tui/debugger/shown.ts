/** Memory and globals as they are to be shown: at the selected call, or at the moment inside of the run. */
import type { GlobalValue, MemoryRange } from '../../replayer/session/messages.ts';
import { sameMark } from '../../replayer/timetravel/mark.ts';
import { grouped, shortBytes } from '../text/units.ts';
import type { AddressRange } from '../trace/effects.ts';
import type { Debugger } from './debugger.ts';
import { insideFailure } from './inside.ts';
import { chosenText } from './instances.ts';

export interface ShownMemory {
  readonly range: MemoryRange | undefined;
  /** The first bytes of a selection that begins above what is on the screen. */
  readonly head: MemoryRange | undefined;
  /** Why nothing can be shown. */
  readonly problem: string | undefined;
  /** What to say in place of what is not there yet, or of what is not up to date. */
  readonly waiting: string | undefined;
  /** What differs from the stop before. */
  readonly changes: readonly AddressRange[];
  /** For the lower border. */
  readonly note: string;
}

const READING = 'reading…';

export function shownMemory(bugger: Debugger): ShownMemory {
  return bugger.state.inside === undefined ? atCall(bugger) : atMoment(bugger);
}

function atMoment(bugger: Debugger): ShownMemory {
  const { travel, state } = bugger;
  const { memory, head, memoryBefore } = travel;
  const mark = state.inside?.mark;
  const isHere = memory !== undefined && mark !== undefined && sameMark(memory.mark, mark);
  const range = memory?.value;
  const changes = isHere && range && memoryBefore ? changesIn(memoryBefore, range) : [];
  const changed = changes.reduce((sum, { length }) => sum + length, 0);
  const words =
    memoryBefore && isHere ? [`${grouped(changed)} changed here since the stop before`] : [];
  return {
    range,
    head: head?.value,
    problem: insideFailure(bugger),
    waiting: isHere ? undefined : READING,
    changes,
    note:
      range === undefined
        ? ''
        : [shortBytes(range.size), ...(isHere ? words : [READING])].join(', '),
  };
}

/** Where two readings overlap and differ. */
function changesIn(before: MemoryRange, now: MemoryRange): AddressRange[] {
  const changes: { address: number; length: number }[] = [];
  now.bytes.forEach((byte, i) => {
    const address = now.address + i;
    const old = before.bytes[address - before.address];
    if (old === undefined || old === byte) return;
    const last = changes.at(-1);
    if (last !== undefined && last.address + last.length === address) last.length++;
    else changes.push({ address, length: 1 });
  });
  return changes;
}

function atCall({ guest, position }: Debugger): ShownMemory {
  const { memory, diff, chosen } = guest;
  // of a component, whose memory it is
  const whose = chosen === undefined ? [] : [chosenText(chosen)];
  const problem = guest.problemAt(position);
  const isStored = guest.isStored(position);
  const isHere = memory?.position === position && !isStored;
  const current = diff?.position === position ? diff : undefined;
  return {
    range: memory?.value,
    head: guest.head?.value,
    problem: isStored ? undefined : problem,
    waiting: isHere
      ? undefined
      : guest.ready
        ? guest.waitingText(position)
        : 'starting the replay…',
    changes: current?.value.ranges ?? [],
    note:
      memory === undefined
        ? whose.join()
        : [
            ...whose,
            noteOf(memory.value, isHere ? undefined : guest.waitingText(position), current),
          ].join(', '),
  };
}

function noteOf(
  memory: MemoryRange,
  waiting: string | undefined,
  diff: Debugger['guest']['diff'],
): string {
  const parts = [shortBytes(memory.size)];
  if (waiting !== undefined) parts.push(waiting);
  else if (diff !== undefined) {
    const { sizeBefore, sizeAfter, changedBytes } = diff.value;
    if (sizeAfter > sizeBefore) parts.push(`grew by ${shortBytes(sizeAfter - sizeBefore)}`);
    parts.push(`${grouped(changedBytes)} changed since #${diff.from}`);
  }
  return parts.join(', ');
}

export interface ShownGlobals {
  readonly globals: readonly GlobalValue[] | undefined;
  /** How many more there are than can be shown. */
  readonly hidden: number;
  readonly problem: string | undefined;
  readonly waiting: string | undefined;
}

export function shownGlobals(bugger: Debugger): ShownGlobals {
  const { guest, travel, state, position } = bugger;
  const { inside } = state;
  if (inside !== undefined) {
    const { globals } = travel;
    const isHere = globals !== undefined && sameMark(globals.mark, inside.mark);
    const waiting = isHere ? undefined : READING;
    return { globals: globals?.value, hidden: 0, problem: insideFailure(bugger), waiting };
  }
  const { globals } = guest;
  return {
    globals: globals?.value.globals,
    hidden: globals?.value.hidden ?? 0,
    problem: guest.problemAt(position),
    waiting: globals?.position === position ? undefined : guest.waitingText(position),
  };
}
