/** Where a replay of a component is in the log: each event is looked at, and taken once it has happened. */
import { invariant } from '../../errors.ts';
import type { HostChange, HostOutput, LogEvent } from '../../traces/events.ts';
import { corruptLog } from './endings.ts';

/** What the log says cannot be: the cursor knows at which event. */
export class Impossible extends Error {}

export interface CursorOptions {
  /** Puts back what the host changed. */
  readonly apply: (change: HostChange) => void;
  readonly onOutput?: ((stream: HostOutput['stream'], bytes: Uint8Array) => void) | undefined;
  /** Called for every event before what the host changed is put back. */
  readonly onReach?: ((event: number) => void) | undefined;
  /** Called for every event that has happened. */
  readonly onEvent?: ((event: number) => void) | undefined;
  /** As that, with all that the log says of it. */
  readonly onTaken?: ((event: LogEvent) => void) | undefined;
}

export class LogCursor {
  private readonly log: Iterator<LogEvent>;
  private readonly options: CursorOptions;
  private ahead: LogEvent | undefined;
  /** Number of the next event. */
  number = 0;

  constructor(log: Iterator<LogEvent>, options: CursorOptions) {
    this.log = log;
    this.options = options;
  }

  /** The next event; undefined at the end of the log. */
  peek(): LogEvent | undefined {
    if (this.ahead === undefined) {
      const next = this.log.next();
      if (!next.done) this.ahead = next.value;
    }
    return this.ahead;
  }

  /** The next event has happened: what the host changed before it is put back. */
  take(): void {
    const { ahead: event, options } = this;
    invariant(event, 'no event to take');
    this.ahead = undefined;
    options.onReach?.(event.number);
    this.number = event.number + 1;
    for (const change of event.changes ?? []) this.possible(() => options.apply(change));
    for (const { stream, bytes } of event.outputs ?? []) options.onOutput?.(stream, bytes);
    options.onEvent?.(event.number);
    options.onTaken?.(event);
  }

  /** @throws WasiRrError SEGMENT_CORRUPT for what is {@link Impossible} */
  possible<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw thrown instanceof Impossible ? corruptLog(this.number, thrown.message) : thrown;
    }
  }
}
