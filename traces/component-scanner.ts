/**
 * Reads the log of a component for its index, and passes over calls that were seen before without decoding them: two
 * with the same key are the same in everything but time. Hot path: an event as objects, put into a key of text, took
 * five times as long as a look at its bytes.
 */
import { ByteInput } from './byte-input.ts';
import { EventReader } from './event-reader.ts';
import type { LogEvent, LoggedFunction, LoggedType } from './events.ts';
import { FORM, INLINE_LIMIT, RECORD } from './record-kinds.ts';

/** Longer keys are not made: what a call with so much data says is new anyway. */
const MAX_KEY = 256;

export class ComponentScanner {
  private readonly functions: ReadonlyMap<number, LoggedFunction>;
  private readonly reader: EventReader;
  private readonly input = new ByteInput();
  /** Where what belongs to the next event begins. */
  private from = 0;
  /** Where the call ends that {@link peek} found, and when. */
  private callEnd = 0;
  private endNs = 0;
  private events = 0;
  private clockNs = 0;
  /** The reader has read what stands before an event that was not there yet. */
  private waiting = false;
  /** The call in bytes, up to a key's length. Overwritten by {@link peek}. */
  readonly keyBytes = new Uint8Array(MAX_KEY);
  private keyLength = -1;
  private questionLength = -1;
  /** Where the only result stands, if it has 64 bits; else -1. */
  private answerAt = -1;

  /** Start and duration of the call that {@link peek} found. */
  startNs = 0;
  durationNs = 0;
  /** Size of all memories after the last event, in pages of 64 KiB. */
  pages = 0;
  private pagesAfter = 0;

  constructor(functions: ReadonlyMap<number, LoggedFunction>) {
    this.functions = functions;
    this.reader = new EventReader(functions, 0, 0);
  }

  /** How many events have been passed; the number of the next one. */
  get eventCount(): number {
    return this.events;
  }

  /** Nanoseconds since the recording's start at which the last event ended. */
  get nowNs(): number {
    return this.clockNs;
  }

  /** Whether something was read that belongs to an event which was not. */
  get hasParts(): boolean {
    return this.waiting;
  }

  /** Goes on with more whole records, which may be reused once {@link next} has no more. */
  feed(bytes: Uint8Array): void {
    this.input.reset(bytes);
    this.reader.feed(bytes, 0);
    this.from = 0;
  }

  /**
   * Looks at the next event. @returns whether it is a call that was answered at once, with everything in its record
   * or in writes before it, and short enough for a key
   */
  peek(): boolean {
    const { input } = this;
    this.keyLength = this.waiting ? -1 : 0;
    this.questionLength = -1;
    this.answerAt = -1;
    input.at = this.from;
    while (this.keyLength >= 0 && input.at < input.end) {
      const kind = input.bytes[input.at];
      if (kind === RECORD.call) return this.scanCall() && !input.overrun() && this.keyLength >= 0;
      if (kind !== RECORD.write) break;
      this.scanWrite();
    }
    this.keyLength = -1;
    return false;
  }

  /**
   * Length in {@link keyBytes} of what equals that of another call only if both ask the same and nothing was written;
   * -1 for none.
   */
  get questionKeyLength(): number {
    return this.keyLength < 0 ? -1 : this.questionLength;
  }

  /** Length of what equals that of another call only if both say the same; -1 for none. */
  get callKeyLength(): number {
    return this.keyLength;
  }

  /** The only result of the call that {@link peek} found, where that has 64 bits. */
  answer(): bigint | undefined {
    if (this.answerAt < 0) return undefined;
    const { input } = this;
    const { at } = input;
    input.at = this.answerAt;
    const answer = input.varint64();
    input.at = at;
    return answer;
  }

  /** Goes on behind the call that {@link peek} found. */
  pass(): void {
    this.from = this.callEnd;
    this.clockNs = this.endNs;
    this.pages = this.pagesAfter;
    this.events++;
  }

  /** The next event, decoded; undefined where the bytes end. Leaves what {@link peek} found. */
  next(): LogEvent | undefined {
    const { input, reader } = this;
    if (this.from >= input.end) return undefined;
    if (!this.waiting) reader.resume(this.events, this.clockNs);
    reader.skipTo(this.from);
    const event = reader.next();
    this.from = reader.consumed;
    this.waiting = reader.hasParts;
    if (event === undefined) {
      reader.keep();
      return undefined;
    }
    this.events++;
    this.clockNs = reader.nowNs;
    this.pages = event.pages;
    return event;
  }

  private scanWrite(): void {
    const { input } = this;
    const { at } = input;
    input.at++;
    input.varint();
    input.varint();
    input.at += input.varint();
    this.addBytes(at, input.at);
  }

  private scanCall(): boolean {
    const { input } = this;
    const isQuestion = input.at === this.from;
    const at = input.at++;
    const func = this.functions.get(input.varint());
    if (func === undefined) return false;
    this.addBytes(at, input.at);
    this.startNs = this.clockNs + input.varint();
    const askedAt = input.at;
    this.scanValues(func.params);
    if (!this.scanReads()) return false;
    this.addBytes(askedAt, input.at);
    if (isQuestion) this.questionLength = this.keyLength;
    this.durationNs = input.varint();
    this.endNs = this.startNs + this.durationNs;
    this.pagesAfter = input.varint();
    const resultsAt = input.at;
    this.scanValues(func.results);
    if (func.results.length === 1 && func.results[0] === 'i64') this.answerAt = resultsAt;
    this.addBytes(resultsAt, input.at);
    // what hosts of components write stands in records of its own
    const effects = input.byte();
    this.callEnd = input.at;
    return effects === 0;
  }

  private scanValues(types: readonly LoggedType[]): void {
    const { input } = this;
    for (let i = 0; i < types.length; i++) {
      const type = types[i];
      if (type === 'f32' || type === 'f64') input.at += type === 'f32' ? 4 : 8;
      else while (input.byte() >= 0x80);
    }
  }

  private scanReads(): boolean {
    const { input } = this;
    const count = input.byte();
    if (count === 0) return true;
    for (let i = 0; i < count; i++) {
      if (input.byte() >> 4 !== FORM.absolute) return false;
      input.varint();
      input.varint();
    }
    const length = input.varint();
    const kept = input.varint();
    if (kept > INLINE_LIMIT) return false;
    input.at += kept < length ? kept + 8 : kept;
    return true;
  }

  private addBytes(from: number, to: number): void {
    if (this.keyLength < 0) return;
    if (this.keyLength + to - from > MAX_KEY || to > this.input.end) {
      this.keyLength = -1;
      return;
    }
    const { keyBytes, input } = this;
    let length = this.keyLength;
    for (let at = from; at < to; at++) keyBytes[length++] = input.bytes[at] as number;
    this.keyLength = length;
  }
}
