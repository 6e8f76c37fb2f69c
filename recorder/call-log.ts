/**
 * Writes the record of one call into the ring, half before and half after the host has answered. Hot
 * path, run for every call. What to write follows from the rules of the function's table entry.
 */
import type { CoreValue, LoggedFunction, LoggedType } from '../traces/events.ts';
import {
  FORM,
  IN_PARTS,
  INLINE_LIMIT,
  PART_OF,
  PART_SIZE,
  RECORD,
} from '../traces/record-kinds.ts';
import type { ReadRule, WriteRule } from '../wasi/call.ts';
import type { GuestMemory } from './guest-memory.ts';
import type { Host } from './hosts/host.ts';
import { IovecList } from './iovec-list.ts';
import type { RingWriter } from './ring.ts';

/** Room for everything of a record but payload: numbers and the heads of places and effects. */
export const HEAD_ROOM = 1024;

/** Bytes of paths, lists and structures that are kept of a call whatever the payload limit is. */
const MAX_STRUCTURE = 4096;

export class CallLog {
  private readonly ring: RingWriter;
  private readonly memory: GuestMemory;
  private readonly sizes: Host['sizes'];
  private readonly payload: number;
  private readonly iovecs = new IovecList();

  /** @param payload bytes of what the host reads that are kept per call */
  constructor(ring: RingWriter, memory: GuestMemory, sizes: Host['sizes'], payload: number) {
    this.ring = ring;
    this.memory = memory;
    this.sizes = sizes;
    this.payload = payload;
  }

  /** First half: what is known before the host answers. */
  begin(
    func: LoggedFunction,
    reads: readonly ReadRule[],
    args: readonly CoreValue[],
    gapNs: number,
  ): void {
    const { ring } = this;
    const { out } = ring;
    const kept = reads.length === 0 ? 0 : this.measureReads(reads, args);
    if (kept > INLINE_LIMIT) this.writeReadParts(kept);
    // the second half stands right behind the first
    ring.begin(HEAD_ROOM + Math.min(kept, INLINE_LIMIT) + INLINE_LIMIT);
    out.byte(RECORD.call);
    out.varint(func.id);
    out.varint(gapNs);
    const { params } = func;
    for (let i = 0; i < params.length; i++) {
      out.value(params[i] as LoggedType, args[i] as CoreValue);
    }
    this.writeReads(reads, args, kept);
    ring.markHalf();
  }

  /** Second half: the answer. */
  end(
    writes: readonly WriteRule[],
    args: readonly CoreValue[],
    durationNs: number,
    result: number,
    nowMs: number,
  ): void {
    const { ring } = this;
    if (maybeLarge(writes)) this.moveLargeEffects(writes, args);
    const { out } = ring;
    out.varint(durationNs);
    out.varint(this.memory.pages());
    out.varint(result >>> 0);
    this.writeEffects(writes, args);
    ring.commit(nowMs);
  }

  /** Instead of a second half: the call does not return. */
  endOpen(nowMs: number): void {
    const { ring } = this;
    ring.out.bytes[ring.start] = RECORD.open;
    ring.out.varint(this.memory.pages());
    ring.commit(nowMs);
  }

  /** Where the host is taken to have written, as (address, length); once it has answered. */
  written(writes: readonly WriteRule[], args: readonly CoreValue[]): [number, number][] {
    const ranges: [number, number][] = [];
    for (const rule of writes) {
      for (let piece = 0; piece < pieces(rule); piece++) {
        const length = this.effectLength(rule, piece, args);
        if (rule.kind === 'scatter') ranges.push(...this.iovecs.buffers(length));
        else ranges.push([(args[rule.pointer + piece] as number) >>> 0, length]);
      }
    }
    return ranges;
  }

  private measureReads(reads: readonly ReadRule[], args: readonly CoreValue[]): number {
    const { iovecs, memory } = this;
    iovecs.reset();
    for (let i = 0; i < reads.length; i++) {
      iovecs.addRule(reads[i] as ReadRule, args, memory.bytes, memory.view);
    }
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
    if (kept <= INLINE_LIMIT) iovecs.copyTo(out, this.memory.bytes, 0, kept);
  }

