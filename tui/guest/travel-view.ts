/** The inside of a run, between its calls: replays of their own, beside the guest that is shown. */
import type { OnProgress, RequestOptions } from '../../replayer/requests/request-link.ts';
import type { StackFrame } from '../../replayer/session/messages.ts';
import type { LocatedWrites } from '../../replayer/timetravel/messages.ts';
import { openTimeTravel, type TimeTravel } from '../../replayer/timetravel/time-travel.ts';
import type { WriteQuery } from '../../replayer/timetravel/writes.ts';

/** What a request does before its first replay. */
export const PREPARING = 'preparing the program';
/** Writes of one answer, the last ones. */
const KEPT = 500;

export class TravelView {
  private readonly path: string;
  private readonly eventCount: () => number;
  private travel: TimeTravel | undefined;
  /** Events that it knows of. */
  private known = 0;
  private instance: number | undefined;
  private abort = new AbortController();

  /** @param eventCount of the trace, which grows while it is recorded */
  constructor(path: string, eventCount: () => number) {
    this.path = path;
    this.eventCount = eventCount;
  }

  /**
   * All writes to a range up to a moment, oldest first.
   * @throws WasiRrError as TimeTravel.writes; the reason of {@link cancel}
   */
  writes(query: Omit<WriteQuery, 'keep'>, onProgress: OnProgress): Promise<LocatedWrites> {
    return this.ask((travel, options) => travel.writes({ ...query, keep: KEPT }, options), {
      onProgress,
    });
  }

  /** @throws as {@link writes} */
  stackOf(
    write: LocatedWrites['writes'][number],
    onProgress: OnProgress,
  ): Promise<readonly StackFrame[]> {
    return this.ask((travel, options) => travel.stackOf(write, options), { onProgress });
  }

  /**
   * Any question. @param options what ends it besides {@link cancel}
   * @throws as the question does; the reason of the signal that ended it
   */
  ask<T>(
    question: (travel: TimeTravel, options: RequestOptions) => Promise<T>,
    { signal, onProgress }: RequestOptions = {},
  ): Promise<T> {
    const own = this.abort.signal;
    const either = signal === undefined ? own : AbortSignal.any([own, signal]);
    return question(this.opened(), { signal: either, ...(onProgress && { onProgress }) });
  }

  /** Looks into another instance of a component from now on. */
  lookInto(instance: number): void {
    if (this.instance === instance) return;
    this.instance = instance;
    this.cancel();
    void this.travel?.close();
    this.travel = undefined;
  }

  /** Gives up what is being replayed. */
  cancel(): void {
    this.abort.abort(new Error('called off'));
    this.abort = new AbortController();
  }

  async close(): Promise<void> {
    this.cancel();
    await this.travel?.close();
  }

  private opened(): TimeTravel {
    const count = this.eventCount();
    if (this.travel === undefined || this.known < count) {
      void this.travel?.close();
      this.travel = openTimeTravel(this.path, { instance: this.instance });
      this.known = count;
    }
    return this.travel;
  }
}
