/**
 * Answers a guest's imports from the log, and checks at every call that the guest asks what it asked
 * then: function, arguments, memory size, and every byte that the host read. Hot path: walks the encoded
 * bytes itself, no object a call. Knows nothing of WASI (but the shape of a described call); the log says
 * where bytes go.
 */
import { invariant, WasiRrError } from '../errors.ts';
import { ByteInput } from '../traces/byte-input.ts';
import { TYPE_OF_CODE } from '../traces/event-reader.ts';
import type { CoreValue, LoggedFunction, LoggedType } from '../traces/events.ts';
import { FORM, IN_PARTS, INLINE_LIMIT, PART_OF, RECORD } from '../traces/record-kinds.ts';
import type { RecordedCall } from '../wasi/call.ts';
import { throwUncatchable } from '../wasm/uncatchable.ts';
import { type MemoryHasher, memoryHasher } from '../wasm/xxh64.ts';
import type { Divergence, Mismatch } from './divergence.ts';
import { GuestRanges } from './guest-ranges.ts';
import type { LogSource } from './log-source.ts';

/** Why the guest was ended from inside a call. */
export type FeedEnding =
  | { readonly kind: 'diverged'; readonly divergence: Divergence }
  /** All that is recorded has been replayed; the recording goes no further. */
  | { readonly kind: 'log-ended' }
  /**
   * The recorded guest did not go on: the reason stands in the `unwind` event that follows. `call` is the
   * one that did not return; without it the guest got further than then before its stack overflowed.
   */
  | {
      readonly kind: 'unwound';
      readonly call?: { readonly func: LoggedFunction; readonly args: readonly CoreValue[] };
    }
  /** The stack overflows where it did then (overflow.ts). */
  | { readonly kind: 'overflowed' }
  /** The feed itself could not go on: a damaged log, an observer that failed, no stack left. */
  | { readonly kind: 'failed'; readonly error: unknown };

/** Sees every replayed call (output, snapshots, progress). `memory` is the guest's, live. */
export interface CallObserver {
  /** The call matches the recorded one; its effects are not in memory yet. */
  before(event: number, func: LoggedFunction, args: readonly CoreValue[], memory: Uint8Array): void;
  /** Its effects are in memory. Not called for a call that did not return. */
  after(
    event: number,
    func: LoggedFunction,
    args: readonly CoreValue[],
    memory: Uint8Array,
    result: CoreValue | undefined,
  ): void;
  /** Before both: the host read these ranges, which hold what they held then. Good for this call only. */
  reads?(event: number, ranges: GuestRanges): void;
  /** Between the two: the first `length` bytes of these ranges are about to be written. */
  writes?(event: number, ranges: GuestRanges, length: number): void;
}

/** What every end of a call of the guest says. */
interface EndHead {
  /** Event at which that call began; -1 for the instantiation. */
  readonly opened: number;
  readonly pages: number;
}

export class Feed {
  private readonly log: LogSource;
  private readonly observer: CallObserver | undefined;
  private readonly describe:
    | ((name: string, args: readonly CoreValue[], memory: Uint8Array) => RecordedCall)
    | undefined;
  /** One for good: what is half read goes on in the next segment. */
  private readonly input = new ByteInput();
  private memory: WebAssembly.Memory | undefined;
  private bytes = new Uint8Array(0);
  private hasher: MemoryHasher | undefined;
  private readonly ranges = new GuestRanges();
  /** Number of the event that comes next. */
  event = 0;
  ending: FeedEnding | undefined;
  /**
   * Calls after which the recording does not go on return to the stub, with {@link ending} set, instead
   * of ending the guest: a session stands still there.
   */
  endsInPlace = false;

  /** @param describe takes down what a diverging call says, while the memory is as it was */
  constructor(
    log: LogSource,
    observer?: CallObserver,
    describe?: (name: string, args: readonly CoreValue[], memory: Uint8Array) => RecordedCall,
  ) {
    this.log = log;
    this.observer = observer;
    this.describe = describe;
  }

  bind(memory: WebAssembly.Memory): void {
    this.memory = memory;
    this.hasher = memoryHasher(memory);
  }

