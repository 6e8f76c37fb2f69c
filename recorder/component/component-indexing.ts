/**
 * Fills the call index from a component's log. A call of a function of an interface is shown as that, with
 * its values; one that the component runtime makes for itself as the core function that it is.
 */
import type { CallIndex, CallShape } from '../../traces/call-index.ts';
import { EventReader } from '../../traces/event-reader.ts';
import type { CoreValue, LogEvent, LoggedFunction } from '../../traces/events.ts';
import { ComponentCalls, type DescribedCall } from '../../wasi/component/component-calls.ts';
import type { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import type { LogIndexing } from '../module-indexing.ts';

/** Characters of a text, and elements of a list, that a row has. */
const LIMITS = { maxText: 256, maxItems: 32 };

interface OpenCall {
  readonly func: LoggedFunction;
  readonly startNs: number;
  readonly shape: CallShape;
}

export class ComponentIndexing implements LogIndexing {
  private readonly reader: EventReader;
  private readonly words: ComponentCalls;
  private readonly open = new Map<number, OpenCall>();
  private calls = 0;
  /** Size of all memories after the last event, in pages of 64 KiB. */
  pages = 0;

  constructor(functions: ReadonlyMap<number, LoggedFunction>, meanings: CoreMeanings) {
    this.reader = new EventReader(functions, 0, 0);
    this.words = new ComponentCalls(meanings, LIMITS);
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
    for (const [number, { shape, startNs }] of this.open) {
      index.add(number, index.shapeId(shape), startNs, undefined);
    }
    this.open.clear();
  }

  private add(event: LogEvent, index: CallIndex): void {
    const followed = this.words.follow(event);
    const described = 'call' in followed ? followed.call : undefined;
    switch (event.kind) {
      case 'call': {
        this.calls++;
        const shape = shapeOf(event.func, event.args, described, event.results);
        index.add(event.number, index.shapeId(shape), event.startNs, event.durationNs);
        break;
      }
      case 'open': {
        this.calls++;
        const { func, startNs } = event;
        this.open.set(event.number, { func, startNs, shape: shapeOf(func, event.args, described) });
        break;
      }
      case 'return':
      case 'throw': {
        const call = this.open.get(event.opened);
        if (call === undefined) break;
        this.open.delete(event.opened);
        const returned = event.kind === 'return' ? event.results : undefined;
        const shape = answered(call, described, returned);
        index.add(event.opened, index.shapeId(shape), call.startNs, event.startNs - call.startNs);
      }
    }
  }
}

/** @param results undefined for a call that has not returned */
function shapeOf(
  func: LoggedFunction,
  args: readonly CoreValue[],
  described: DescribedCall | undefined,
  results?: readonly CoreValue[],
): CallShape {
  const core = described === undefined;
  return {
    func: func.id,
    fd: undefined,
    path: described?.path,
    args: core
      ? coreJson(args)
      : JSON.stringify(Object.fromEntries(described.args.map(({ name, text }) => [name, text]))),
    errno: core ? results && 'success' : described.errno,
    result: core ? results && coreJson(results) : resultJson(described),
    valued: false,
    bytes: described?.bytes,
  };
}

function answered(
  { func, shape }: OpenCall,
  described: DescribedCall | undefined,
  results: readonly CoreValue[] | undefined,
): CallShape {
  const { errno, result, bytes } = shapeOf(func, [], described, results);
  return { ...shape, errno, result, bytes };
}

function resultJson({ errno, result }: DescribedCall): string | undefined {
  return errno === undefined ? undefined : JSON.stringify(result === undefined ? {} : { result });
}

/** `{"0":1,"1":"2"}`: core values have no names; integers of 64 bits are text. */
function coreJson(values: readonly CoreValue[]): string {
  return JSON.stringify(
    Object.fromEntries(
      values.map((value, i) => [i, typeof value === 'bigint' ? `${value}` : value]),
    ),
  );
}
