/**
 * The log of a component: a line a call of an interface's function. Such a call takes several events where
 * the runtime asks the guest for memory in between; its line is complete with the last of them, unless
 * something else has to be said first. What only the component runtime knows of is shown with `--core`.
 */
import {
  type ComponentCalls,
  CoreMeanings,
  type DescribedCall,
  DescriptorTable,
  type Followed,
  type LogEvent,
  type TraceReader,
} from '../../index.ts';
import { paintFor } from '../colour.ts';
import { ComponentFilter } from './component-filter.ts';
import { type CallTimes, ComponentText } from './component-text.ts';
import { describedCalls } from './described-calls.ts';
import { ForwardedNotes } from './forwarded.ts';
import { jsonCall, jsonEntry, jsonEvent, jsonLeft, jsonResumed } from './json-event.ts';
import type { CallSummary } from './summary.ts';
import { TextLines } from './text-lines.ts';
import type { LogView, ViewOptions } from './view.ts';

interface Pending {
  readonly call: DescribedCall;
  readonly startNs: number;
  /** Whether its beginning has been printed. */
  begun: boolean;
}

export class ComponentView implements LogView {
  private readonly trace: TraceReader;
  private readonly options: ViewOptions;
  private readonly filter: ComponentFilter;
  private readonly meanings: CoreMeanings;
  private readonly calls: ComponentCalls;
  private readonly text: ComponentText;
  private readonly forwarded: ForwardedNotes;
  private readonly coreText: TextLines;
  private readonly showsCore: boolean;
  private readonly noDescriptors = new DescriptorTable();
  private readonly pending = new Map<number, Pending>();

  /**
   * @param events how many there will be, for the width of their numbers
   * @throws WasiRrError OPTION_INVALID, TRACE_CORRUPT
   */
  constructor(trace: TraceReader, options: ViewOptions, events: number) {
    const words = trace.meta.component?.words;
    this.trace = trace;
    this.options = options;
    this.filter = new ComponentFilter(options, words);
    this.meanings = new CoreMeanings(words);
    this.calls = describedCalls(this.meanings, options);
    // without words there is nothing else to show
    this.showsCore = options.core ?? words === undefined;
    this.forwarded = new ForwardedNotes(trace, options);
    this.text = new ComponentText(events, paintFor(1), options.durations ?? false);
    this.coreText = new TextLines(events, paintFor(1), options, trace.functions);
  }

  get active(): boolean {
    return this.filter.active || this.options.injected === true;
  }

  get warning(): string | undefined {
    return this.filter.warning;
  }

  take(event: LogEvent): string[] {
    const followed = this.follow(event);
    const lines = this.lines(event, followed);
    if (this.options.injected) return [];
    // what begins a line may have begun before
    return event.number >= (this.options.from ?? 0) ? lines : [];
  }

  rest(): string[] {
    return this.interrupt('never');
  }

  count(event: LogEvent | undefined, summary: CallSummary): void {
    if (event === undefined) {
      for (const { call } of this.pending.values()) this.add(call, false, 0, summary);
      return;
    }
    const followed = this.follow(event);
    if (!('call' in followed)) return;
    const { call, kind } = followed;
    const { durationNs = 0 } = this.times(event, followed);
    this.pending.delete(call.number);
    if (kind === 'begun') this.begin(event, call);
    else this.add(call, kind === 'failed' || call.errno !== 'success', durationNs, summary);
  }

  private add(call: DescribedCall, failed: boolean, durationNs: number, to: CallSummary): void {
    const { number, name, interface: from, bytes = 0 } = call;
    if (number < (this.options.from ?? 0) || !this.filter.takes(call)) return;
    to.add({ name: `${from} ${name}`.trimStart(), failed, durationNs, bytes });
  }

  private follow(event: LogEvent): Followed {
    if (event.kind === 'instantiate') {
      const made = this.trace.instances()[event.instance];
      if (made !== undefined) this.meanings.add(made);
    }
    return this.calls.follow(event);
  }

  private lines(event: LogEvent, followed: Followed): string[] {
    const { text, options, filter } = this;
    switch (followed.kind) {
      case 'begun': {
        const lines = this.interrupt('begun');
        this.begin(event, followed.call);
        return lines;
      }
      case 'call':
      case 'ended':
      case 'failed': {
        const { call } = followed;
        const pending = this.pending.get(call.number);
        const times = this.times(event, followed);
        this.pending.delete(call.number);
        const before = this.interrupt('begun');
        if (!filter.takes(call)) return before;
        const { number } = call;
        if (options.json) return [...before, jsonCall(call, times, this.forwarded.json(number))];
        const line = pending?.begun ? text.end(event, call, times) : text.call(call, times);
        return [...before, line + this.forwarded.text(number)];
      }
      case 'entered':
        return this.aside(
          options.json ? jsonEntry(event, followed) : text.entered(event, followed),
        );
      case 'resumed': {
        const { arrived, event: name } = followed;
        if (name === 'none') return this.coreOnly(event);
        const line = options.json ? jsonResumed(event, followed) : text.resumed(event, followed);
        if (arrived === undefined || !filter.takesLate(arrived)) return this.aside(line);
        return [...this.interrupt('begun'), line];
      }
      case 'paused':
        if (followed.how !== 'waits' && followed.how !== 'is done') return this.coreOnly(event);
        if (options.json) return this.aside(jsonEvent(event, this.noDescriptors));
        return this.aside(text.paused(event, followed));
      case 'left':
        return this.aside(
          options.json ? jsonLeft(event, followed.result) : text.left(event, followed.result),
        );
      case 'unwound':
        // through what the guest was in: that has no answer any more
        return this.aside(this.core(event), options.json ? 'begun' : 'never');
      case 'core':
        return this.coreOnly(event);
    }
  }

  private coreOnly(event: LogEvent): string[] {
    return this.showsCore ? this.aside(this.core(event)) : [];
  }

  /** Lines that are no calls, and not asked for where some calls are. */
  private aside(line: string, answer: 'begun' | 'never' = 'begun'): string[] {
    return this.filter.active ? [] : [...this.interrupt(answer), line];
  }

  private core(event: LogEvent): string {
    return this.options.json
      ? jsonEvent(event, this.noDescriptors)
      : this.coreText.format(event, this.noDescriptors);
  }

  private begin({ startNs }: LogEvent, call: DescribedCall): void {
    this.pending.set(call.number, { call, startNs, begun: false });
  }

  /** Calls whose line has to be printed though they have no answer: something comes before it. */
  private interrupt(answer: 'begun' | 'never'): string[] {
    const lines: string[] = [];
    for (const pending of this.pending.values()) {
      if (pending.begun) continue;
      pending.begun = true;
      if (!this.filter.takes(pending.call)) continue;
      const times = { startNs: pending.startNs, durationNs: undefined };
      if (!this.options.json) lines.push(this.text.call(pending.call, times, answer));
      // in JSON a call is told once
      else if (answer === 'never') lines.push(jsonCall(pending.call, times));
      else pending.begun = false;
    }
    return lines;
  }

  private times(event: LogEvent, { kind }: Followed): CallTimes {
    if (event.kind === 'call') return { startNs: event.startNs, durationNs: event.durationNs };
    const opened = 'opened' in event ? this.pending.get(event.opened) : undefined;
    if (opened === undefined || kind === 'begun') {
      return { startNs: event.startNs, durationNs: undefined };
    }
    return { startNs: opened.startNs, durationNs: event.startNs - opened.startNs };
  }
}