  private hashReads(): bigint {
    const { iovecs, memory } = this;
    let hash = 0n;
    for (let i = 0; i < iovecs.count; i++) {
      hash = memory.hash(iovecs.address(i), iovecs.length(i), hash);
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
      iovecs.copyTo(ring.out, this.memory.bytes, from, length);
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
      if (rule.kind === 'fixed') {
        this.writeFixed(rule.pointer, rule.size, args);
        count++;
        continue;
      }
      for (let piece = 0; piece < pieces(rule); piece++) {
        const length = this.effectLength(rule, piece, args);
        const form = rule.kind === 'scatter' ? FORM.vector : FORM.pointer;
        const parts = inline + length > INLINE_LIMIT;
        out.byte(((form | (parts ? IN_PARTS : 0)) << 4) | (rule.pointer + piece));
        out.varint(length);
        if (!parts) {
          inline += length;
          this.copyEffect(rule, piece, args, 0, length);
        }
        count++;
      }
    }
    out.bytes[countAt] = count;
  }

  /** Most effects: a few bytes at a pointer. They stand in their event, however much else does. */
  private writeFixed(pointer: number, size: number, args: readonly CoreValue[]): void {
    const { out } = this.ring;
    const { memory } = this;
    const from = (args[pointer] as number) >>> 0;
    const length = memory.available(from, size);
    out.byte((FORM.pointer << 4) | pointer);
    out.varint(length);
    out.copy(memory.bytes, from, from + length);
  }

  /** Writes the effects that are too large for their event as parts, before it. */
  private moveLargeEffects(writes: readonly WriteRule[], args: readonly CoreValue[]): void {
    const { ring } = this;
    let inline = 0;
    let index = 0;
    let half: Uint8Array | undefined;
    for (let i = 0; i < writes.length; i++) {
      const rule = writes[i] as WriteRule;
      if (rule.kind === 'fixed') {
        index++;
        continue;
      }
      for (let piece = 0; piece < pieces(rule); piece++, index++) {
        const length = this.effectLength(rule, piece, args);
        if (inline + length <= INLINE_LIMIT) {
          inline += length;
          continue;
        }
        if (half === undefined) {
          half = ring.out.bytes.slice(ring.start, ring.out.at);
          // its place is about to be written over
          ring.dropHalf();
        }
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
    const { memory } = this;
    const pointer = args[rule.pointer + piece] as number;
    switch (rule.kind) {
      case 'fixed':
        return memory.available(pointer, rule.size);
      case 'buffer':
        return memory.available(pointer, (args[rule.length] as number) >>> 0);
      case 'counted': {
        const capacity = (args[rule.capacity] as number) >>> 0;
        const count = Math.min(memory.u32(args[rule.count] as number), capacity);
        return memory.available(pointer, count * rule.unit);
      }
      case 'scatter':
        return Math.min(memory.u32(args[rule.count] as number), this.iovecs.buffersTotal);
      case 'strings': {
        const { count, bytes } = this.sizes[rule.of];
        return memory.available(pointer, piece === 0 ? 4 * count : bytes);
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
    const { bytes } = this.memory;
    if (rule.kind === 'scatter') {
      this.iovecs.copyBuffersTo(out, bytes, from, length);
      return;
    }
    const start = ((args[rule.pointer + piece] as number) >>> 0) + from;
    out.copy(bytes, start, start + length);
  }
}

function maybeLarge(writes: readonly WriteRule[]): boolean {
  for (let i = 0; i < writes.length; i++) {
    if ((writes[i] as WriteRule).kind !== 'fixed') return true;
  }
  return false;
}

/** How many effects a rule gives. */
function pieces(rule: WriteRule): number {
  return rule.kind === 'strings' ? 2 : 1;
}
