/**
 * A trace that is still being recorded: looks again and again whether there is more, and keeps the newest
 * event selected while it is followed.
 */
import { messageOf } from '../../errors.ts';
import { findFailure } from '../../replayer/session/failure.ts';
import { Growth, type GrowthState, LOOK_MS } from '../../traces/growth.ts';
import { describeOutcome } from '../../traces/outcome.ts';
import { grow, selectNumber } from '../model/timeline-list.ts';
import type { Debugger } from './debugger.ts';
import { arrangeAgain } from './finding.ts';

/** Looks at the trace as long as more may come. */
export class Watch {
  private readonly bugger: Debugger;
  private readonly growth: Growth;
  private timer: NodeJS.Timeout | undefined;
  /** Rows of the filter that is shown were asked for, and have not come. */
  private arranging = false;
  /** Events there were when the overview was made. */
  private overviewed: number;

  constructor(bugger: Debugger) {
    this.bugger = bugger;
    this.growth = new Growth(bugger.reader);
    this.overviewed = bugger.reader.eventCount;
  }

  /** The first look is taken at once. */
  begin(): void {
    this.look();
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private look(): void {
    const { bugger } = this;
    const { position } = bugger;
    let state: GrowthState;
    try {
      const look = this.growth.look();
      ({ state } = look);
      if (look.grown) this.show(position);
    } catch (thrown) {
      bugger.update({ recording: 'abandoned', following: false });
      bugger.say(`the recording cannot be followed any more: ${messageOf(thrown)}`, 'problem');
      return;
    }
    if (state !== bugger.state.recording) {
      // the row at the end says what becomes of the recording
      bugger.rows.grown();
      bugger.update({ recording: state });
    }
    if (state === 'recording') {
      this.timer = setTimeout(() => this.look(), LOOK_MS).unref();
    } else {
      void this.over(state);
    }
  }

  /** @param position before there was more */
  private show(position: number): void {
    const { bugger } = this;
    const { following, list } = bugger.state;
    bugger.rows.grown();
    const { count } = bugger.rows;
    const grown = grow(list, count);
    bugger.update({ list: selectNumber(grown, following ? count - 1 : position) });
    if (bugger.reader.eventCount > this.overviewed * OVERVIEW_GROWTH) {
      this.overviewed = bugger.reader.eventCount;
      void bugger.loadOverview();
    }
    void this.arrange();
  }

  private async arrange(): Promise<void> {
    if (this.arranging) return;
    this.arranging = true;
    try {
      for (let seen = -1; seen !== this.bugger.reader.eventCount; ) {
        seen = this.bugger.reader.eventCount;
        await arrangeAgain(this.bugger);
      }
    } finally {
      this.arranging = false;
    }
  }

  private async over(state: Exclude<GrowthState, 'recording'>): Promise<void> {
    const { bugger } = this;
    const { following } = bugger.state;
    bugger.update({ following: false });
    void bugger.loadOverview();
    const failure = await findFailure(bugger.reader, {}).catch(() => undefined);
    if (failure !== undefined) bugger.failureEvent = Math.max(0, failure.event);
    if (state === 'ended' && following) {
      bugger.say(`the recording ended: ${describeOutcome(bugger.reader.meta.outcome)}`);
    }
  }
}

/** The overview costs a look at every call: it is made anew when there are so many times as many. */
const OVERVIEW_GROWTH = 1.25;

/** Follows the recording, or stops doing so. */
export function toggleFollow(bugger: Debugger): void {
  const { following, recording, list } = bugger.state;
  if (following) {
    bugger.update({ following: false });
  } else if (recording === 'recording') {
    const last = selectNumber(list, bugger.rows.count - 1);
    bugger.update({ list: last, following: true });
  } else {
    bugger.say(NOT_FOLLOWED[recording]);
  }
}

const NOT_FOLLOWED: Readonly<Record<Exclude<GrowthState, 'recording'>, string>> = {
  ended: 'the recording is over: there is nothing to follow',
  abandoned: 'the recorder is gone: there is nothing to follow',
  removed: 'the trace was removed: there is nothing to follow',
};
