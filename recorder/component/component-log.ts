/**
 * Writes the events of a component into the ring. Hot path, run for every crossing between the core
 * instances and jco's runtime. A call stays half written until the host has answered or something is
 * nested in it; with nothing nested, call and answer are one record. Knows no WASI.
 */
import { invariant } from '../../errors.ts';
import {
  writeEnter,
  writeGlobal,
  writeHostWrite,
  writeInstantiate,
  writeLeave,
  writeOutput,
  writeReturn,
  writeSuspend,
  writeThrow,
  writeUnwind,
} from '../../traces/event-writer.ts';
import type { CoreValue, LoggedFunction, LoggedType } from '../../traces/events.ts';
import { PART_SIZE, RECORD } from '../../traces/record-kinds.ts';
import { HEAD_ROOM } from '../call-log.ts';
import type { RingWriter } from '../ring.ts';
import { type CallReads, type MemoryReads, sizeOfReads, writeReads } from './call-reads.ts';

/** Bytes of a thrown message that are kept. */
const MAX_MESSAGE = 16 << 10;

/** A call that the host has not answered. */
export interface PendingCall {
  readonly func: LoggedFunction;
  /** Its event number. */
  readonly number: number;
  readonly startMs: number;
}

export class ComponentLog {
  private readonly ring: RingWriter;
  private readonly pages: () => number;
  private readonly firstMs = performance.now();
  private lastMs = this.firstMs;
  private half:
    | {
        readonly call: PendingCall;
        readonly args: readonly CoreValue[];
        readonly reads: CallReads | undefined;
        readonly gap: number;
      }
    | undefined;
  /** Where the record of an event is written; undefined where none is. @see recover */
  private writing: number | undefined;
  /** Of that event, by how much it changes how many entries wait for each other. */
  private nesting = 0;
  /** Entries that wait for each other, outermost first, by number. Not those that may suspend. */
  private readonly nested: number[] = [];
  private outputs: { stream: 'stdout' | 'stderr'; bytes: Uint8Array }[] = [];
  /** Number of the event that comes next. */
  next = 0;

  /** @param pages size of all memories together, in 64 KiB */
  constructor(ring: RingWriter, pages: () => number) {
    this.ring = ring;
    this.pages = pages;
  }

  /** Nanoseconds since the recording's start. */
  get nowNs(): number {
    return nanoseconds(performance.now() - this.firstMs);
  }

  /** The call that the host is answering, if nothing is nested in it. */
  get open(): PendingCall | undefined {
    return this.half?.call;
  }

  /** For a later record: what was printed. @param bytes are not copied */
  output(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    this.outputs.push({ stream, bytes });
  }

  /** @param reads what the host will read */
  begin(
    func: LoggedFunction,
    args: readonly CoreValue[],
    reads: CallReads | undefined,
  ): PendingCall {
    this.settle();
    const startMs = performance.now();
    const call = { func, number: this.next, startMs };
    this.half = { call, args, reads, gap: nanoseconds(startMs - this.lastMs) };
    this.lastMs = startMs;
    this.writeHalf(RECORD.call);
    this.ring.markHalf();
    return call;
  }

  /**
   * The stack ran out somewhere, perhaps while an event was written: what was published counts, of a call that
   * was half written only that it was made, and what else was begun does not.
   */
  recover(): void {
    const { ring, writing } = this;
    if (writing !== undefined && ring.start !== writing) this.written();
    this.writing = undefined;
    this.nesting = 0;
    if (this.half === undefined) return;
    ring.dropHalf();
    this.writeHalf(RECORD.open);
    this.settle();
  }

  /** The number of the innermost entry, if it is a later one than `entered` and waits with it. */
  innerEntry(entered: number): number | undefined {
    const inner = this.nested.at(-1);
    return inner !== undefined && inner > entered ? inner : undefined;
  }

  /** Takes no call, so that the stack cannot run out in between. */
  private written(): number {
    const number = this.next;
    this.half = undefined;
    this.writing = undefined;
    if (this.nesting > 0) this.nested[this.nested.length] = number;
    else if (this.nesting < 0) this.nested.length--;
    this.nesting = 0;
    this.next = number + 1;
    return number;
  }

  private writeHalf(kind: number): void {
    const { half, ring } = this;
    invariant(half, 'no call is half written');
    ring.begin(HEAD_ROOM + sizeOfReads(half.reads));
    const { out } = ring;
    out.byte(kind);
    out.varint(half.call.func.id);
    out.varint(half.gap);
    out.values(half.call.func.params, half.args);
    writeReads(out, half.reads);
  }

  /** The call is an event of its own from here on: something else comes before its answer. */
  settle(): void {
    if (this.half === undefined) return;
    const { ring } = this;
    this.writing = ring.start;
    ring.out.bytes[ring.start] = RECORD.open;
    ring.out.varint(this.pages());
    ring.commit(this.lastMs);
    this.written();
  }

