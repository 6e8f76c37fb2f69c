/**
 * The interposing layer: a function in place of every import, which logs the call before and after the
 * host answers it. Hot path, run for every WASI call in the guest's thread; bench/ measures it. Rules of
 * what the host reads and writes come from the table in wasi/; nothing here knows a single function.
 */
import { messageOf } from '../errors.ts';
import { writeEnter, writeLeave, writeUnwind } from '../traces/event-writer.ts';
import type { CoreValue, LoggedFunction, LoggedType } from '../traces/events.ts';
import type { Outcome } from '../traces/outcome.ts';
import {
  FORM,
  IN_PARTS,
  INLINE_LIMIT,
  PART_OF,
  PART_SIZE,
  RECORD,
} from '../traces/record-kinds.ts';
import type { ReadRule, WriteRule } from '../wasi/call.ts';
import { isStackOverflow } from '../wasm/traps.ts';
import { throwUncatchable } from '../wasm/uncatchable.ts';
import { type MemoryHasher, memoryHasher } from '../wasm/xxh64.ts';
import type { Host, HostFunction } from './hosts/host.ts';
import { IovecList } from './iovec-list.ts';
import { ParanoidWatch } from './paranoid.ts';
import type { RingWriter } from './ring.ts';

/** Room for everything of a record but payload: numbers and the heads of places and effects. */
const HEAD_ROOM = 1024;

/** Bytes of paths, lists and structures that are kept of a call whatever the payload limit is. */
const MAX_STRUCTURE = 4096;

/** An imported function with its rules. */
export interface BoundaryFunction {
  readonly func: LoggedFunction;
  readonly reads: readonly ReadRule[];
  readonly writes: readonly WriteRule[];
  /** Undefined for `proc_exit`, which the boundary answers itself. */
  readonly host: HostFunction | undefined;
}

export interface BoundaryOptions {
  readonly ring: RingWriter;
  readonly host: Host;
  /** Bytes of what the host reads that are kept per call; paths and lists are kept in any case. */
  readonly payload: number;
  readonly paranoid: boolean;
}

