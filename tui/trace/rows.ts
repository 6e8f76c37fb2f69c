/**
 * The rows of the timeline, read from the trace when they are about to be drawn, and remembered. One
 * query a run of neighbours: a full screen costs under a millisecond wherever it is in the trace.
 */

import type { EntryRow } from '../../traces/entries.ts';
import type { LogEvent } from '../../traces/events.ts';
import { describeInjection } from '../../traces/injections.ts';
import type { LateAnswerRow } from '../../traces/late-answers.ts';
import { describeOutcome, isSuccess, parseOutcomeText } from '../../traces/outcome.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { isBeingRecorded } from '../../traces/recorder-process.ts';
import type { ServedRequest } from '../../traces/requests.ts';
import type { CallRow, Timeline } from '../../traces/timeline.ts';
import type { RecordedCall } from '../../wasi/call.ts';
import { contentsRange, effectOf } from '../../wasi/call-memory.ts';
import { isEndOfList } from '../../wasi/ends-of-lists.ts';
import { escapeText } from '../../wasi/escape.ts';
import { shapeOf } from '../../wasi/fields.ts';
import { errnoName } from '../../wasi/names.ts';
import { plainText } from '../text/line.ts';
import { callHeadLine, fieldsOf } from './call-text.ts';

interface RowBase {
  readonly number: number;
  readonly startNs: number;
  /** Since the start of the event before. */
  readonly deltaNs: number;
}

export type Row =
  | (RowBase & {
      readonly kind: 'call';
      readonly call: CallRow;
      /** How long the guest ran before this call, since the host had answered the last one. */
      readonly guestNs: number;
      readonly failed: boolean;
    })
  /** The host entered or left the guest, or something that cannot be read. */
  | (RowBase & {
      readonly kind: 'other';
      readonly text: string;
      readonly tone: 'dim' | 'text' | 'good' | 'fatal';
    });

interface Times {
  readonly startNs: number;
  readonly endNs: number;
}

/** Rows remembered; a screen shows some fifty. */
const MAX_ROWS = 8192;
const MAX_EVENTS = 512;
/** Characters of a request. */
const MAX_REQUEST = 200;
/** Bytes of a payload that a row can use. */
const PREVIEW_BYTES = 256;

export class TraceRows {
  private readonly reader: TraceReader;
  private readonly timeline: Timeline | undefined;
  private readonly rows = new Map<number, Row>();
  private readonly events = new Map<number, LogEvent>();
  private hasOutcomeRow: boolean | undefined;
  /** Where that row stands, once it was read. */
  private outcomeAt: number | undefined;
  /** Events with faults among the rows that are remembered. */
  private readonly faults = new Map<number, string[]>();
  private readonly payloads = new Map<number, Uint8Array>();
  private requestStarts: Map<number, ServedRequest> | undefined;

  /** @param timeline undefined where the trace has no index that can be read */
  constructor(reader: TraceReader, timeline: Timeline | undefined) {
    this.reader = reader;
    this.timeline = timeline;
  }

  /**
   * How many rows there are: one for each event, and one for the outcome of a run that no event ended
   * (interrupted, recorder killed).
   */
  get count(): number {
    const { eventCount } = this.reader;
    this.hasOutcomeRow ??= this.event(eventCount - 1)?.kind !== 'unwind';
    return eventCount + (this.hasOutcomeRow ? 1 : 0);
  }

  /** The row of a failure: where that is the last event, the row that says how the run ended. */
  rowToOpenAt(failure: number): number {
    return failure === this.reader.eventCount - 1 ? this.count - 1 : failure;
  }

  /** There are more events than before, or an outcome: forgets what stood at the end. */
  grown(): void {
    this.hasOutcomeRow = undefined;
    this.requestStarts = undefined;
    if (this.outcomeAt !== undefined) this.rows.delete(this.outcomeAt);
    this.outcomeAt = undefined;
  }

  /** Reads the rows of these events, as many as are not known. */
  load(numbers: readonly number[]): void {
    if (this.rows.size > MAX_ROWS) {
      this.rows.clear();
      this.faults.clear();
    }
    const missing = numbers.filter((number) => !this.rows.has(number)).sort((a, b) => a - b);
    for (let index = 0; index < missing.length; ) {
      const first = missing[index] ?? 0;
      let last = first;
      for (index++; index < missing.length && missing[index] === last + 1; index++) last++;
      this.loadRun(first, last);
    }
  }

  get(number: number): Row {
    const known = this.rows.get(number);
    if (known !== undefined) return known;
    this.loadRun(number, number);
    return this.rows.get(number) ?? unreadable(number);
  }

  /** Faults that were injected into a call whose row was read, in words. */
  injected(number: number): readonly string[] {
    return this.faults.get(number) ?? [];
  }

  /** What is known in words of a function of a component that is called, or returns, with an event. */
  entryAt(number: number): EntryRow | undefined {
    return this.timeline?.entries.rows(number, number + 1)[0];
  }

