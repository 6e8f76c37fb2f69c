/**
 * Decodes the records of uncompressed segments into event objects. For people and for the index; replay
 * walks the same bytes itself (replayer/feed.ts), since an object per event costs more than the event.
 * Knows no WASI. Throws SEGMENT_CORRUPT for bytes that are no log.
 */
import { WasiRrError } from '../errors.ts';
import { ByteInput } from './byte-input.ts';
import {
  type CallEvent,
  type CoreValue,
  type Effect,
  type HostChange,
  type HostOutput,
  type HostReads,
  type LeaveEvent,
  type LogEvent,
  type LoggedFunction,
  type LoggedType,
  MAX_SHOWN_BYTES,
  type OpenEvent,
  type Place,
} from './events.ts';
import { FORM, IN_PARTS, INLINE_LIMIT, OUTPUT_STREAM, PART_OF, RECORD } from './record-kinds.ts';

const NO_BYTES = new Uint8Array(0);
const NO_READS: HostReads = { places: [], length: 0, kept: NO_BYTES, hash: undefined };

/** Bytes of `part` records that wait for their event: the first ones, and how many there were. */
interface Parts {
  readonly chunks: Uint8Array[];
  kept: number;
  length: number;
}

/** What lies in memory of the results of an export. */
type ReturnedReads = Pick<LeaveEvent, 'memory' | 'hostReads'>;

export class EventReader {
  private readonly functions: ReadonlyMap<number, LoggedFunction>;
  private readonly input = new ByteInput();
  private number: number;
  private clockNs: number;
  private segment = 0;
  /** The event of which only the end is fed: what it took along is not all there. */
  private readonly cutOff: number;
  private readonly parts = new Map<number, Parts>();
  /** What stands before the next event of a component. */
  private changes: HostChange[] = [];
  private outputs: HostOutput[] = [];
  private returned: ReturnedReads | undefined;

  /**
   * @param number the number that the next event gets
   * @param clockNs nanoseconds since the recording's start at which the event before it ended
   * @param beganBefore parts of that event stand before what is fed; it then lacks bytes
   */
  constructor(
    functions: ReadonlyMap<number, LoggedFunction>,
    number: number,
    clockNs: number,
    beganBefore = false,
  ) {
    this.functions = functions;
    this.number = number;
    this.clockNs = clockNs;
    this.cutOff = beganBefore ? number : -1;
  }

  /** The number that the next event gets. */
  get nextNumber(): number {
    return this.number;
  }

  /** Nanoseconds since the recording's start at which the last event ended. */
  get nowNs(): number {
    return this.clockNs;
  }

  /** Whether parts of an event have been read whose event has not. */
  get hasParts(): boolean {
    const waiting = this.parts.size + this.changes.length + this.outputs.length;
    return waiting > 0 || this.returned !== undefined;
  }

  /** Goes on with the bytes of the next segment. `bytes` are viewed, not copied. */
  feed(bytes: Uint8Array, segment: number): void {
    this.input.reset(bytes);
    this.segment = segment;
  }

  /** Goes on at another event; see the constructor. */
  resume(number: number, clockNs: number): void {
    this.number = number;
    this.clockNs = clockNs;
    this.parts.clear();
    this.changes = [];
    this.outputs = [];
    this.returned = undefined;
  }

  /** What was fed goes away before the event is there to which it belongs. */
  keep(): void {
    this.changes = this.changes.map((change) =>
      change.kind === 'write' ? { ...change, bytes: change.bytes.slice() } : change,
    );
    this.outputs = this.outputs.map((output) => ({ ...output, bytes: output.bytes.slice() }));
    const { hostReads } = this.returned ?? {};
    if (hostReads === undefined) return;
    this.returned = { ...this.returned, hostReads: { ...hostReads, kept: hostReads.kept.slice() } };
  }

  /** How many of the fed bytes have been read. */
  get consumed(): number {
    return this.input.at;
  }

  /** Goes on at another of the fed bytes. */
  skipTo(at: number): void {
    this.input.at = at;
  }

  /** The next event, or undefined where the bytes end. Byte fields are views of the fed bytes. */
  next(): LogEvent | undefined {
    while (this.input.at < this.input.end) {
      const event = this.nextRecord();
      if (event !== undefined) return event;
    }
    return undefined;
  }

