/** What is wrong with a trace, or is to be known of it, in the line below the header. */
import type { GrowthState } from '../../traces/growth.ts';
import { hex } from '../text/units.ts';
import type { Debugger } from './debugger.ts';

/** What to say of a trace without an outcome. */
const UNFINISHED: Readonly<Record<GrowthState, string | undefined>> = {
  ended: undefined,
  recording: 'the trace is being recorded: F follows it',
  abandoned: 'the trace is incomplete: the recorder was killed',
  removed: 'the trace was removed while it was being recorded: this is what was read of it',
};

/** @returns undefined where there is nothing to say */
export function bannerOf({ reader, guest, state }: Debugger): string | undefined {
  const { problem, failed } = guest;
  const { following, recording } = state;
  if (recording === 'removed') return UNFINISHED.removed;
  if (failed !== undefined) return `no memory, stack or globals (r tries again): ${failed}`;
  if (problem !== undefined) {
    const from = problem.event <= 0 ? '' : ` from #${problem.event} on`;
    return `no memory, stack or globals${from}: ${problem.brief}`;
  }
  const { storedDifference } = guest;
  if (storedDifference !== undefined) {
    const { position, address } = storedDifference;
    return `the memory that the trace holds for #${position} is not what its replay gives: they differ at ${hex(address)}`;
  }
  if (reader.damage !== undefined) return reader.damage;
  if (following) return 'following the recording: F, or any move, stops here';
  return UNFINISHED[recording];
}