  /** What came later of a call, or of an entry. */
  lateOf(number: number): LateAnswerRow | undefined {
    return this.timeline?.late.ofCall(number);
  }

  /** What came with an event of a call before. */
  lateWith(number: number): LateAnswerRow | undefined {
    return this.timeline?.late.cameWith(number, number + 1)[0];
  }

  /** `stream<u8>#2 <stdin>.read of #9 = 13 bytes "Hello, world!"` */
  private lateText({ call, result }: LateAnswerRow): string {
    const row = this.timeline?.rows(call, call + 1)[0];
    const asked = row === undefined ? '' : `${plainText(callHeadLine(row))} of `;
    return `${asked}#${call} = ${result === undefined ? '()' : escapeText(result)}`;
  }

  private loadFaults(first: number, last: number): void {
    if (this.reader.meta.chaos === undefined) return;
    const found = Map.groupBy(this.reader.injections(first, last + 1), (one) => one.event);
    for (const [event, list] of found) this.faults.set(event, list.map(describeInjection));
  }

  private loadRun(first: number, last: number): void {
    this.loadFaults(first, last);
    const calls = new Map<number, CallRow>();
    for (const call of this.timeline?.rows(first - 1, last + 1) ?? []) calls.set(call.number, call);
    let before = this.timesOf(first - 1, calls.get(first - 1));
    for (let number = first; number <= last; number++) {
      if (number >= this.reader.eventCount) {
        const startNs = before?.startNs ?? this.event(number - 1)?.startNs ?? 0;
        this.rows.set(number, this.outcomeRow(number, startNs));
        break;
      }
      const call = calls.get(number) ?? this.callFromLog(number);
      const times = this.timesOf(number, call);
      const startNs = times?.startNs ?? before?.startNs ?? 0;
      const base = { number, startNs, deltaNs: startNs - (before?.startNs ?? 0) };
      if (call === undefined) {
        this.rows.set(number, this.otherRow(base));
      } else {
        const guestNs = Math.max(0, startNs - (before?.endNs ?? 0));
        this.rows.set(number, { ...base, kind: 'call', call, guestNs, failed: isFailure(call) });
      }
      before = times ?? before;
    }
  }

  /** When an event began, and when the guest went on after it; undefined where neither is known. */
  private timesOf(number: number, call: CallRow | undefined): Times | undefined {
    if (call !== undefined) {
      return { startNs: call.startNs, endNs: call.startNs + (call.durationNs ?? 0) };
    }
    const event = number < 0 ? undefined : this.event(number);
    if (event === undefined) return undefined;
    const { startNs } = event;
    return { startNs, endNs: startNs + (event.kind === 'call' ? event.durationNs : 0) };
  }

  /** An event in full; undefined where it cannot be read. Decodes a segment: about a millisecond. */
  event(number: number): LogEvent | undefined {
    const known = this.events.get(number);
    if (known !== undefined) return known;
    if (this.events.size > MAX_EVENTS) this.events.clear();
    try {
      // the ones after it will be asked for next
      for (const event of this.reader.events(number, number + 64)) {
        this.events.set(event.number, event);
      }
    } catch {
      // a damaged segment: its events stay unknown
    }
    return this.events.get(number);
  }

  /** First bytes of what a call read or wrote, if they are known without work. */
  knownPayload(number: number): Uint8Array | undefined {
    return this.payloads.get(number);
  }

  /** As {@link knownPayload}, found out now. */
  loadPayload(number: number): void {
    if (this.payloads.size > MAX_ROWS) this.payloads.clear();
    const event = this.event(number);
    const isCall = event?.kind === 'call' || event?.kind === 'open';
    this.payloads.set(number, isCall ? payloadOf(event) : new Uint8Array(0));
  }

  /** A call that the index lacks: the tail of a damaged trace. */
  private callFromLog(number: number): CallRow | undefined {
    const event = this.event(number);
    if (event?.kind !== 'call' && event?.kind !== 'open') return undefined;
    const fd = shapeOf(event.name)?.fd;
    return {
      number,
      name: event.name,
      fd: fd === undefined ? undefined : Number(event.args[fd]),
      path: undefined,
      args: '{}',
      errno: event.result === undefined ? undefined : errnoName(event.result),
      result: undefined,
      bytes: undefined,
      startNs: event.startNs,
      durationNs: event.kind === 'call' ? event.durationNs : undefined,
    };
  }

  private outcomeRow(number: number, startNs: number): Row {
    this.outcomeAt = number;
    const { meta } = this.reader;
    const { outcome } = meta;
    if (isBeingRecorded(meta)) {
      return { number, startNs, deltaNs: 0, kind: 'other', text: '⋯ goes on', tone: 'dim' };
    }
    const text = escapeText(describeOutcome(outcome));
    return {
      number,
      startNs,
      deltaNs: 0,
      kind: 'other',
      text,
      tone: isSuccess(outcome) ? 'good' : 'fatal',
    };
  }

