/** Where a run ends: the last instruction of one that ended, the end of the recording of one that did not. */
import { WasiRrError } from '../../errors.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { isOverflow, overflowDepth } from '../overflow.ts';
import type { BackSearch } from './back-search.ts';
import { lastWithin } from './backward.ts';
import type { Forwards } from './forwards.ts';
import type { Mark } from './mark.ts';
import type { Positions } from './positions.ts';
import { ANY_DEPTH, type ProbeRun } from './probe-run.ts';
import { endPass } from './run-end.ts';
import { NO_POINTS, type OnEvent, type Runs } from './runs.ts';

export class Ending {
  private readonly runs: Runs;
  private readonly positions: Positions;
  private readonly back: BackSearch;
  private readonly trace: TraceReader;
  private last: Mark | undefined;

  constructor(runs: Runs, positions: Positions, back: BackSearch) {
    this.runs = runs;
    this.positions = positions;
    this.back = back;
    this.trace = runs.target.trace;
  }

  /**
   * Of a run that was interrupted, the end of its recording; of a stack overflow that is not come to again, what
   * came before it.
   */
  async end(onEvent: OnEvent, forwards: Pick<Forwards, 'toEvent'>): Promise<Mark> {
    const { outcome } = this.trace.meta;
    const last = this.trace.eventCount - 1;
    if (
      isOverflow(outcome) &&
      !(await this.endAtOnce(onEvent)) &&
      !(await this.comesToOverflow(onEvent))
    ) {
      return (await forwards.toEvent(last - 1, onEvent)).mark;
    }
    if (outcome?.kind === 'exit' || outcome?.kind === 'trap') return this.lastMark(onEvent);
    return (await forwards.toEvent(last, onEvent)).mark;
  }

  /** Of a run that ends in a stack overflow, whether a replay ends there too. */
  private async comesToOverflow(onEvent: OnEvent): Promise<boolean> {
    if (overflowDepth(this.trace) === undefined) return false;
    return (await this.runs.whole(onEvent)).note === undefined;
  }

  /** The last instruction of a run that ends. */
  async lastMark(onEvent: OnEvent): Promise<Mark> {
    const known = this.last ?? (await this.endAtOnce(onEvent));
    if (known) return known;
    if (isOverflow(this.trace.meta.outcome) && !(await this.comesToOverflow(onEvent))) {
      throw new WasiRrError(
        'REPLAY_FAILED',
        'the run ends in a stack overflow at a depth that was not come to again: its last instruction cannot be shown. A breakpoint stops before it.',
      );
    }
    this.last ??= await this.back.before(undefined, lastWithin(ANY_DEPTH, true), onEvent);
    if (this.last !== undefined) return this.last;
    throw new WasiRrError('REPLAY_FAILED', 'no instruction of the guest was ever executed.');
  }

  /** The same where one replay tells, which then leaves the guest there. */
  private async endAtOnce(onEvent: OnEvent): Promise<Mark | undefined> {
    if (this.last !== undefined) return this.last;
    // how many ticks there are is known from the one that did not tell
    if (this.runs.target.instance !== undefined || this.runs.knowsWhole) return undefined;
    const pass = endPass(this.trace, this.runs.target.module);
    if (pass === undefined) return undefined;
    const points = { ...NO_POINTS, breaks: pass.breaks };
    const run: ProbeRun = this.runs.newRun(
      new Set(),
      points,
      pass.events(() => run),
      onEvent,
    );
    await run.run();
    this.runs.ended(run);
    const position = run.note === undefined ? pass.found() : undefined;
    if (position === undefined) return undefined;
    this.positions.latest = position;
    this.last = position.mark;
    return this.last;
  }
}
