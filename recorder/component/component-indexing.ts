/**
 * Fills the call index from a component's log. A call of a function of an interface is shown as that, with
 * its values; one that the component runtime makes for itself as the core function that it is.
 */
import { ByteKeys } from '../../traces/byte-keys.ts';
import {
  type CallIndex,
  type CallShape,
  type CallValue,
  VALUE_MARK,
} from '../../traces/call-index.ts';
import { ComponentScanner } from '../../traces/component-scanner.ts';
import type { CallEvent, CoreValue, LogEvent, LoggedFunction } from '../../traces/events.ts';
import { ComponentCalls } from '../../wasi/component/component-calls.ts';
import type { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import type { DescribedCall, Followed } from '../../wasi/component/described-call.ts';
import type { LogIndexing } from '../module-indexing.ts';
import { VaryingAnswers } from './varying-answers.ts';

/** Characters of a text, and elements of a list, that a row has. */
const LIMITS = { maxText: 256, maxItems: 32 };

/** Calls that are remembered. */
const MAX_KNOWN = 20_000;

/** A number that is all that a call returned, or all that is in its `ok`. */
const NUMBER = /^(ok\()?(0|-?[1-9]\d{0,19})(\)?)$/;

interface OpenCall {
  readonly func: LoggedFunction;
  readonly startNs: number;
  readonly shape: ValuedShape;
}

/** With a value of its own where it is `valued`. */
interface ValuedShape extends CallShape {
  readonly value: CallValue | undefined;
  /** The result in words. */
  readonly text: string | undefined;
}

/** What a call of the past was. */
interface Known {
  readonly shape: number;
  readonly value: CallValue | undefined;
  /** Whether its 64 bits are a number without a sign. */
  readonly isUnsigned: boolean;
}

/** What a key is of. From a positive answer nobody learns whether others have a sign. */
const KEY = { question: 0, questionOfNegative: 1, call: 2 } as const;

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** The result of a shape that has all of its text in the row. */
const ANY_TEXT = JSON.stringify({ result: VALUE_MARK });

export class ComponentIndexing implements LogIndexing {
  private readonly scanner: ComponentScanner;
  private readonly words: ComponentCalls;
  private readonly open = new Map<number, OpenCall>();
  /** Key of a call → what it was, as long as handles stand for the same. */
  private readonly known = new ByteKeys<Known>();
  private readonly answers = new VaryingAnswers();
  private calls = 0;

  constructor(functions: ReadonlyMap<number, LoggedFunction>, meanings: CoreMeanings) {
    this.scanner = new ComponentScanner(functions);
    this.words = new ComponentCalls(meanings, LIMITS);
  }

  get eventCount(): number {
    return this.scanner.eventCount;
  }

  get callCount(): number {
    return this.calls;
  }

  get nowNs(): number {
    return this.scanner.nowNs;
  }

  get hasParts(): boolean {
    return this.scanner.hasParts;
  }

  get pages(): number {
    return this.scanner.pages;
  }

  /** Indexes the calls that end in `records`, which are whole. */
  scan(records: Uint8Array, index: CallIndex): void {
    index.withEntries();
    const { scanner, words } = this;
    scanner.feed(records);
    for (;;) {
      // what is open may be answered by what is written now
      const found = !words.isFollowing && scanner.peek();
      if (found && this.recall(index)) continue;
      const event = scanner.next();
      if (event === undefined) return;
      if (event.kind === 'call') this.learn(event, found, index);
      else this.add(event, index);
    }
  }

  /** No more events come: what is open was never answered. */
  finish(index: CallIndex): void {
    for (const [number, { shape, startNs }] of this.open) {
      index.add(number, index.shapeId(shape), startNs, undefined, shape.value);
    }
    this.open.clear();
  }

  /** Adds the call that the scanner found, if one like it is known. */
  private recall(index: CallIndex): boolean {
    const { scanner, known } = this;
    const { keyBytes, questionKeyLength, callKeyLength } = scanner;
    let value: CallValue | undefined;
    let found: Known | undefined;
    const answer = questionKeyLength < 0 ? undefined : scanner.answer();
    if (answer !== undefined) {
      found = known.get(keyBytes, questionKeyLength, questionTag(answer));
      if (found !== undefined) {
        value = rowValue(found.isUnsigned ? BigInt.asUintN(64, answer) : answer);
      }
    }
    if (found === undefined) {
      found = known.get(keyBytes, callKeyLength, KEY.call);
      value = found?.value;
    }
    if (found === undefined) return false;
    this.calls++;
    index.add(scanner.eventCount, found.shape, scanner.startNs, scanner.durationNs, value);
    scanner.pass();
    return true;
  }

  /** A call and its answer, with nothing in between. @param isKeyed whether the scanner has a key for it */
  private learn(event: CallEvent, isKeyed: boolean, index: CallIndex): void {
    const { words, known } = this;
    const { version } = words;
    const followed = words.follow(event);
    addLate(event.number, followed, index);
    const described = 'call' in followed ? followed.call : undefined;
    const shape = this.varied(shapeOf(event.func, event.args, described, event.results));
    const { value } = shape;
    const id = index.shapeId(shape);
    this.calls++;
    index.add(event.number, id, event.startNs, event.durationNs, value);
    // what a handle stands for follows from the calls before
    if (words.version !== version || known.size >= MAX_KNOWN) {
      known.clear();
      return;
    }
    if (!isKeyed || words.mustFollow(event.func.id)) return;
    const { keyBytes, questionKeyLength, callKeyLength } = this.scanner;
    const answer = questionKeyLength < 0 ? undefined : this.scanner.answer();
    const isUnsigned = answer !== undefined && value === rowValue(BigInt.asUintN(64, answer));
    // a number of 64 bits is in the row, and the shape is that of all of them
    if (answer !== undefined && (isUnsigned || value === rowValue(answer))) {
      known.add(keyBytes, questionKeyLength, questionTag(answer), { shape: id, value, isUnsigned });
    } else if (typeof value !== 'string') {
      known.add(keyBytes, callKeyLength, KEY.call, { shape: id, value, isUnsigned });
    }
  }

  /** With its result in the row, if the same question has had other ones. */
  private varied(shape: ValuedShape): ValuedShape {
    const { func, args, result, value, text } = shape;
    if (text === undefined || value !== undefined || result === undefined) return shape;
    if (!this.answers.varies(`${func} ${args}`, text)) return shape;
    return {
      ...shape,
      result: ANY_TEXT,
      valued: true,
      // without its quotes
      value: JSON.stringify(text).slice(1, -1),
    };
  }

  private add(event: Exclude<LogEvent, CallEvent>, index: CallIndex): void {
    const { version } = this.words;
    const followed = this.words.follow(event);
    if (this.words.version !== version) this.known.clear();
    addLate(event.number, followed, index);
    addEntry(event, followed, index);
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
        const shape = this.varied(answered(call, described, returned));
        const durationNs = event.startNs - call.startNs;
        index.add(event.opened, index.shapeId(shape), call.startNs, durationNs, shape.value);
      }
    }
  }
}

