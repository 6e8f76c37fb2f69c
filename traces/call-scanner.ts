/**
 * Walks the records of a log without decoding them, for who has seen most of the calls before: two calls
 * with the same key are the same in everything but time and bulk data. Hot path of the recorder's index:
 * putting a new call into words takes 1.6 µs, a look at its bytes 0.1 to 0.2 µs (bench/micro.ts).
 */
import { WasiRrError } from '../errors.ts';
import { ByteInput } from './byte-input.ts';
import { EventReader } from './event-reader.ts';
import type { CallEvent, LoggedFunction, LoggedType, OpenEvent } from './events.ts';
import { FORM, IN_PARTS, INLINE_LIMIT, MAX_PARAMS, RECORD } from './record-kinds.ts';

/** Longer keys are not made: what a call with so much data says is new anyway. */
const MAX_KEY = 256;

/** Bytes of an entry of an iovec array. */
const ENTRY = 8;

export class CallScanner {
  private readonly functions: ReadonlyMap<number, LoggedFunction>;
  private readonly reader: EventReader;
  private readonly input = new ByteInput();
  private recordAt = 0;
  private startedNs = 0;
  /** The call in bytes, from the beginning up to a key's length. Overwritten by {@link next}. */
  readonly keyBytes = new Uint8Array(MAX_KEY);
  private keyLength = 0;
  /** How much of the key is there without what the host wrote. */
  private questionLength = 0;
  /** Where the only effect stands, if it has 8 bytes; else -1. */
  private answerAt = -1;
  private readonly args = new Float64Array(MAX_PARAMS);
  private eventsEnded = 0;
  private clockNs = 0;
  private partsWaiting = false;

  /** Number, start and duration of the call that {@link next} found. */
  number = 0;
  startNs = 0;
  durationNs: number | undefined;
  /** Pages of memory after the last event. */
  pages = 0;

  constructor(functions: ReadonlyMap<number, LoggedFunction>) {
    this.functions = functions;
    this.reader = new EventReader(functions, 0, 0);
  }

  /** How many events have been read. */
  get eventCount(): number {
    return this.eventsEnded;
  }

  /** Nanoseconds since the recording's start at which the last event ended. */
  get nowNs(): number {
    return this.clockNs;
  }

  /** Whether parts of an event have been read whose event has not. */
  get hasParts(): boolean {
    return this.partsWaiting;
  }

  /** Goes on with more whole records. They are viewed, not copied. */
  feed(bytes: Uint8Array): void {
    this.input.reset(bytes);
  }

  /** Goes on to the next call; other events are passed over. False where the bytes end. */
  next(): boolean {
    const { input } = this;
    while (input.at < input.end) {
      this.recordAt = input.at;
      this.startedNs = this.clockNs;
      this.keyLength = -1;
      this.answerAt = -1;
      const kind = input.bytes[input.at];
      if (kind === RECORD.call && !this.partsWaiting) {
        input.at++;
        this.scanCall();
        if (input.overrun()) throw unreadable(this.eventsEnded);
        this.eventsEnded++;
        return true;
      }
      if (this.readOther()) return true;
    }
    return false;
  }

  /**
   * Length of what equals that of another call only if both ask the same and got answers of the same size, in
   * {@link keyBytes}; -1 for a long one.
   */
  get questionKeyLength(): number {
    return this.keyLength < 0 ? -1 : this.questionLength;
  }

  /** Length of what equals that of another call only if both say the same, bulk data apart; -1 for a long one. */
  get callKeyLength(): number {
    return this.keyLength;
  }

