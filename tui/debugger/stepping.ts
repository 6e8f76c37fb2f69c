/** Keys that move inside of the run: by line, by instruction, out, to points; each in both directions. */
import type { Motion, StepSize } from '../../replayer/timetravel/motions.ts';
import { activePoints } from '../../replayer/timetravel/stop-points.ts';
import type { Debugger } from './debugger.ts';
import { neighbour, withFrame } from './inside.ts';

const WORDS: Readonly<Record<StepSize, string>> = {
  instruction: 'an instruction',
  'instruction-over': 'an instruction, over calls',
  line: 'a line',
  'line-over': 'a line, over calls',
  out: 'out of the function',
};

/** Those of the innermost frame; the others are of the frame that is shown, as its line is. */
const BY_INSTRUCTION: ReadonlySet<StepSize> = new Set(['instruction', 'instruction-over']);

export function stepInside(bugger: Debugger, size: StepSize, reverse: boolean): Promise<void> {
  return bugger.trips.go({
    what: `${reverse ? 'back' : 'on'} by ${WORDS[size]}`.replace('by out', 'out'),
    fromHere: true,
    motion: () => ({
      ...{ kind: 'step', size, reverse, points: activePoints(bugger.state.points) },
      level: BY_INSTRUCTION.has(size) ? 0 : bugger.state.inside?.level,
    }),
    accept: (arrival) => {
      if (size !== 'out' || arrival.reason.kind !== 'end') return true;
      bugger.say('the function never returns: the run ends in it');
      return false;
    },
  });
}

export function continueInside(bugger: Debugger, reverse: boolean): Promise<void> {
  return bugger.trips.go({
    what: reverse ? 'back to the breakpoint before' : 'to the next breakpoint',
    fromHere: true,
    jumps: true,
    motion: () => ({ kind: 'continue', reverse, points: activePoints(bugger.state.points) }),
  });
}

/** Goes to a place of the run, which Ctrl-O undoes. */
export function goInside(
  bugger: Debugger,
  what: string,
  motion: Motion,
  level?: number,
): Promise<void> {
  return bugger.trips.go({
    what,
    fromHere: false,
    jumps: true,
    motion: () => motion,
    ...(level !== undefined && { level }),
  });
}

/** Shows source and variables at this moment. */
export function showSource(bugger: Debugger): void {
  bugger.update({ left: 'source', focus: 'timeline', tab: tabInside(bugger) });
}

/** A pane that tells of calls gives way to the variables. */
function tabInside({ state }: Debugger): Debugger['state']['tab'] {
  return state.tab === 'call' ? 'locals' : state.tab;
}

/** Back to calls: the moment is that right after the selected one. */
export function leaveInside(bugger: Debugger): void {
  const { tab } = bugger.state;
  bugger.update({
    left: 'timeline',
    inside: undefined,
    focus: 'timeline',
    tab: tab === 'locals' ? 'call' : tab,
  });
}

export function selectFrame(bugger: Debugger, level: number, call: number): void {
  const { inside } = bugger.state;
  if (inside !== undefined) {
    bugger.update({ inside: withFrame(inside, level, call), left: 'source' });
    return;
  }
  bugger.update({ left: 'source' });
  void bugger.trips.go({
    what: 'replaying',
    fromHere: true,
    level,
    motion: () => ({ kind: 'mark', mark: bugger.state.inside?.mark ?? NOWHERE }),
  });
}

const NOWHERE = { event: -1, tick: 0, depth: 0, pc: 0 };

/** @param by 1 to the caller, -1 to what was called */
export function moveFrame(bugger: Debugger, by: 1 | -1): void {
  const { inside } = bugger.state;
  const next = inside && neighbour(inside, by);
  if (inside === undefined) bugger.say('the stack is not known yet');
  else if (next !== undefined) bugger.update({ inside: next });
  else bugger.say(by > 0 ? 'this is the outermost function' : 'this is the innermost function');
}