  /** The function that the guest imports. */
  stub(func: LoggedFunction): (...args: CoreValue[]) => CoreValue | undefined {
    return (a, b, c, d, e, f, g, h, i) =>
      this.call(func, [a, b, c, d, e, f, g, h, i] as readonly CoreValue[]);
  }

  /** Kind of the next event (RECORD), or undefined at the end of the log. Skips parts. */
  peek(): number | undefined {
    if (this.event >= this.log.eventCount) return undefined;
    this.load();
    const { input } = this;
    if (input.bytes[input.at] !== RECORD.part) return input.bytes[input.at];
    const mark = this.log.position(input.at);
    this.skipParts();
    const kind = this.input.bytes[this.input.at];
    this.rewind(mark);
    return kind;
  }

  /** The next event, an `enter`; moves past it. */
  takeEnter(): {
    readonly func: LoggedFunction;
    readonly args: readonly CoreValue[];
    readonly pages: number;
  } {
    this.skipParts();
    const { input } = this;
    invariant(input.byte() === RECORD.enter, 'no enter event');
    const func = this.functionOf(input.varint());
    input.varint();
    const args = func.params.map((type) => input.value(type));
    const pages = input.varint();
    this.done();
    return { func, args, pages };
  }

  /** The next event, a `leave`; moves past it. */
  takeLeave(): EndHead & { readonly results: readonly CoreValue[] } {
    this.skipParts();
    const { input } = this;
    invariant(input.byte() === RECORD.leave, 'no leave event');
    const head = this.readEndHead();
    const results: CoreValue[] = [];
    for (let left = input.byte(); left > 0 && !input.overrun(); left--) {
      results.push(input.value(TYPE_OF_CODE[input.byte()] ?? 'i32'));
    }
    this.done();
    return { ...head, results };
  }

  /** The next event, an `unwind`; moves past it. @returns JSON of an outcome */
  takeUnwind(): EndHead & { readonly reason: string } {
    this.skipParts();
    const { input } = this;
    invariant(input.byte() === RECORD.unwind, 'no unwind event');
    const head = this.readEndHead();
    const reason = input.text();
    this.done();
    return { ...head, reason };
  }

  /** One call of the guest. Ends the guest (see {@link ending}) where the log does not go on so. */
  call(func: LoggedFunction, args: readonly CoreValue[]): CoreValue | undefined {
    try {
      return this.answer(func, args);
    } catch (thrown) {
      if (this.ending !== undefined) throw thrown;
      // a guest's catch_all takes any other exception of JavaScript, and would go on
      return this.end({ kind: 'failed', error: thrown });
    }
  }

  private answer(func: LoggedFunction, args: readonly CoreValue[]): CoreValue | undefined {
    if (this.ending !== undefined) return throwUncatchable();
    if (this.event >= this.log.eventCount) return this.end({ kind: 'log-ended' });
    this.load();
    if (this.bytes.length === 0) this.refresh();
    let mark = -1;
    if (this.input.bytes[this.input.at] === RECORD.part) {
      mark = this.log.position(this.input.at);
      this.skipParts();
    }
    const { input } = this;
    const kind = input.byte();
    if (kind !== RECORD.call && kind !== RECORD.open) {
      // a stack overflow comes at a depth of the engine's choosing: the recorded end is the end
      if (kind === RECORD.unwind && this.unwindsByOverflow()) return this.end({ kind: 'unwound' });
      return this.diverge(func, args, { what: 'extra-call' });
    }
    const id = input.varint();
    if (id !== func.id) return this.diverge(func, args, { what: 'function' });
    // the time before the call
    input.varint();
    const { params } = func;
    for (let i = 0; i < params.length; i++) {
      const recorded = input.value(params[i] as LoggedType);
      if (!same(recorded, args[i] as CoreValue)) {
        return this.diverge(func, args, {
          what: 'argument',
          index: i,
          recorded,
          actual: args[i] as CoreValue,
        });
      }
    }
    const mismatch = this.checkReads(args, mark);
    if (mismatch !== undefined) return this.diverge(func, args, mismatch);
    if (kind === RECORD.open) {
      this.checkPages(func, args);
      this.observer?.before(this.event, func, args, this.bytes);
      this.done();
      return this.endAfter(
        this.event >= this.log.eventCount
          ? { kind: 'log-ended' }
          : { kind: 'unwound', call: { func, args } },
      );
    }
    // its duration
    input.varint();
    this.checkPages(func, args);
    const result =
      func.results.length === 0 ? undefined : input.value(func.results[0] as LoggedType);
    this.observer?.before(this.event, func, args, this.bytes);
    this.applyEffects(args, mark);
    this.observer?.after(this.event, func, args, this.bytes, result);
    this.done();
    // what the guest did after the last recorded event is not known to end at all
    if (this.event >= this.log.eventCount) return this.endAfter({ kind: 'log-ended' }, result);
    return result;
  }

