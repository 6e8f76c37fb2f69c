/** Why a part of a trace does not replay, in words: in short for the banner, in full for a pane. */
import type { SessionProblem } from '../../replayer/session/session.ts';

export interface GuestProblem {
  /** The first event that nothing can be shown of. */
  readonly event: number;
  readonly brief: string;
  readonly full: string;
}

export function guestProblem({ event, message, divergence }: SessionProblem): GuestProblem {
  if (divergence === undefined) return { event, brief: message, full: message };
  const { expected, actual, difference, likelyCause } = divergence;
  return {
    event,
    brief: `the replay does something else there: ${difference}`,
    full: `${message} Recorded: ${expected}. Replayed: ${actual}. What differs: ${difference}. Likely ${likelyCause}.`,
  };
}
