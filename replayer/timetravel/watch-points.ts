/** Tells which writes of a run are those that someone waits for, and what they changed. */
import type { Mark } from './mark.ts';
import type { Reason, Watch } from './motions.ts';
import type { ProbeRun } from './probe-run.ts';

type WatchHit = Extract<Reason, { kind: 'watch' }>;

interface Known {
  readonly watch: Watch;
  /** Zeros where memory does not reach: that is what it holds when it does. */
  readonly bytes: Uint8Array;
}

export class WatchPoints {
  private readonly run: ProbeRun;
  private readonly known: readonly Known[];

  constructor(run: ProbeRun, watches: readonly Watch[]) {
    this.run = run;
    this.known = watches.map((watch) => ({ watch, bytes: new Uint8Array(watch.length) }));
  }

  /** Before the guest's first code. The range that wasm looks at is one around all. */
  begin(): void {
    if (this.known.length === 0) return;
    for (const { watch, bytes } of this.known) {
      bytes.set(this.run.memory.subarray(watch.address, watch.address + watch.length));
    }
    const from = Math.min(...this.known.map(({ watch }) => watch.address));
    const to = Math.max(...this.known.map(({ watch }) => watch.address + watch.length));
    this.run.watch(from, to - from);
  }

  /** After a write. @returns what it means to each watch that it meets */
  wrote(by: 'guest' | 'host', mark: Mark, at: number, size: number): readonly WatchHit[] {
    const hits: WatchHit[] = [];
    for (const { watch, bytes } of this.known) {
      const end = watch.address + watch.length;
      if (size <= 0 || at >= end || at + size <= watch.address) continue;
      const before = bytes.slice();
      bytes.set(this.run.memory.subarray(watch.address, end));
      if (!watch.every && Buffer.compare(before, bytes) === 0) continue;
      hits.push({ kind: 'watch', watch, by, mark, before, after: bytes.slice() });
    }
    return hits;
  }
}
