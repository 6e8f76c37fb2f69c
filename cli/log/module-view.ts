/** The log of a core module: a line an event. */
import { callBytes, DescriptorTable, type LogEvent, type TraceReader } from '../../index.ts';
import { paintFor } from '../colour.ts';
import { CallFilter } from './filter.ts';
import { InjectedFaults } from './injected.ts';
import { jsonEvent } from './json-event.ts';
import type { CallSummary } from './summary.ts';
import { TextLines } from './text-lines.ts';
import type { LogView, ViewOptions } from './view.ts';

export class ModuleView implements LogView {
  private readonly options: ViewOptions;
  private readonly filter: CallFilter;
  private readonly lines: TextLines;
  private readonly faults: InjectedFaults;
  // from the start, whatever is shown: what a descriptor stands for comes from all calls before
  private readonly table = new DescriptorTable();

  /**
   * @param events how many there will be, for the width of their numbers
   * @throws WasiRrError OPTION_INVALID
   */
  constructor(trace: TraceReader, options: ViewOptions, events: number) {
    this.options = options;
    this.filter = new CallFilter(options, trace.functions.values());
    this.lines = new TextLines(events, paintFor(1), options, trace.functions);
    this.faults = new InjectedFaults(trace);
  }

  get active(): boolean {
    return this.filter.active || this.options.injected === true;
  }

  get warning(): string | undefined {
    return this.filter.warning;
  }

  take(event: LogEvent): string[] {
    const { from = 0, injected: onlyInjected, json } = this.options;
    const { table, lines } = this;
    const injected = this.faults.of(event.number);
    const wanted = !onlyInjected || injected.length > 0;
    const shown =
      wanted && event.number >= from && this.filter.takes(event, table)
        ? [json ? jsonEvent(event, table, injected) : lines.format(event, table, injected)]
        : [];
    if (event.kind === 'call') table.apply(event, event.number);
    return shown;
  }

  rest(): string[] {
    return [];
  }

  count(event: LogEvent | undefined, summary: CallSummary): void {
    if (event === undefined) return;
    const { from = 0 } = this.options;
    const isCall = event.kind === 'call' || event.kind === 'open';
    if (isCall && event.number >= from && this.filter.takes(event, this.table)) {
      summary.add({
        name: event.name,
        failed: Boolean(event.result),
        durationNs: event.kind === 'call' ? event.durationNs : 0,
        bytes: callBytes(event) ?? 0,
      });
    }
    if (event.kind === 'call') this.table.apply(event, event.number);
  }
}
