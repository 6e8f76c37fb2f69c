/** What an HTTP server did, request by request: each with the calls that were made for it. */
import {
  type ComponentCalls,
  CoreMeanings,
  type DescribedCall,
  escapeText,
  type Followed,
  type LateAnswer,
  type LogEvent,
  RequestSpans,
  type ServedRequest,
  type TraceReader,
  WasiRrError,
} from '../../index.ts';
import { type Paint, paintFor } from '../colour.ts';
import { jsonLine } from '../json.ts';
import { formatSeconds } from '../units.ts';
import { ComponentFilter } from './component-filter.ts';
import { type CallTimes, ComponentText } from './component-text.ts';
import { describedCalls } from './described-calls.ts';
import { ForwardedNotes } from './forwarded.ts';
import { jsonCall, jsonResumed } from './json-event.ts';
import type { LogView, ViewOptions } from './view.ts';

/** Calls of one request that are shown: a trace may have any number. */
const MAX_CALLS = 100_000;

interface Shown {
  readonly request: ServedRequest;
  /** Of the last event that was noted of it. */
  readonly last: number;
  readonly calls: string[];
  count: number;
}

/** What only this view can be asked for. */
interface RequestOptions extends ViewOptions {
  readonly summary?: boolean;
  /** Only requests that the program did not answer well. */
  readonly failed?: boolean;
}

/** Statuses from this on say that the server failed. */
const SERVER_ERROR = 500;

export class RequestView implements LogView {
  private readonly trace: TraceReader;
  private readonly options: RequestOptions;
  private readonly filter: ComponentFilter;
  private readonly meanings: CoreMeanings;
  private readonly calls: ComponentCalls;
  private readonly text: ComponentText;
  private readonly forwarded: ForwardedNotes;
  private readonly paint: Paint = paintFor(1);
  private readonly shown: Shown[];
  private readonly byRequest: ReadonlyMap<ServedRequest, Shown>;
  private readonly spans: RequestSpans;
  private readonly open = new Map<
    number,
    { readonly call: DescribedCall; readonly startNs: number }
  >();
  private printed = 0;
  readonly active = true;

  /**
   * @param events how many there are, for the width of their numbers
   * @throws WasiRrError OPTION_INVALID for what is no server's trace
   */
  constructor(trace: TraceReader, options: RequestOptions, events: number) {
    if (trace.meta.serving === undefined) {
      throw new WasiRrError(
        'OPTION_INVALID',
        `--requests: ${trace.path} is no recording of an HTTP server (record --serve).`,
      );
    }
    const words = trace.meta.component?.words;
    this.trace = trace;
    this.options = options;
    this.filter = new ComponentFilter(options, words);
    this.meanings = new CoreMeanings(words);
    this.calls = describedCalls(this.meanings, options);
    this.forwarded = new ForwardedNotes(trace, options);
    this.text = new ComponentText(events, this.paint, options.durations ?? false);
    const requests = trace.requests().filter((one) => !options.failed || isFailed(one));
    this.shown = requests.map((request) => ({
      request,
      last: request.spans.reduce((last, [, end]) => Math.max(last, end), -1),
      calls: [],
      count: 0,
    }));
    this.byRequest = new Map(this.shown.map((one) => [one.request, one]));
    this.spans = new RequestSpans([...this.byRequest.keys()]);
  }

  get warning(): string | undefined {
    return this.filter.warning;
  }

  take(event: LogEvent): string[] {
    if (event.kind === 'instantiate') {
      const made = this.trace.instances()[event.instance];
      if (made !== undefined) this.meanings.add(made);
    }
    const followed = this.calls.follow(event);
    if ('call' in followed) {
      const { call, kind } = followed;
      if (kind === 'begun') this.open.set(call.number, { call, startNs: event.startNs });
      else this.add(call, this.times(event, call));
    }
    if (followed.kind === 'resumed' && followed.arrived !== undefined) {
      this.addLate(event, followed, followed.arrived);
    }
    return this.finished(({ last }) => last < event.number);
  }

  rest(): string[] {
    for (const { call, startNs } of this.open.values()) {
      this.add(call, { startNs, durationNs: undefined }, 'never');
    }
    return this.finished(() => true);
  }

  count(): void {
    // one line a request is printed by `take`
  }

  private times(event: LogEvent, { number }: DescribedCall): CallTimes {
    if (event.kind === 'call') return { startNs: event.startNs, durationNs: event.durationNs };
    const { startNs = event.startNs } = this.open.get(number) ?? {};
    this.open.delete(number);
    return { startNs, durationNs: event.startNs - startNs };
  }

  private add(call: DescribedCall, times: CallTimes, missing?: 'never'): void {
    const request = this.spans.at(call.number);
    const of = request && this.byRequest.get(request);
    if (of === undefined) return;
    of.count++;
    if (this.options.summary || of.calls.length >= MAX_CALLS || !this.filter.takes(call)) return;
    const { forwarded } = this;
    of.calls.push(
      this.options.json
        ? jsonCall(call, times, forwarded.json(call.number))
        : `  ${this.text.call(call, times, missing)}${forwarded.text(call.number)}`,
    );
  }

  /** What came for a call of the request. */
  private addLate(
    event: LogEvent,
    followed: Extract<Followed, { kind: 'resumed' }>,
    arrived: LateAnswer,
  ): void {
    const request = this.spans.at(event.number);
    const of = request && this.byRequest.get(request);
    if (of === undefined || this.options.summary || of.calls.length >= MAX_CALLS) return;
    if (this.filter.active && !this.filter.takesLate(arrived)) return;
    of.calls.push(
      this.options.json ? jsonResumed(event, followed) : `  ${this.text.resumed(event, followed)}`,
    );
  }

  /** Requests are shown in the order in which they came. */
  private finished(is: (shown: Shown) => boolean): string[] {
    const lines: string[] = [];
    for (
      let next = this.shown[this.printed];
      next !== undefined && is(next);
      next = this.shown[++this.printed]
    ) {
      lines.push(...(this.options.json ? [this.json(next)] : [this.line(next), ...next.calls]));
      next.calls.length = 0;
    }
    return lines;
  }

  private line({ request, count }: Shown): string {
    const { id, method, path, status, failure, durationNs, spans } = request;
    const [first, last] = [spans[0]?.[0], spans.at(-1)?.[1]];
    const where = first === undefined ? '' : `, #${first} to #${last}`;
    const calls = `${count} ${count === 1 ? 'call' : 'calls'}${where}`;
    // of one that was under way when the recording ended nothing more is known
    const known =
      first === undefined && status === null ? '' : ` <${formatSeconds(durationNs)}> ${calls}`;
    const answer = `${status ?? 'no response'}${known}`;
    const head = this.paint('cyan', `request ${id} ${escapeText(method)} ${escapeText(path)}`);
    return failure === null
      ? `${head} = ${answer}`
      : `${head} = ${this.paint('red', `${answer}: ${escapeText(failure)}`)}`;
  }

  private json({ request, count, calls }: Shown): string {
    const { id, method, path, status, failure, startNs, durationNs, spans } = request;
    return jsonLine({
      request: id,
      method,
      path,
      status,
      ...(failure !== null && { failure }),
      timeNs: startNs,
      durationNs,
      spans,
      callCount: count,
      ...(!this.options.summary && { calls: calls.map((one): unknown => JSON.parse(one)) }),
    });
  }
}

function isFailed({ status, failure }: ServedRequest): boolean {
  return failure !== null || status === null || status >= SERVER_ERROR;
}
