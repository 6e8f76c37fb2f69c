/** A range of memory 0 of a run, of which each write is told: by the guest's stores and by the host's answers. */
import type { ValueRange } from '../values/followed.ts';
import type { Mark } from './mark.ts';
import type { ProbeEvents, ProbeRun } from './probe-run.ts';

export interface WrittenBytes {
  readonly mark: Mark;
  readonly by: 'guest' | 'host';
  readonly call: string | undefined;
  /** First of the written bytes of the range, and what stood there. */
  readonly address: number;
  readonly before: Uint8Array;
  /** Whether the same stands there now. */
  readonly same: boolean;
}

export class WatchedBytes {
  private readonly run: () => ProbeRun;
  private readonly written: (write: WrittenBytes) => void;
  private range: ValueRange | undefined;
  private known = new Uint8Array(0);
  private calling: { readonly mark: Mark; readonly name: string } | undefined;
  private answered: { readonly address: number; readonly length: number }[] = [];

  /** @param written is told when the new bytes stand there */
  constructor(run: () => ProbeRun, written: (write: WrittenBytes) => void) {
    this.run = run;
    this.written = written;
  }

  /** Instead of the range before. @returns the bytes that are known of that one */
  watch(range: ValueRange | undefined): Uint8Array {
    const { known } = this;
    this.range = range;
    this.known = range ? this.now(range) : new Uint8Array(0);
    this.run().watch(range?.address ?? 0, range?.size ?? 0);
    return known;
  }

  /** What stands in a range. Zeros where memory does not reach: that is what it holds when it does. */
  now({ address, size }: ValueRange): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(size);
    bytes.set(this.run().memory.subarray(address, address + size));
    return bytes;
  }

  get events(): Pick<ProbeEvents, 'wrote' | 'calling' | 'answering' | 'passed'> {
    return {
      wrote: (mark, address, length) => this.wrote('guest', mark, undefined, address, length),
      calling: (mark, name) => {
        this.calling = { mark, name };
        this.answered = [];
      },
      answering: (ranges) => {
        this.answered.push(...ranges);
      },
      passed: () => {
        const { calling, answered } = this;
        if (answered.length === 0) return;
        this.answered = [];
        if (calling === undefined) return;
        for (const { address, length } of answered) {
          this.wrote('host', calling.mark, calling.name, address, length);
        }
      },
    };
  }

  private wrote(
    by: WrittenBytes['by'],
    mark: Mark,
    call: string | undefined,
    address: number,
    length: number,
  ): void {
    const { range, known } = this;
    if (range === undefined) return;
    const from = Math.max(address, range.address);
    const to = Math.min(address + length, range.address + range.size);
    if (from >= to) return;
    const place = from - range.address;
    const now = this.run().memory.subarray(from, to);
    const before = known.slice(place, place + now.length);
    const same = Buffer.compare(before, now) === 0;
    if (!same) known.set(now, place);
    this.written({ mark, by, call, address: from, before, same });
  }
}
