/**
 * Fills the call index from a component's log. A call that a note tells about is shown as the function of
 * an interface that it was; any other as the core function that it is.
 */
import type { CallIndex } from '../../traces/call-index.ts';
import { EventReader } from '../../traces/event-reader.ts';
import type { CallNote, CoreValue, LogEvent, LoggedFunction } from '../../traces/events.ts';

interface OpenCall {
  readonly func: LoggedFunction;
  readonly args: readonly CoreValue[];
  readonly startNs: number;
  note: CallNote | undefined;
}

export class ComponentIndexing {
  private readonly reader: EventReader;
  private readonly open = new Map<number, OpenCall>();
  private calls = 0;
  /** Size of all memories after the last event, in pages of 64 KiB. */
  pages = 0;

  constructor(functions: ReadonlyMap<number, LoggedFunction>) {
    this.reader = new EventReader(functions, 0, 0);
  }

  get eventCount(): number {
    return this.reader.nextNumber;
  }

  get callCount(): number {
    return this.calls;
  }

  get nowNs(): number {
    return this.reader.nowNs;
  }

  get hasParts(): boolean {
    return this.reader.hasParts;
  }

  /** Indexes the calls that end in `records`, which are whole. */
  scan(records: Uint8Array, index: CallIndex): void {
    this.reader.feed(records, 0);
    for (let event = this.reader.next(); event !== undefined; event = this.reader.next()) {
      this.pages = event.pages;
      this.add(event, index);
    }
  }

  /** No more events come: what is open was never answered. */
  finish(index: CallIndex): void {
    for (const [number, call] of this.open) row(index, number, call, undefined, false);
    this.open.clear();
  }

  private add(event: LogEvent, index: CallIndex): void {
    let own: CallNote | undefined;
    for (const remark of event.remarks ?? []) {
      if (remark.kind !== 'note') continue;
      if (remark.note.call === event.number) own = remark.note;
      else {
        const call = this.open.get(remark.note.call);
        if (call !== undefined) call.note = remark.note;
      }
    }
    switch (event.kind) {
      case 'call':
        this.calls++;
        row(index, event.number, { ...event, note: own }, event.durationNs, true, event.results);
        break;
      case 'open': {
        this.calls++;
        const { func, args, startNs } = event;
        this.open.set(event.number, { func, args, startNs, note: own });
        break;
      }
      case 'return':
      case 'throw': {
        const call = this.open.get(event.opened);
        if (call === undefined) break;
        this.open.delete(event.opened);
        const results = event.kind === 'return' ? event.results : [];
        const duration = event.startNs - call.startNs;
        row(index, event.opened, call, duration, event.kind === 'return', results);
      }
    }
  }
}

function row(
  index: CallIndex,
  number: number,
  { func, args, startNs, note }: OpenCall,
  durationNs: number | undefined,
  returned: boolean,
  results: readonly CoreValue[] = [],
): void {
  const shape = index.shapeId({
    func: note?.func.id ?? func.id,
    fd: undefined,
    path: note?.path || undefined,
    args: note?.args ?? coreJson(args),
    errno: note?.errno || (returned && note === undefined ? 'success' : undefined),
    result: note === undefined ? coreJson(results) : note.result || undefined,
    valued: false,
    bytes: undefined,
  });
  index.add(number, shape, startNs, durationNs);
}

/** `{"0":1,"1":"2"}`: core values have no names; integers of 64 bits are text. */
function coreJson(values: readonly CoreValue[]): string {
  return JSON.stringify(
    Object.fromEntries(
      values.map((value, i) => [i, typeof value === 'bigint' ? `${value}` : value]),
    ),
  );
}
