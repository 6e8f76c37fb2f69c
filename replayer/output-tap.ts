/** Collects what a replayed guest writes to its standard output and error. */

import type { CoreValue } from '../traces/events.ts';
import type { RecordedCall } from '../wasi/call.ts';
import { DescriptorTable } from '../wasi/descriptors.ts';
import { liveEffects, liveReads } from '../wasi/live-call.ts';
import { outputOf } from '../wasi/output.ts';

/** The calls that print, and those that say which descriptor is a standard stream. */
const WATCHED: ReadonlySet<string> = new Set([
  'fd_write',
  'fd_pwrite',
  'sock_send',
  'path_open',
  'fd_close',
  'fd_renumber',
  'sock_accept',
]);

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
    this.reads = WATCHED.has(name)
      ? liveReads(name, args, memory, Number.POSITIVE_INFINITY)
      : undefined;
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
