/** Who wrote some bytes: each instruction that did, with its line, and the stack of the last one. */
import { messageOf } from '../../errors.ts';
import type { StackFrame } from '../../replayer/session/messages.ts';
import type { LocatedWrites } from '../../replayer/timetravel/messages.ts';
import type { AddressRange } from '../trace/effects.ts';
import type { Debugger } from './debugger.ts';
import { askedRange } from './memory-history.ts';

export interface Writers extends AddressRange {
  /** Event up to which writes were looked for. */
  readonly upTo: number;
  readonly found: LocatedWrites;
  /** Of the last write; undefined while it is not known. */
  readonly stack: readonly StackFrame[] | undefined;
}

export async function whoWrote(bugger: Debugger): Promise<void> {
  const range = askedRange(bugger);
  const upTo = bugger.position;
  const since = performance.now();
  const progress = (what: string) => (event: number) =>
    bugger.update({ work: { what, share: event / Math.max(1, upTo), since } });
  const finding = progress('replaying to find who wrote here');
  const looking = progress('replaying to see its stack');
  finding(0);
  try {
    const found = await bugger.travel.writes(range, upTo, finding);
    const last = found.writes.at(-1);
    const writers = { ...range, upTo, found, stack: undefined };
    bugger.update({ work: undefined, writers, tab: 'writes', focus: 'tab' });
    if (last === undefined) return;
    looking(0);
    const stack = await bugger.travel.stackOf(last, looking);
    // another question may have been asked meanwhile
    if (bugger.state.writers === writers) bugger.update({ writers: { ...writers, stack } });
    bugger.update({ work: undefined });
  } catch (thrown) {
    bugger.update({ work: undefined });
    bugger.say(messageOf(thrown), 'problem');
  }
}