/** Where a function of the component is called, goes on, or returns. */
function addEntry(event: LogEvent, followed: Followed, index: CallIndex): void {
  const { number } = event;
  const none = { interface: undefined, name: undefined, args: undefined, result: undefined };
  const opened = 'opened' in event ? event.opened : undefined;
  switch (followed.kind) {
    case 'entered': {
      const { name, interface: from, params, args } = followed;
      const named = Object.fromEntries(args.map((text, i) => [params[i] ?? `${i}`, text]));
      const said = { interface: from, name, args: JSON.stringify(named), result: undefined };
      index.addEntry({ event: number, kind: 'enter', entry: number, ...said });
      break;
    }
    case 'left':
    case 'unwound': {
      const [kind, result] =
        followed.kind === 'left' ? ['leave' as const, followed.result] : ['unwind' as const];
      index.addEntry({ ...none, event: number, kind, entry: opened, result });
      break;
    }
    case 'resumed':
    case 'paused': {
      const { kind, task } = followed;
      const result = kind === 'resumed' ? followed.event : followed.how;
      if (UNTOLD.has(result)) break;
      const said = { interface: task?.interface, name: task?.name, args: undefined, result };
      const how = kind === 'resumed' ? 'resume' : 'pause';
      index.addEntry({ event: number, kind: how, entry: task?.entered, ...said });
    }
  }
}

/** A task that only lets others run is as if it had gone on. */
const UNTOLD: ReadonlySet<string> = new Set(['none', 'yields', 'polls']);

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
    value: value === undefined ? undefined : rowValue(BigInt(value)),
    text: described?.result,
    bytes: described?.bytes,
  };
}

function answered(
  { func, shape }: OpenCall,
  described: DescribedCall | undefined,
  results: readonly CoreValue[] | undefined,
): ValuedShape {
  const { errno, result, bytes, valued, value, text } = shapeOf(func, [], described, results);
  return { ...shape, errno, result, bytes, valued, value, text };
}

/** As it is stored: with as few bytes as it needs, and as text where SQLite has no such integer. */
function rowValue(value: bigint): CallValue {
  if (value >= 0n && value <= MAX_SAFE) return Number(value);
  return BigInt.asIntN(64, value) === value ? value : String(value);
}

function questionTag(answer: bigint): number {
  return answer < 0n ? KEY.questionOfNegative : KEY.question;
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
