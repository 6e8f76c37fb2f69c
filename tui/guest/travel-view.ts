/** Who wrote some bytes, instruction by instruction: replays of their own, beside the guest that is shown. */
import type { StackFrame } from '../../replayer/session/messages.ts';
import type { LocatedWrites } from '../../replayer/timetravel/messages.ts';
import { openTimeTravel, type TimeTravel } from '../../replayer/timetravel/time-travel.ts';
import type { AddressRange } from '../trace/effects.ts';

/** Writes of one answer, the last ones. */
const KEPT = 500;

export class TravelView {
  private readonly path: string;
  private readonly eventCount: () => number;
  private travel: TimeTravel | undefined;
  /** Events that it knows of. */
  private known = 0;
  private abort = new AbortController();

  /** @param eventCount of the trace, which grows while it is recorded */
  constructor(path: string, eventCount: () => number) {
    this.path = path;
    this.eventCount = eventCount;
  }

  /**
   * All writes to a range up to right after an event, oldest first.
   * @param onProgress told the event that the replay has come to
   * @throws WasiRrError as TimeTravel.writes; the reason of {@link cancel}
   */
  writes(
    { address, length }: AddressRange,
    upTo: number,
    onProgress: (event: number) => void,
  ): Promise<LocatedWrites> {
    const { signal } = this.abort;
    const query = { address, length, upTo, keep: KEPT };
    return this.opened().writes(query, { signal, onProgress });
  }

  /** @throws as {@link writes} */
  stackOf(
    write: LocatedWrites['writes'][number],
    onProgress: (event: number) => void,
  ): Promise<readonly StackFrame[]> {
    const { signal } = this.abort;
    return this.opened().stackOf(write, { signal, onProgress });
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
      this.travel = openTimeTravel(this.path);
      this.known = count;
    }
    return this.travel;
  }
}
