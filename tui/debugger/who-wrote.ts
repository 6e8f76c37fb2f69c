/** Who wrote some bytes, or a variable: each instruction that did, with its line, and the stack of the last one. */
import { messageOf } from '../../errors.ts';
import type { StackFrame } from '../../replayer/session/messages.ts';
import { compareMarks, type Mark } from '../../replayer/timetravel/mark.ts';
import type { LocatedWrites } from '../../replayer/timetravel/messages.ts';
import type { VariableRow } from '../../replayer/values/messages.ts';
import { PREPARING } from '../guest/travel-view.ts';
import { select } from '../model/scroll.ts';
import type { AddressRange } from '../trace/effects.ts';
import type { Debugger } from './debugger.ts';
import { askedRange } from './memory-history.ts';

export interface Writers extends AddressRange {
  readonly kind: 'bytes';
  /** Up to which writes were looked for: an event and its effects, or a moment before which they were. */
  readonly upTo: number | Mark;
  readonly found: LocatedWrites;
  /** Of the last write; undefined while it is not known. */
  readonly stack: readonly StackFrame[] | undefined;
  /** What the bytes are; undefined where that is not known. */
  readonly variable: WrittenVariable | undefined;
}

export interface WrittenVariable {
  readonly name: string;
  readonly type: string;
  /** Call of the function that it belongs to: writes before were to something else in these bytes. */
  readonly since: Mark | undefined;
}

export async function whoWrote(bugger: Debugger): Promise<void> {
  await find(bugger, askedRange(bugger), undefined, undefined);
}

/** @param root the local variable that the row is a part of, in the same bytes */
export async function whoWroteVariable(
  bugger: Debugger,
  { address = 0, size = 0, name, type }: VariableRow,
  root: VariableRow | undefined,
): Promise<void> {
  await find(bugger, { address, length: size }, { name, type }, root);
}

async function find(
  bugger: Debugger,
  range: AddressRange,
  named: { readonly name: string; readonly type: string } | undefined,
  root: VariableRow | undefined,
): Promise<void> {
  const { inside } = bugger.state;
  const upTo = inside?.mark ?? bugger.position;
  const last = inside?.mark.event ?? bugger.position;
  const since = performance.now();
  const progress = (what: string) => (event: number, preparing?: number) =>
    bugger.update({
      work:
        preparing === undefined
          ? { what, share: Math.max(0, event) / Math.max(1, last), since, asked: true }
          : { what: PREPARING, share: preparing, since, asked: true },
    });
  const finding = progress('replaying to find who wrote here');
  const looking = progress('replaying to see its stack');
  finding(0);
  try {
    const called =
      inside && root
        ? await bugger.travel.ask((travel, options) =>
            travel.callOf(inside.mark, inside.level, options),
          )
        : undefined;
    const query = typeof upTo === 'number' ? { ...range, upTo } : { ...range, until: upTo };
    const found = from(await bugger.travel.writes(query, finding), called);
    const latest = found.writes.at(-1);
    const variable = named && { ...named, since: called };
    const writers: Writers = {
      ...{ kind: 'bytes', ...range, upTo, found, stack: undefined, variable },
    };
    bugger.update({ work: undefined, writers, tab: 'writes', focus: 'tab' });
    toFirstTarget(bugger);
    if (latest === undefined) return;
    looking(0);
    const stack = await bugger.travel.stackOf(latest, looking);
    // another question may have been asked meanwhile
    if (bugger.state.writers === writers) bugger.update({ writers: { ...writers, stack } });
    bugger.update({ work: undefined });
  } catch (thrown) {
    bugger.update({ work: undefined });
    bugger.say(messageOf(thrown), 'problem');
  }
}

/** Puts the cursor on the last write, to which Enter leads. */
function toFirstTarget(bugger: Debugger): void {
  const at = bugger.content()?.lines.findIndex(({ target }) => target !== undefined) ?? -1;
  const { scrolls } = bugger.state;
  const writes = select(scrolls.writes, Math.max(0, at));
  bugger.update({ scrolls: { ...scrolls, writes } });
}

/** Writes after a call. Of those that were too many to be kept, none is known to be. */
function from(found: LocatedWrites, called: Mark | undefined): LocatedWrites {
  if (called === undefined) return found;
  const writes = found.writes.filter(({ mark }) => compareMarks(mark, called) > 0);
  const total = writes.length < found.writes.length ? writes.length : found.total;
  return { ...found, writes, total };
}