  private checkReads(args: readonly CoreValue[], mark: number): Mismatch | undefined {
    const { input, ranges } = this;
    const count = input.byte();
    if (count === 0) return undefined;
    ranges.reset();
    for (let i = 0; i < count; i++) {
      const tag = input.byte();
      const form = tag >> 4;
      const address = form === FORM.absolute ? input.varint() : this.u32(args[tag & 15]);
      if (form === FORM.absolute || form === FORM.pointer) {
        ranges.addRange(address, input.varint(), this.bytes);
      } else {
        const entries = this.u32(args[(tag & 15) + 1]);
        ranges.addVector(address, entries, this.bytes, form === FORM.gather);
      }
    }
    const length = input.varint();
    const kept = input.varint();
    if (length !== ranges.total) return { what: 'length', recorded: length, actual: ranges.total };
    const recordedHash = kept < length ? input.u64() : undefined;
    const difference =
      kept > INLINE_LIMIT
        ? this.compareParts(mark)
        : ranges.compare(input.take(kept), 0, this.bytes);
    if (difference !== undefined) return { what: 'bytes', ...difference };
    if (recordedHash !== undefined && recordedHash !== this.hashRanges())
      return { what: 'hash', kept };
    this.observer?.reads?.(this.event, ranges);
    return undefined;
  }

  /** An argument that leads to a place: a pointer, or a number of entries. */
  private u32(arg: CoreValue | undefined): number {
    return typeof arg === 'number' ? arg >>> 0 : this.corrupt('a place that no argument leads to');
  }

  private hashRanges(): bigint {
    const { ranges, hasher } = this;
    invariant(hasher, 'bytes of a guest without memory');
    let hash = 0n;
    for (let i = 0; i < ranges.count; i++) hash = hasher(ranges.address(i), ranges.length(i), hash);
    return hash;
  }

  private compareParts(mark: number) {
    let offset = 0;
    let found: ReturnType<GuestRanges['compare']>;
    this.eachPart(mark, (of, _index, bytes) => {
      if (of !== PART_OF.reads) return;
      found ??= this.ranges.compare(bytes, offset, this.bytes);
      offset += bytes.length;
    });
    return found;
  }

  private applyEffects(args: readonly CoreValue[], mark: number): void {
    const { input, ranges } = this;
    const count = input.byte();
    for (let index = 0; index < count; index++) {
      const tag = input.byte();
      const form = (tag >> 4) & ~IN_PARTS;
      const inParts = ((tag >> 4) & IN_PARTS) !== 0;
      const address = form === FORM.absolute ? input.varint() : this.u32(args[tag & 15]);
      const length = input.varint();
      ranges.reset();
      if (form === FORM.vector) {
        const entries = this.u32(args[(tag & 15) + 1]);
        ranges.addVector(address, entries, this.bytes, true);
        // the list itself is no place to write to
        ranges.dropFirst();
      } else ranges.addRange(address, length, this.bytes);
      if (ranges.total < length) this.corrupt('an effect that lies outside of the memory');
      this.observer?.writes?.(this.event, ranges, length);
      if (!inParts) {
        ranges.write(input.take(length), 0, this.bytes);
        continue;
      }
      let offset = 0;
      this.eachPart(mark, (of, part, bytes) => {
        if (of !== PART_OF.effect || part !== index) return;
        ranges.write(bytes, offset, this.bytes);
        offset += bytes.length;
      });
      if (offset !== length) this.corrupt('an effect whose parts are missing');
    }
  }

