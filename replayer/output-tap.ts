/** Collects what a replayed guest writes to its standard output and error. */

import type { CoreValue } from '../traces/events.ts';
import type { RecordedCall } from '../wasi/call.ts';
import { DescriptorTable } from '../wasi/descriptors.ts';
import { liveEffects, liveReads } from '../wasi/live-call.ts';
import { outputOf } from '../wasi/output.ts';

const PRINTS: ReadonlySet<string> = new Set(['fd_write', 'fd_pwrite', 'sock_send']);

/** The calls after which another descriptor may be a standard stream. */
const CHANGES: ReadonlySet<string> = new Set([
  'path_open',
  'fd_close',
  'fd_renumber',
  'sock_accept',
]);

/**
 * Bytes that are taken of one call at least. Buffers that overlap can list more than the memory has, a
 * hostile trace terabytes; no program prints those.
 */
const MIN_LIMIT = 64 << 20;

export type PrintOutput = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;

export class OutputTap {
  private readonly print: PrintOutput;
  private readonly table = new DescriptorTable();
  private reads: { bytes: Uint8Array; length: number } | undefined;

  constructor(print: PrintOutput) {
    this.print = print;
  }

  /** Before the call's effects are in memory: the host may write over what it was given. */
  before(name: string, args: readonly CoreValue[], memory: Uint8Array): void {
    const watched = PRINTS.has(name) ? this.isStandard(Number(args[0])) : CHANGES.has(name);
    this.reads = watched
      ? liveReads(name, args, memory, Math.max(memory.length, MIN_LIMIT))
      : undefined;
  }

  private isStandard(fd: number): boolean {
    const kind = this.table.get(fd)?.kind;
    return kind === 'stdout' || kind === 'stderr';
  }

  after(name: string, args: readonly CoreValue[], memory: Uint8Array, result: number): void {
    if (this.reads === undefined || result !== 0) return;
    const call: RecordedCall = {
      name,
      args,
      result,
      reads: this.reads.bytes,
      readLength: this.reads.length,
      effects: liveEffects(name, args, memory),
    };
    const output = outputOf(call, this.table);
    if (output !== undefined) this.print(output.stream, output.bytes);
    this.table.apply(call);
  }
}