  /** Reads one record: an event, or a part of one (undefined). */
  nextRecord(): LogEvent | undefined {
    const { input } = this;
    const kind = input.byte();
    if (this.readAside(kind)) {
      if (input.overrun()) this.corrupt('a part reaches beyond its end');
      return undefined;
    }
    const event = this.readEvent(kind);
    if (input.overrun()) this.corrupt('an event reaches beyond its end');
    this.parts.clear();
    this.number++;
    const { changes, outputs, returned } = this;
    if (returned !== undefined && event.kind !== 'leave')
      this.corrupt('results of what did not return');
    if (changes.length + outputs.length === 0 && returned === undefined) return event;
    this.changes = [];
    this.outputs = [];
    this.returned = undefined;
    return { ...event, ...returned, changes, outputs };
  }

  /** Reads a record that is no event, but belongs to the one that follows. @returns whether it is one */
  private readAside(kind: number): boolean {
    switch (kind) {
      case RECORD.part:
        this.readPart();
        return true;
      case RECORD.write:
        this.changes.push(this.readWrite());
        return true;
      case RECORD.global:
        this.changes.push({
          kind: 'global',
          global: this.input.varint(),
          value: this.readTyped(),
        });
        return true;
      case RECORD.reads: {
        const memory = this.input.varint();
        this.returned = { memory, hostReads: this.readReads() };
        return true;
      }
      case RECORD.output:
        this.outputs.push(this.readOutput());
        return true;
      default:
        return false;
    }
  }

  private readEvent(kind: number): LogEvent {
    switch (kind) {
      case RECORD.call:
        return this.readCall();
      case RECORD.open:
        return this.readOpen();
      case RECORD.enter:
      case RECORD.enterAsync:
        return this.readEnter(kind === RECORD.enterAsync);
      case RECORD.leave:
      case RECORD.unwind:
      case RECORD.return:
      case RECORD.throw:
      case RECORD.suspend:
        return this.readEnd(kind);
      case RECORD.instantiate:
        return this.readInstantiate();
      default:
        return this.corrupt(`an event of unknown kind ${kind}`);
    }
  }

  private readCall(): CallEvent {
    const { input, number } = this;
    const func = this.readFunction('import');
    const startNs = this.clockNs + input.varint();
    const args = this.readValues(func.params);
    const hostReads = this.readReads();
    const durationNs = input.varint();
    this.clockNs = startNs + durationNs;
    const pages = input.varint();
    const results = this.readValues(func.results);
    const effects = this.readEffects();
    const result = typeof results[0] === 'number' ? results[0] : undefined;
    return {
      kind: 'call',
      number,
      func,
      name: func.name,
      startNs,
      durationNs,
      pages,
      args,
      hostReads,
      reads: hostReads.kept,
      readLength: hostReads.length,
      result,
      results,
      effects,
    };
  }

  private readOpen(): OpenEvent {
    const { input, number } = this;
    const func = this.readFunction('import');
    const startNs = this.advance();
    const args = this.readValues(func.params);
    const hostReads = this.readReads();
    const pages = input.varint();
    return {
      kind: 'open',
      number,
      func,
      name: func.name,
      startNs,
      pages,
      args,
      hostReads,
      reads: hostReads.kept,
      readLength: hostReads.length,
      result: undefined,
      effects: [],
    };
  }

  private readEnter(async: boolean): LogEvent {
    const { number } = this;
    const func = this.readFunction('export');
    const startNs = this.advance();
    const args = this.readValues(func.params);
    const pages = this.input.varint();
    return { kind: 'enter', number, func, startNs, args, pages, ...(async && { async }) };
  }

  private readInstantiate(): LogEvent {
    const { input, number } = this;
    const startNs = this.advance();
    const instance = input.varint();
    return { kind: 'instantiate', number, startNs, instance, pages: input.varint() };
  }

  private readWrite(): HostChange {
    const { input } = this;
    const memory = input.varint();
    const address = input.varint();
    return { kind: 'write', memory, address, bytes: input.take(input.varint()) };
  }

  private readOutput(): HostOutput {
    const { input } = this;
    const stream = input.byte() === OUTPUT_STREAM.stderr ? 'stderr' : 'stdout';
    return { stream, bytes: input.take(input.varint()) };
  }

  private readEnd(kind: number): LogEvent {
    const { input, number } = this;
    const back = input.varint();
    if (back > number + 1) this.corrupt('an end without its beginning');
    // an instantiation has no event of its own, so its end points at -1
    const opened = number - back;
    const startNs = this.advance();
    const pages = input.varint();
    const base = { number, opened, startNs, pages };
    switch (kind) {
      case RECORD.unwind:
        return { kind: 'unwind', ...base, reason: input.text() };
      case RECORD.throw:
        return { kind: 'throw', ...base, message: input.text() };
      case RECORD.suspend:
        return { kind: 'suspend', ...base };
    }
    // results stand with their types, so that the end can be read without its beginning
    const results: CoreValue[] = [];
    for (let left = input.byte(); left > 0 && !input.overrun(); left--) {
      results.push(this.readTyped());
    }
    return { kind: kind === RECORD.return ? 'return' : 'leave', ...base, results };
  }