  /** Says what is wrong with the event that comes next. @throws WasiRrError SEGMENT_CORRUPT */
  corrupt(what: string): never {
    throw new WasiRrError(
      'SEGMENT_CORRUPT',
      `the log is damaged at event ${this.event}: ${what}. Record the run again.`,
      { event: this.event },
    );
  }

  /** Calls `visit` for each part of the event that is being read, which may begin segments before. */
  private eachPart(
    mark: number,
    visit: (of: number, index: number, bytes: Uint8Array) => void,
  ): void {
    if (mark < 0) this.corrupt('an event whose parts are missing');
    const back = this.log.position(this.input.at);
    this.rewind(mark);
    while (this.input.bytes[this.input.at] === RECORD.part) {
      this.input.at++;
      const of = this.input.byte();
      const index = of === PART_OF.effect ? this.input.byte() : 0;
      visit(of, index, this.input.take(this.input.varint()));
      if (this.input.overrun()) this.corrupt('a part that reaches beyond its end');
      this.load();
    }
    this.rewind(back);
  }

  private skipParts(): void {
    while (this.input.bytes[this.input.at] === RECORD.part) {
      this.input.at++;
      if (this.input.byte() === PART_OF.effect) this.input.byte();
      this.input.take(this.input.varint());
      if (this.input.overrun()) this.corrupt('a part that reaches beyond its end');
      this.load();
    }
  }

  private checkPages(func: LoggedFunction, args: readonly CoreValue[]): void {
    const recorded = this.input.varint();
    const actual = this.bytes.length / 65536;
    if (recorded !== actual) this.diverge(func, args, { what: 'memory-size', recorded, actual });
  }

  /** Size of the guest's memory, in pages of 64 KiB. */
  pages(): number {
    return this.memory === undefined ? 0 : this.memory.buffer.byteLength / 65536;
  }

  private unwindsByOverflow(): boolean {
    const { input } = this;
    const at = input.at;
    this.readEndHead();
    const overflow = input.text().includes('"kind":"stack-overflow"');
    input.at = at - 1;
    return overflow;
  }

  private readEndHead(): EndHead {
    const { input } = this;
    const opened = this.event - input.varint();
    // the time before it
    input.varint();
    return { opened, pages: input.varint() };
  }

  private functionOf(id: number): LoggedFunction {
    return (
      this.log.functions.get(id) ?? this.corrupt(`function ${id}, which the trace does not list`)
    );
  }

  /** Makes the next record the one at `input.at`; goes on to the next segment where this one ends. */
  private load(): void {
    while (this.input.at >= this.input.end) {
      const bytes = this.log.next();
      if (bytes === undefined) this.corrupt('the log ends too early');
      else this.input.reset(bytes);
    }
  }

  private rewind(position: number): void {
    const { bytes, at } = this.log.seek(position);
    if (bytes !== this.input.bytes) this.input.reset(bytes);
    this.input.at = at;
  }

  private done(): void {
    if (this.input.overrun()) this.corrupt('an event that reaches beyond its end');
    this.event++;
  }

  private refresh(): void {
    if (this.memory !== undefined) this.bytes = new Uint8Array(this.memory.buffer);
  }

  private endAfter(ending: FeedEnding, result?: CoreValue): CoreValue | undefined {
    if (!this.endsInPlace) return this.end(ending);
    this.ending = ending;
    return result;
  }

  private end(ending: FeedEnding): never {
    this.ending = ending;
    return throwUncatchable();
  }

  private diverge(func: LoggedFunction, args: readonly CoreValue[], mismatch: Mismatch): never {
    const values = args.slice(0, func.params.length);
    const actual = { func, args: values, call: this.describe?.(func.name, values, this.bytes) };
    const { stack = '' } = new Error('divergence');
    return this.end({
      kind: 'diverged',
      divergence: { event: this.event, mismatch, actual, stack },
    });
  }
}

function same(a: CoreValue, b: CoreValue): boolean {
  return a === b || Object.is(a, b);
}
