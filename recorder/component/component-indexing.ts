/**
 * Fills the call index from a component's log. A call of a function of an interface is shown as that, with
 * its values; one that the component runtime makes for itself as the core function that it is.
 */
import { type CallIndex, type CallShape, VALUE_MARK } from '../../traces/call-index.ts';
import { EventReader } from '../../traces/event-reader.ts';
import type { CallEvent, CoreValue, LogEvent, LoggedFunction } from '../../traces/events.ts';
import { ComponentCalls } from '../../wasi/component/component-calls.ts';
import type { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import type { DescribedCall, Followed } from '../../wasi/component/described-call.ts';
import type { LogIndexing } from '../module-indexing.ts';

/** Characters of a text, and elements of a list, that a row has. */
const LIMITS = { maxText: 256, maxItems: 32 };

/** Calls that are remembered, and bytes in memory of one. */
const MAX_KNOWN = 20_000;
const MAX_KNOWN_BYTES = 256;

/** A number that is all that a call returned, or all that is in its `ok`. */
const NUMBER = /^(ok\()?(\d{1,18})(\)?)$/;

interface OpenCall {
  readonly func: LoggedFunction;
  readonly startNs: number;
  readonly shape: ValuedShape;
}

/** With a value of its own where it is `valued`. */
interface ValuedShape extends CallShape {
  readonly value: bigint | undefined;
}

interface Known {
  readonly shape: number;
  readonly value: bigint | undefined;
}

export class ComponentIndexing implements LogIndexing {
  private readonly reader: EventReader;
  private readonly words: ComponentCalls;
  private readonly open = new Map<number, OpenCall>();
  /** What passed in a call → its shape, as long as handles stand for the same. */
  private readonly known = new Map<string, Known>();
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
      index.add(number, index.shapeId(shape), startNs, undefined, shape.value);
    }
    this.open.clear();
  }

  /** One call and its answer, with nothing in between. */
  private addCall(event: CallEvent, index: CallIndex): void {
    this.calls++;
    const { shape, value } = this.recall(event) ?? this.learn(event, index);
    index.add(event.number, shape, event.startNs, event.durationNs, value);
  }

  private recall(event: CallEvent): Known | undefined {
    // what is open may be answered by what is written now
    if (this.words.isFollowing || this.words.mustFollow(event.func.id)) return undefined;
    const [answer] = event.results;
    if (typeof answer === 'bigint' && answer >= 0n) {
      const asked = this.known.get(askedKey(event) ?? '');
      if (asked !== undefined) return { shape: asked.shape, value: answer };
    }
    return this.known.get(keyOf(event) ?? '');
  }

  private learn(event: CallEvent, index: CallIndex): Known {
    const { words, known } = this;
    const { version, isFollowing } = words;
    const followed = words.follow(event);
    addLate(event.number, followed, index);
    const described = 'call' in followed ? followed.call : undefined;
    const shape = shapeOf(event.func, event.args, described, event.results);
    const entry = { shape: index.shapeId(shape), value: shape.value };
    // what a handle stands for follows from the calls before
    if (words.version !== version || known.size >= MAX_KNOWN) {
      known.clear();
      return entry;
    }
    if (words.mustFollow(event.func.id)) return entry;
    // a number of 64 bits is in the row, and the shape is that of all of them
    const inRow = entry.value !== undefined && entry.value === event.results[0];
    const key = inRow ? askedKey(event) : isFollowing ? undefined : keyOf(event);
    if (key !== undefined) known.set(key, entry);
    return entry;
  }

  private add(event: LogEvent, index: CallIndex): void {
    if (event.kind === 'call') {
      this.addCall(event, index);
      return;
    }
    const { version } = this.words;
    const followed = this.words.follow(event);
    if (this.words.version !== version) this.known.clear();
    addLate(event.number, followed, index);
    const described = 'call' in followed ? followed.call : undefined;
    switch (event.kind) {
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
        const durationNs = event.startNs - call.startNs;
        index.add(event.opened, index.shapeId(shape), call.startNs, durationNs, shape.value);
      }
    }
  }
}

/** What comes with an event of a call before. */
function addLate(event: number, followed: Followed, index: CallIndex): void {
  const arrived =
    'call' in followed
      ? followed.call.arrived
      : followed.kind === 'resumed'
        ? followed.arrived
        : undefined;
  if (arrived === undefined) return;
  const { call, result, errno } = arrived;
  index.addLate({ event, call, result, errno });
}

/** @param results undefined for a call that has not returned */
function shapeOf(
  func: LoggedFunction,
  args: readonly CoreValue[],
  described: DescribedCall | undefined,
  results?: readonly CoreValue[],
): ValuedShape {
  const core = described === undefined;
  const [, head = '', value, tail = ''] = NUMBER.exec(described?.result ?? '') ?? [];
  return {
    func: func.id,
    fd: undefined,
    path: described?.path,
    args: core
      ? coreJson(args)
      : JSON.stringify(Object.fromEntries(described.args.map(({ name, text }) => [name, text]))),
    errno: core ? results && 'success' : described.errno,
    result: core
      ? results && coreJson(results)
      : resultJson(
          value === undefined ? described : { ...described, result: head + VALUE_MARK + tail },
        ),
    valued: value !== undefined,
    value: value === undefined ? undefined : BigInt(value),
    bytes: described?.bytes,
  };
}

function answered(
  { func, shape }: OpenCall,
  described: DescribedCall | undefined,
  results: readonly CoreValue[] | undefined,
): ValuedShape {
  const { errno, result, bytes, valued, value } = shapeOf(func, [], described, results);
  return { ...shape, errno, result, bytes, valued, value };
}

/** Of a call that is the same but for its answer. */
function askedKey({ func, args, hostReads }: CallEvent): string | undefined {
  if (hostReads.kept.length > MAX_KNOWN_BYTES) return undefined;
  return `? ${func.id} ${coreKey(args)} ${latin1(hostReads.kept)}`;
}

/** All that the words for a call follow from, but for what handles stand for; undefined where that is long. */
function keyOf({ func, args, results, hostReads, changes = [] }: CallEvent): string | undefined {
  const { places, kept } = hostReads;
  let size = kept.length;
  if (size > MAX_KNOWN_BYTES) return undefined;
  let key = `${func.id} ${coreKey(args)} ${coreKey(results)} ${JSON.stringify(places)}${latin1(kept)}`;
  for (const change of changes) {
    if (change.kind !== 'write') continue;
    const { memory, address, bytes } = change;
    size += bytes.length;
    if (size > MAX_KNOWN_BYTES) return undefined;
    key += `${memory} ${address} ${bytes.length} ${latin1(bytes)}`;
  }
  return key;
}

function coreKey(values: readonly CoreValue[]): string {
  let key = '';
  for (const value of values) key += Object.is(value, -0) ? ' -0' : ` ${value}`;
  return key;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
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