  /** Before the host's writes, which stand before the record at which the guest goes on. */
  private isHalf(call: PendingCall): boolean {
    if (this.half?.call !== call) return false;
    this.ring.dropHalf();
    return true;
  }

  /** The host answered. @param changes writes what it changed */
  answered(call: PendingCall, result: unknown, changes: () => void): void {
    const { results } = call.func;
    const values = (Array.isArray(result) ? result : [result]) as CoreValue[];
    if (this.isHalf(call)) {
      const { ring } = this;
      changes();
      this.remarks();
      this.writeHalf(RECORD.call);
      this.writing = ring.start;
      const now = performance.now();
      ring.out.varint(nanoseconds(now - call.startMs));
      ring.out.varint(this.pages());
      ring.out.values(results, values);
      ring.out.byte(0);
      ring.commit(now);
      this.lastMs = now;
      this.written();
      return;
    }
    changes();
    this.event((gap) => {
      const back = this.next - call.number;
      writeReturn(this.ring.out, back, gap, this.pages(), results, values);
    });
  }

  threw(call: PendingCall, message: string, changes: () => void): void {
    this.settle();
    changes();
    const text = message.slice(0, MAX_MESSAGE);
    this.event(
      (gap) => writeThrow(this.ring.out, this.next - call.number, gap, this.pages(), text),
      text.length * 3,
    );
  }

  suspended(call: PendingCall): void {
    this.settle();
    this.event((gap) => writeSuspend(this.ring.out, this.next - call.number, gap, this.pages()));
  }

  /** @returns the event's number */
  instantiate(instance: number, changes: () => void): number {
    this.settle();
    changes();
    return this.event((gap) => writeInstantiate(this.ring.out, gap, instance, this.pages()));
  }

  /** @returns the event's number */
  enter(
    func: LoggedFunction,
    args: readonly CoreValue[],
    async: boolean,
    changes: () => void,
  ): number {
    this.settle();
    changes();
    return this.event(
      (gap) => writeEnter(this.ring.out, func, gap, args, this.pages(), async),
      0,
      async ? 0 : 1,
    );
  }

  /** @param reads what its caller will read of a memory */
  leave(
    entered: number,
    types: readonly LoggedType[],
    returned: unknown,
    reads?: MemoryReads,
  ): void {
    if (reads !== undefined) this.returnedReads(reads);
    const results = (Array.isArray(returned) ? returned : [returned]) as CoreValue[];
    this.event(
      (gap) => writeLeave(this.ring.out, this.next - entered, gap, this.pages(), types, results),
      0,
      this.endOf(entered),
    );
  }

  private returnedReads({ memory, reads }: MemoryReads): void {
    this.ring.begin(HEAD_ROOM + sizeOfReads(reads));
    const { out } = this.ring;
    out.byte(RECORD.reads);
    out.varint(memory);
    writeReads(out, reads);
    this.ring.commit();
  }

  /** @param reason JSON of an outcome */
  unwind(entered: number, reason: string): void {
    this.settle();
    this.event(
      (gap) => writeUnwind(this.ring.out, this.next - entered, gap, this.pages(), reason),
      reason.length * 3,
      this.endOf(entered),
    );
  }

  private endOf(entered: number): number {
    return this.nested.at(-1) === entered ? -1 : 0;
  }

  /** `bytes[from, to)` of a memory, as they are now. */
  writeChange(memory: number, bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at += PART_SIZE) {
      const end = Math.min(to, at + PART_SIZE);
      this.ring.begin(HEAD_ROOM + end - at);
      writeHostWrite(this.ring.out, memory, bytes, at, end);
      this.ring.commit();
    }
  }

  globalChange(global: number, type: LoggedType, value: CoreValue): void {
    this.ring.begin(HEAD_ROOM);
    writeGlobal(this.ring.out, global, type, value);
    this.ring.commit();
  }

  private event(write: (gap: number) => void, room = 0, nesting = 0): number {
    this.remarks();
    this.ring.begin(HEAD_ROOM + room);
    this.writing = this.ring.start;
    this.nesting = nesting;
    const now = performance.now();
    write(nanoseconds(now - this.lastMs));
    this.ring.commit(now);
    this.lastMs = now;
    return this.written();
  }

  private remarks(): void {
    const { outputs, ring } = this;
    if (outputs.length === 0) return;
    this.outputs = [];
    for (const { stream, bytes } of outputs) {
      for (let at = 0; at < bytes.length; at += PART_SIZE) {
        const end = Math.min(bytes.length, at + PART_SIZE);
        ring.begin(HEAD_ROOM + end - at);
        writeOutput(ring.out, stream, bytes, at, end);
        ring.commit();
      }
    }
  }
}

function nanoseconds(ms: number): number {
  return ms > 0 ? Math.round(ms * 1e6) : 0;
}
