/**
 * A hang, continued past the last event of its trace: slice after slice, until it is paused or stops by
 * itself. Adds up where it spends its time. Knows no keys and no drawing.
 */
import { messageOf } from '../../errors.ts';
import type { StackFrame } from '../../replayer/session/messages.ts';
import type { PastStop } from '../../replayer/session/past-run.ts';
import type { Debugger } from './debugger.ts';

/** Milliseconds between two looks at the guest. */
const SLICE_MS = 250;

/** What is known of the guest beyond the end. */
export interface Past {
  readonly state: 'running' | 'pausing' | PastStop['state'] | 'failed';
  /** Milliseconds of all slices. */
  readonly ranMs: number;
  /** Samples in each function, by its index, and of a component its instance. */
  readonly hot: ReadonlyMap<string, { readonly frame: StackFrame; readonly samples: number }>;
  readonly samples: number;
  /** The slice that ended last. */
  readonly stop: PastStop | undefined;
  /** Why it could not go on. */
  readonly problem: string | undefined;
  /** Top line on the screen. */
  readonly top: number;
}

const START: Past = {
  state: 'running',
  ranMs: 0,
  hot: new Map(),
  samples: 0,
  stop: undefined,
  problem: undefined,
  top: 0,
};

/** Whether there is anything beyond the selected event: the last one of a run that was interrupted. */
export function canGoPast({ reader, position }: Debugger): boolean {
  return reader.meta.outcome?.kind === 'interrupted' && position === reader.eventCount - 1;
}

/** Begins, or goes on after a pause. */
export async function goPast(bugger: Debugger): Promise<void> {
  const { past } = bugger.state;
  if (past !== undefined && past.state !== 'paused') return;
  bugger.update({ past: { ...(past ?? START), state: 'running' } });
  try {
    while (bugger.state.past?.state === 'running') {
      const stop = await bugger.guest.continuePast(SLICE_MS);
      const before = bugger.state.past;
      if (before === undefined) return;
      bugger.update({ past: added(before, stop) });
    }
  } catch (thrown) {
    const before = bugger.state.past;
    if (before === undefined) return;
    bugger.update({ past: { ...before, state: 'failed', problem: messageOf(thrown) } });
  }
}

/** Pauses it; where it is paused or has stopped, leaves. */
export function pauseOrLeave(bugger: Debugger): void {
  const { past } = bugger.state;
  if (past?.state === 'running') {
    bugger.update({ past: { ...past, state: 'pausing' } });
    bugger.guest.pausePast();
  } else if (past !== undefined && past.state !== 'pausing') {
    bugger.update({ past: undefined });
    void bugger.guest.leavePast();
  }
}

function added(past: Past, stop: PastStop): Past {
  const hot = new Map(past.hot);
  for (const { frame, share } of stop.hottest) {
    const key = `${frame.func} ${frame.instance?.id ?? ''}`;
    const samples = (hot.get(key)?.samples ?? 0) + Math.round(share * stop.samples);
    hot.set(key, { frame, samples });
  }
  const goesOn = stop.state === 'paused' && past.state === 'running';
  return {
    ...past,
    state: goesOn ? 'running' : stop.state,
    ranMs: past.ranMs + stop.ranMs,
    hot,
    samples: past.samples + stop.samples,
    stop,
  };
}