export class Boundary {
  private readonly ring: RingWriter;
  private readonly host: Host;
  private readonly payload: number;
  private memory: WebAssembly.Memory | undefined;
  private bytes = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);
  private hasher: MemoryHasher | undefined;
  private instantiated = false;
  private readonly paranoid: ParanoidWatch | undefined;
  private readonly iovecs = new IovecList();
  /** Milliseconds on this thread's clock at which the last event ended. */
  private lastMs: number;
  private readonly zeroMs: number;
  private events = 0;
  /** Why the guest was ended from inside a call; set before the uncatchable throw. */
  ending: Outcome | undefined;

  constructor(options: BoundaryOptions) {
    this.ring = options.ring;
    this.host = options.host;
    this.payload = options.payload;
    this.paranoid = options.paranoid ? new ParanoidWatch() : undefined;
    this.zeroMs = performance.now();
    this.lastMs = this.zeroMs;
  }

  /** The guest's memory, where it exports one, once it is instantiated. */
  bind(memory: WebAssembly.Memory | undefined): void {
    this.instantiated = true;
    if (memory === undefined) return;
    this.memory = memory;
    this.hasher = memoryHasher(memory);
  }

  /** The function that the guest imports. */
  wrap(target: BoundaryFunction): (...args: CoreValue[]) => number | undefined {
    // A fixed list of parameters: rest parameters cost 40 ns a call. Missing ones are never looked at.
    return (a, b, c, d, e, f, g, h, i) =>
      this.call(target, [a, b, c, d, e, f, g, h, i] as readonly CoreValue[]);
  }

  /** Logs the entry into an export and returns its event number. */
  enter(func: LoggedFunction, args: readonly CoreValue[]): number {
    this.ring.begin(HEAD_ROOM);
    writeEnter(this.ring.out, func, this.gap(), args, this.pages());
    this.ring.commit();
    return this.events++;
  }

  leave(entered: number, types: readonly LoggedType[], results: readonly CoreValue[]): void {
    this.ring.begin(HEAD_ROOM);
    writeLeave(this.ring.out, this.events - entered, this.gap(), this.pages(), types, results);
    this.ring.commit();
    this.events++;
  }

  /** @param entered event number of the enter; -1 where instantiation itself ended so */
  unwind(entered: number, outcome: Outcome): void {
    const reason = JSON.stringify(outcome);
    this.ring.begin(HEAD_ROOM + reason.length * 3);
    writeUnwind(this.ring.out, this.events - entered, this.gap(), this.pages(), reason);
    this.ring.commit();
    this.events++;
  }

  private call(target: BoundaryFunction, args: readonly CoreValue[]): number | undefined {
    try {
      if (this.ending !== undefined) throwUncatchable();
      const enterMs = performance.now();
      if (this.bytes.length === 0) this.refresh();
      this.writeCall(target, args, enterMs);
      if (target.host === undefined) return this.exit(args[0] as number);
      return this.answer(target, target.host, args, enterMs);
    } catch (thrown) {
      // the stack may run out in here as well as in the guest; to the guest both are the same
      if (isStackOverflow(thrown)) {
        this.ending ??= {
          kind: 'trap',
          trap: { kind: 'stack-overflow', message: messageOf(thrown), frames: [] },
        };
        throwUncatchable();
      }
      throw thrown;
    }
  }

  private answer(
    target: BoundaryFunction,
    host: HostFunction,
    args: readonly CoreValue[],
    enterMs: number,
  ): number {
    const { ring, paranoid } = this;
    if (this.memory === undefined && target.reads.length + target.writes.length > 0) {
      this.fail(
        this.instantiated
          ? `${target.func.name} needs the guest's memory, and the module exports none. Export it as "memory".`
          : `${target.func.name} is called while the module is instantiated (its start section), when a host ` +
              'cannot see its memory yet. Call it from _start or _initialize.',
      );
    }
    paranoid?.before(this.bytes);
    let result: number;
    try {
      result = invoke(host, target.func.params.length, args);
    } catch (thrown) {
      return this.fail(`the host failed in ${target.func.name}: ${messageOf(thrown)}`);
    }
    const leaveMs = performance.now();
    const writes = result === 0 ? target.writes : NO_WRITES;
    if (writes.length > 0) this.moveLargeEffects(target, args);
    const { out } = ring;
    out.varint(nanoseconds(leaveMs - enterMs));
    out.varint(this.pages());
    out.varint(result >>> 0);
    this.writeEffects(writes, args);
    ring.commit();
    this.events++;
    this.lastMs = leaveMs;
    if (paranoid !== undefined) {
      const untracked = paranoid.after(this.bytes);
      if (untracked !== undefined) {
        this.ending = {
          kind: 'failed',
          message: `${target.func.name} wrote to guest memory where its rule says nothing: ${untracked}`,
        };
        throwUncatchable();
      }
    }
    return result;
  }

  /** First half of a call record: what is known before the host answers. */
  private writeCall(target: BoundaryFunction, args: readonly CoreValue[], enterMs: number): void {
    const { ring } = this;
    const { out } = ring;
    const { func, reads } = target;
    const kept = reads.length === 0 ? 0 : this.measureReads(reads, args);
    if (kept > INLINE_LIMIT) this.writeReadParts(kept);
    // the second half stands right behind the first
    ring.begin(HEAD_ROOM + Math.min(kept, INLINE_LIMIT) + INLINE_LIMIT);
    out.byte(RECORD.call);
    out.varint(func.id);
    out.varint(nanoseconds(enterMs - this.lastMs));
    this.lastMs = enterMs;
    const { params } = func;
    for (let i = 0; i < params.length; i++)
      out.value(params[i] as LoggedType, args[i] as CoreValue);
    this.writeReads(reads, args, kept);
    ring.markHalf();
  }

  private measureReads(reads: readonly ReadRule[], args: readonly CoreValue[]): number {
    const { iovecs } = this;
    iovecs.reset();
    for (let i = 0; i < reads.length; i++)
      iovecs.addRule(reads[i] as ReadRule, args, this.bytes, this.view);
    // without its paths and lists a call could not be read at all
    const structure = Math.min(iovecs.structure, MAX_STRUCTURE);
    return Math.min(iovecs.total, Math.max(this.payload, structure));
  }

  private writeReads(reads: readonly ReadRule[], args: readonly CoreValue[], kept: number): void {
    const { out } = this.ring;
    out.byte(reads.length);
    if (reads.length === 0) return;
    for (let i = 0; i < reads.length; i++) {
      const rule = reads[i] as ReadRule;
      if (rule.kind === 'bytes') {
        out.byte((FORM.pointer << 4) | rule.pointer);
        out.varint(((args[rule.length] as number) >>> 0) * rule.unit);
      } else {
        out.byte(((rule.contents ? FORM.gather : FORM.vector) << 4) | rule.pointer);
      }
    }
    const { iovecs } = this;
    out.varint(iovecs.total);
    out.varint(kept);
    if (kept < iovecs.total) out.u64(this.hashReads());
    if (kept <= INLINE_LIMIT) iovecs.copyTo(out, this.bytes, 0, kept);
  }

  private hashReads(): bigint {
    const { iovecs, hasher } = this;
    let hash = 0n;
    for (let i = 0; i < iovecs.count; i++) {
      hash = (hasher as MemoryHasher)(iovecs.address(i), iovecs.length(i), hash);
    }
    return hash;
  }

  private writeReadParts(kept: number): void {
    const { ring, iovecs } = this;
    for (let from = 0; from < kept; from += PART_SIZE) {
      const length = Math.min(PART_SIZE, kept - from);
      ring.begin(HEAD_ROOM + length);
      ring.out.byte(RECORD.part);
      ring.out.byte(PART_OF.reads);
      ring.out.varint(length);
      iovecs.copyTo(ring.out, this.bytes, from, length);
      ring.commit();
    }
  }

  private writeEffects(writes: readonly WriteRule[], args: readonly CoreValue[]): void {
    const { out } = this.ring;
    const countAt = out.at;
    out.byte(0);
    let count = 0;
    let inline = 0;
    for (let i = 0; i < writes.length; i++) {
      const rule = writes[i] as WriteRule;
      const pieces = rule.kind === 'strings' ? 2 : 1;
      for (let piece = 0; piece < pieces; piece++) {
        const length = this.effectLength(rule, piece, args);
        const form = rule.kind === 'scatter' ? FORM.vector : FORM.pointer;
        const param = rule.pointer + piece;
        inline += length;
        const parts = inline > INLINE_LIMIT;
        if (parts) inline -= length;
        out.byte(((form | (parts ? IN_PARTS : 0)) << 4) | param);
        out.varint(length);
        this.paranoid?.expect(this.effectRanges(rule, piece, args, length));
        if (!parts) this.copyEffect(rule, piece, args, 0, length);
        count++;
      }
    }
    out.bytes[countAt] = count;
  }

  /** Writes the effects that are too large for their event as parts, before it. */
  private moveLargeEffects(target: BoundaryFunction, args: readonly CoreValue[]): void {
    const { ring } = this;
    let inline = 0;
    let index = 0;
    let half: Uint8Array | undefined;
    for (const rule of target.writes) {
      for (let piece = 0; piece < (rule.kind === 'strings' ? 2 : 1); piece++, index++) {
        const length = this.effectLength(rule, piece, args);
        inline += length;
        if (inline <= INLINE_LIMIT) continue;
        inline -= length;
        half ??= ring.out.bytes.slice(ring.start, ring.out.at);
        for (let from = 0; from < length; from += PART_SIZE) {
          const size = Math.min(PART_SIZE, length - from);
          ring.begin(HEAD_ROOM + size);
          ring.out.byte(RECORD.part);
          ring.out.byte(PART_OF.effect);
          ring.out.byte(index);
          ring.out.varint(size);
          this.copyEffect(rule, piece, args, from, size);
          ring.commit();
        }
      }
    }
    if (half === undefined) return;
    ring.begin(HEAD_ROOM + half.length + INLINE_LIMIT);
    ring.out.copy(half, 0, half.length);
  }

  /** Bytes that the host wrote by a rule, from what is in memory after the call. */
  private effectLength(rule: WriteRule, piece: number, args: readonly CoreValue[]): number {
    switch (rule.kind) {
      case 'fixed':
        return this.available(args[rule.pointer] as number, rule.size);
      case 'buffer':
        return this.available(args[rule.pointer] as number, (args[rule.length] as number) >>> 0);
      case 'counted': {
        const capacity = (args[rule.capacity] as number) >>> 0;
        const count = Math.min(this.u32(args[rule.count] as number), capacity);
        return this.available(args[rule.pointer] as number, count * rule.unit);
      }
      case 'scatter':
        return Math.min(this.u32(args[rule.count] as number), this.iovecs.buffersTotal);
      case 'strings': {
        const { count, bytes } = this.host.sizes[rule.of];
        return this.available(
          args[rule.pointer + piece] as number,
          piece === 0 ? 4 * count : bytes,
        );
      }
    }
  }

  private copyEffect(
    rule: WriteRule,
    piece: number,
    args: readonly CoreValue[],
    from: number,
    length: number,
  ): void {
    const { out } = this.ring;
    if (rule.kind === 'scatter') {
      this.iovecs.copyBuffersTo(out, this.bytes, from, length);
      return;
    }
    const start = ((args[rule.pointer + piece] as number) >>> 0) + from;
    out.copy(this.bytes, start, start + length);
  }

  private effectRanges(
    rule: WriteRule,
    piece: number,
    args: readonly CoreValue[],
    length: number,
  ): readonly (readonly [address: number, length: number])[] {
    if (rule.kind === 'scatter') return this.iovecs.buffers(length);
    return [[(args[rule.pointer + piece] as number) >>> 0, length]];
  }

  private available(address: number, length: number): number {
    return Math.max(0, Math.min(length, this.bytes.length - (address >>> 0)));
  }

  private u32(address: number): number {
    const at = address >>> 0;
    return at + 4 <= this.bytes.length ? this.view.getUint32(at, true) : 0;
  }

  private exit(code: number): never {
    this.writeOpen();
    this.ending = { kind: 'exit', code: code >>> 0 };
    return throwUncatchable();
  }

  private fail(message: string): never {
    this.writeOpen();
    this.ending = { kind: 'failed', message };
    return throwUncatchable();
  }

  /** Makes the half record that was written last a whole one: a call that does not return. */
  private writeOpen(): void {
    const { ring } = this;
    ring.out.bytes[ring.start] = RECORD.open;
    ring.out.varint(this.pages());
    ring.commit();
    this.events++;
  }

  /** The buffer is another one after every growth; the old one is left with length 0. */
  private refresh(): void {
    if (this.memory === undefined) return;
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
  }

  private pages(): number {
    if (this.bytes.length === 0) this.refresh();
    return this.bytes.length / 65536;
  }

  private gap(): number {
    const now = performance.now();
    const gap = nanoseconds(now - this.lastMs);
    this.lastMs = now;
    return gap;
  }
}

const NO_WRITES: readonly WriteRule[] = [];

function nanoseconds(ms: number): number {
  return ms > 0 ? Math.round(ms * 1e6) : 0;
}

type Nine = readonly [
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
  CoreValue,
];

// Hosts written in C++ count their arguments, so each gets exactly its own.
function invoke(host: HostFunction, arity: number, a: readonly CoreValue[]): number {
  const [a0, a1, a2, a3, a4, a5, a6, a7, a8] = a as Nine;
  switch (arity) {
    case 0:
      return host();
    case 1:
      return host(a0);
    case 2:
      return host(a0, a1);
    case 3:
      return host(a0, a1, a2);
    case 4:
      return host(a0, a1, a2, a3);
    case 5:
      return host(a0, a1, a2, a3, a4);
    case 6:
      return host(a0, a1, a2, a3, a4, a5);
    case 7:
      return host(a0, a1, a2, a3, a4, a5, a6);
    case 8:
      return host(a0, a1, a2, a3, a4, a5, a6, a7);
    default:
      return host(a0, a1, a2, a3, a4, a5, a6, a7, a8);
  }
}
