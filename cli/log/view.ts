/** What `wasi-rr log` shows of a trace: lines that its events give rise to, as they pass in order. */
import type { LogEvent } from '../../index.ts';
import type { CallWishes } from './filter.ts';
import type { CallSummary } from './summary.ts';
import type { LineOptions } from './text-lines.ts';

export interface ViewOptions extends CallWishes, LineOptions {
  /** Events before this one are not shown, but have to pass. */
  readonly from?: number;
  readonly json?: boolean;
  readonly injected?: boolean;
  readonly core?: boolean;
}

export interface LogView {
  /** Whether only some calls are asked for. */
  readonly active: boolean;
  /** What makes an empty answer likely. */
  readonly warning: string | undefined;
  /** Lines that are complete with this event. */
  take(event: LogEvent): string[];
  /** Lines that are not; no more events come. */
  rest(): string[];
  /**
   * Counts the call that is complete with this event, if one is, and is asked for.
   * @param event undefined where no more come: counts what was never answered
   */
  count(event: LogEvent | undefined, summary: CallSummary): void;
}