  private readTyped(): CoreValue {
    return this.input.value(TYPE_OF_CODE[this.input.byte()] ?? 'i32');
  }

  private advance(): number {
    this.clockNs += this.input.varint();
    return this.clockNs;
  }

  private readFunction(direction: LoggedFunction['direction']): LoggedFunction {
    const id = this.input.varint();
    const func = this.functions.get(id);
    if (func === undefined || func.direction !== direction) {
      return this.corrupt(`function ${id}, which the trace does not list as an ${direction}`);
    }
    return func;
  }

  private readValues(types: readonly LoggedType[]): CoreValue[] {
    const values: CoreValue[] = [];
    for (let i = 0; i < types.length; i++) values.push(this.input.value(types[i] as LoggedType));
    return values;
  }

  private readReads(): HostReads {
    const { input } = this;
    const count = input.byte();
    if (count === 0) return NO_READS;
    const places: Place[] = [];
    for (let i = 0; i < count; i++) places.push(this.readPlace());
    const length = input.varint();
    const keptLength = input.varint();
    const hash = keptLength < length ? input.u64() : undefined;
    const inline = keptLength <= INLINE_LIMIT;
    const kept = inline ? input.take(keptLength) : this.takeParts(readsKey, keptLength);
    return { places, length, kept, hash };
  }

  private readPlace(): Place {
    const { input } = this;
    const tag = input.byte();
    const param = tag & 15;
    switch (tag >> 4) {
      case FORM.absolute:
        return { form: 'absolute', address: input.varint(), length: input.varint() };
      case FORM.pointer:
        return { form: 'pointer', param, length: input.varint() };
      case FORM.vector:
        return { form: 'vector', param };
      case FORM.gather:
        return { form: 'gather', param };
      default:
        return this.corrupt('a place of unknown form');
    }
  }

  private readEffects(): Effect[] {
    const { input } = this;
    const count = input.byte();
    const effects: Effect[] = [];
    for (let i = 0; i < count; i++) {
      const tag = input.byte();
      const form = EFFECT_FORMS[(tag >> 4) & ~IN_PARTS];
      if (form === undefined) return this.corrupt('an effect of unknown form');
      const address = form === 'absolute' ? input.varint() : 0;
      const length = input.varint();
      const inParts = ((tag >> 4) & IN_PARTS) !== 0;
      const bytes = inParts ? this.takeParts(i, length) : input.take(length);
      effects.push({ form, param: form === 'absolute' ? -1 : tag & 15, address, length, bytes });
    }
    return effects;
  }

  private readPart(): void {
    const { input } = this;
    const key = input.byte() === PART_OF.reads ? readsKey : input.byte();
    const bytes = input.take(input.varint());
    let parts = this.parts.get(key);
    if (parts === undefined) {
      parts = { chunks: [], kept: 0, length: 0 };
      this.parts.set(key, parts);
    }
    parts.length += bytes.length;
    const room = MAX_SHOWN_BYTES - parts.kept;
    if (room > 0) {
      // copied: the segment's bytes may be gone when the event is complete
      parts.chunks.push(bytes.slice(0, room));
      parts.kept += Math.min(room, bytes.length);
    }
  }

  private takeParts(key: number, length: number): Uint8Array {
    const parts = this.parts.get(key);
    if (this.number === this.cutOff) return Buffer.concat(parts?.chunks ?? []);
    if (parts?.length !== length) return this.corrupt('an event whose parts are missing');
    return Buffer.concat(parts.chunks);
  }

  private corrupt(what: string): never {
    throw new WasiRrError(
      'SEGMENT_CORRUPT',
      `segment ${this.segment} is damaged: ${what} (at event ${this.number}). ` +
        'Events before it can still be read; record the run again for the rest.',
      { event: this.number },
    );
  }
}

const readsKey = -1;
const EFFECT_FORMS: readonly (Effect['form'] | undefined)[] = ['absolute', 'pointer', 'vector'];

/** Codes of value types in `leave` records. */
export const TYPE_OF_CODE: readonly LoggedType[] = ['i32', 'i64', 'f32', 'f64'];