  /** The request of a server whose answering begins with an event. */
  private requestAt(number: number): ServedRequest | undefined {
    if (this.reader.meta.serving === undefined) return undefined;
    this.requestStarts ??= new Map(
      this.reader.requests().map((request) => [request.spans[0]?.[0] ?? -1, request]),
    );
    return this.requestStarts.get(number);
  }

  private otherRow(base: RowBase): Row {
    const event = this.event(base.number);
    switch (event?.kind) {
      case 'enter': {
        const entry = this.entryAt(base.number);
        const late = this.lateWith(base.number);
        if (late !== undefined) {
          const tone = late.errno === 'success' ? 'text' : 'fatal';
          const text = `▶ ${taskHead(entry)}${this.lateText(late)}`;
          return { ...base, kind: 'other', text, tone };
        }
        const request = this.requestAt(base.number);
        const text =
          request === undefined ? enteredText(entry, event.func.name) : requestText(request);
        const tone = request === undefined && entry === undefined ? 'dim' : 'text';
        return { ...base, kind: 'other', text: `▶ ${text}`, tone };
      }
      case 'leave': {
        const entry = this.entryAt(base.number);
        const tone = entry === undefined ? 'dim' : 'text';
        return { ...base, kind: 'other', text: `◀ ${leftText(entry)}`, tone };
      }
      case 'return':
        return { ...base, kind: 'other', text: `◁ #${event.opened} is answered`, tone: 'dim' };
      case 'throw':
        return { ...base, kind: 'other', text: `◁ #${event.opened} fails`, tone: 'fatal' };
      case 'suspend':
        return { ...base, kind: 'other', text: `◁ #${event.opened} waits`, tone: 'dim' };
      case 'instantiate': {
        const text = `core instance ${event.instance} is made`;
        return { ...base, kind: 'other', text, tone: 'dim' };
      }
      case 'unwind': {
        const outcome = parseOutcomeText(event.reason);
        const text = escapeText(describeOutcome(outcome));
        return { ...base, kind: 'other', text, tone: isSuccess(outcome) ? 'good' : 'fatal' };
      }
      default:
        return unreadable(base.number);
    }
  }
}

/** An error that the program would call one: see FAILED in filter-text.ts. */
function isFailure({ name, errno }: CallRow): boolean {
  if (errno === undefined || errno === 'success') return false;
  return !isEndOfList(name, errno);
}

/** Characters of what is passed or returned. */
const MAX_VALUES = 400;

/** `divide(7, 0)`; `run of #2: subtask` of a task that goes on. @param core name of the function of the core module */
function enteredText(entry: EntryRow | undefined, core: string): string {
  if (entry === undefined) return escapeText(core);
  const { kind, name = '', result = '' } = entry;
  if (kind === 'resume') return `${taskHead(entry)}${escapeText(result)}`;
  const values = Object.values(fieldsOf(entry.args)).map(String);
  return escapeText(`${name}(${values.join(', ')})`, { maxText: MAX_VALUES });
}

/** `run of #2: `; nothing where it is not known which task goes on. */
function taskHead(entry: EntryRow | undefined): string {
  if (entry?.name === undefined || entry.entry === undefined) return '';
  return `${escapeText(entry.name)} of #${entry.entry}: `;
}

/** `err("division by zero")`, `run of #2 waits` */
function leftText(entry: EntryRow | undefined): string {
  if (entry === undefined) return 'returned';
  const { kind, name, entry: call, result } = entry;
  if (kind !== 'pause') {
    return result === undefined ? 'returned' : escapeText(result, { maxText: MAX_VALUES });
  }
  const task = name === undefined || call === undefined ? 'a task' : `${name} of #${call}`;
  return escapeText(`${task} ${result ?? ''}`);
}

/** `request 3 GET /users = 200` */
export function requestText({ id, method, path, status, failure }: ServedRequest): string {
  const answer = failure === null ? (status ?? 'no response') : `${status ?? ''} ${failure}`.trim();
  return escapeText(`request ${id} ${method} ${path} = ${answer}`, { maxText: MAX_REQUEST });
}

function unreadable(number: number): Row {
  const text = 'this event cannot be read';
  return { number, startNs: 0, deltaNs: 0, kind: 'other', text, tone: 'fatal' };
}

/** What passed through iovecs or a buffer, either way. */
function payloadOf(call: RecordedCall): Uint8Array {
  const shape = shapeOf(call.name);
  for (const field of shape?.all ?? []) {
    if (shape === undefined || field.type !== 'bytes') continue;
    const bytes =
      field.source === 'effect'
        ? effectOf(call, field.param)
        : contentsRange(call, shape.fn, field.param).bytes;
    if (bytes !== undefined) return bytes.slice(0, PREVIEW_BYTES);
  }
  return new Uint8Array(0);
}