  /**
   * What the host wrote, where that is one number of 64 bits: a number up to 2^53, above it a bigint.
   */
  answer(): number | bigint | undefined {
    if (this.answerAt < 0) return undefined;
    const low = this.u32(this.answerAt);
    const high = this.u32(this.answerAt + 4);
    return high < 2 ** 21 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);
  }

  private u32(at: number): number {
    const { bytes } = this.input;
    let value = 0;
    for (let i = 3; i >= 0; i--) value = value * 256 + (bytes[at + i] as number);
    return value;
  }

  /** The call that {@link next} found, decoded. */
  call(): CallEvent | OpenEvent {
    if (this.other !== undefined) return this.other;
    this.reader.resume(this.number, this.startedNs);
    this.reader.feed(this.input.bytes.subarray(this.recordAt, this.input.at), 0);
    const event = this.reader.next();
    if (event?.kind !== 'call') throw unreadable(this.number);
    return event;
  }

  private other: CallEvent | OpenEvent | undefined;

  /** Everything but a plain call goes through the decoder. @returns whether it is a call */
  private readOther(): boolean {
    const { input, reader } = this;
    // parts collect in the reader until their event comes, possibly in the next bytes
    if (!this.partsWaiting) reader.resume(this.eventsEnded, this.clockNs);
    reader.feed(input.bytes.subarray(input.at), 0);
    const event = reader.nextRecord();
    input.at += reader.consumed;
    this.partsWaiting = reader.hasParts;
    this.other = undefined;
    if (event === undefined) return false;
    this.number = event.number;
    this.startNs = event.startNs;
    this.pages = event.pages;
    this.eventsEnded++;
    this.clockNs = reader.nowNs;
    if (event.kind !== 'call' && event.kind !== 'open') return false;
    this.durationNs = event.kind === 'call' ? event.durationNs : undefined;
    this.other = event;
    return true;
  }

  private scanCall(): void {
    const { input } = this;
    const id = input.varint();
    const func = this.functions.get(id);
    if (func === undefined) throw unreadable(this.eventsEnded);
    this.other = undefined;
    this.number = this.eventsEnded;
    this.startNs = this.clockNs + input.varint();
    this.keyLength = 0;
    this.addByte(id & 255);
    this.addByte(id >> 8);
    const argsAt = input.at;
    const { params } = func;
    for (let i = 0; i < params.length; i++) this.args[i] = this.scanValue(params[i] as LoggedType);
    const contentsAt = this.scanReads();
    this.addBytes(argsAt, Math.min(contentsAt, input.at));
    this.durationNs = input.varint();
    this.clockNs = this.startNs + this.durationNs;
    this.pages = input.varint();
    this.scanAnswer(func);
  }

  private scanValue(type: LoggedType): number {
    const { input } = this;
    if (type === 'i32' || type === 'funcref') return input.varint();
    if (type === 'f32' || type === 'f64') input.at += type === 'f32' ? 4 : 8;
    else while (input.byte() >= 0x80);
    return 0;
  }

  /** @returns where the contents of buffers begin, which are no part of the key */
  private scanReads(): number {
    const { input } = this;
    const count = input.byte();
    if (count === 0) return input.at;
    let before = 0;
    let contents = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const tag = input.byte();
      const form = tag >> 4;
      if (form === FORM.absolute) input.varint();
      if (form === FORM.absolute || form === FORM.pointer) before += input.varint();
      else before += (this.args[(tag & 15) + 1] as number) * ENTRY;
      if (form === FORM.gather) contents = Math.min(contents, before);
    }
    const length = input.varint();
    const kept = input.varint();
    if (kept < length) input.at += 8;
    if (kept > INLINE_LIMIT) this.keyLength = -1;
    else input.at += kept;
    return input.at - kept + Math.min(kept, contents);
  }

  private scanAnswer(func: LoggedFunction): void {
    const { input } = this;
    const resultsAt = input.at;
    for (let i = 0; i < func.results.length; i++) this.scanValue(func.results[i] as LoggedType);
    const count = input.byte();
    this.addBytes(resultsAt, input.at);
    // first what is said of the effects, then what is in them
    const effectsAt = input.at;
    for (let i = 0; i < count; i++) {
      const headAt = input.at;
      const tag = input.byte();
      const form = (tag >> 4) & ~IN_PARTS;
      if (form === FORM.absolute) input.varint();
      const length = input.varint();
      this.addBytes(headAt, input.at);
      if (((tag >> 4) & IN_PARTS) !== 0) this.keyLength = -1;
      else {
        if (count === 1 && length === 8 && form === FORM.pointer) this.answerAt = input.at;
        input.at += length;
      }
    }
    this.questionLength = this.keyLength;
    if (this.keyLength < 0) return;
    const end = input.at;
    input.at = effectsAt;
    for (let i = 0; i < count; i++) {
      const form = (input.byte() >> 4) & ~IN_PARTS;
      if (form === FORM.absolute) input.varint();
      const length = input.varint();
      // what is scattered over buffers is bulk data
      if (form !== FORM.vector) this.addBytes(input.at, input.at + length);
      input.at += length;
    }
    input.at = end;
  }

  private addByte(value: number): void {
    this.keyBytes[this.keyLength++] = value;
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

function unreadable(event: number): WasiRrError {
  return new WasiRrError(
    'SEGMENT_CORRUPT',
    `the log is damaged at event ${event}. Record the run again.`,
    { event },
  );
}
