/** Tells which accesses of a run are those that someone waits for, and what they found and changed. */
import { type Mark, sameMark } from './mark.ts';
import { type Reason, type Watch, watchesReads } from './motions.ts';
import type { ProbeRun } from './probe-run.ts';

type WatchHit = Extract<Reason, { kind: 'watch' }>;

interface Known {
  readonly watch: Watch;
  /** Zeros where memory does not reach: that is what it holds when it does. */
  readonly bytes: Uint8Array;
  /** The last write: who did it may have read before, which is told behind it. */
  written: { readonly mark: Mark; readonly before: Uint8Array } | undefined;
  met: Mark | undefined;
}

export class WatchPoints {
  private readonly run: ProbeRun;
  private readonly known: readonly Known[];

  constructor(run: ProbeRun, watches: readonly Watch[]) {
    this.run = run;
    this.known = watches.map((watch) => ({
      ...{ watch, bytes: new Uint8Array(watch.length) },
      ...{ written: undefined, met: undefined },
    }));
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
  wrote(by: WatchHit['by'], mark: Mark, at: number, size: number): readonly WatchHit[] {
    return this.met(mark, at, size, (known) => {
      const { watch, bytes } = known;
      const before = bytes.slice();
      bytes.set(this.run.memory.subarray(watch.address, watch.address + watch.length));
      known.written = { mark, before };
      if (watch.on === 'read') return undefined;
      if (watch.on === 'change' && Buffer.compare(before, bytes) === 0) return undefined;
      return { kind: 'watch', watch, did: 'wrote', by, mark, before, after: bytes.slice() };
    });
  }

  /** After a read, and after what the same instruction wrote. @returns as {@link wrote} */
  read(by: WatchHit['by'], mark: Mark, at: number, size: number): readonly WatchHit[] {
    return this.met(mark, at, size, ({ watch, written, bytes, met }) => {
      if (!watchesReads(watch)) return undefined;
      // one instruction is one access; what it wrote tells more
      if (met !== undefined && sameMark(met, mark)) return undefined;
      if (written !== undefined && sameMark(written.mark, mark)) {
        const { before } = written;
        return { kind: 'watch', watch, did: 'read', by, mark, before, after: before };
      }
      const now = new Uint8Array(bytes.length);
      now.set(this.run.memory.subarray(watch.address, watch.address + watch.length));
      return { kind: 'watch', watch, did: 'read', by, mark, before: now, after: now };
    });
  }

  private met(
    mark: Mark,
    at: number,
    size: number,
    hitOf: (known: Known) => WatchHit | undefined,
  ): readonly WatchHit[] {
    const hits: WatchHit[] = [];
    for (const known of this.known) {
      const { address, length } = known.watch;
      if (size <= 0 || at >= address + length || at + size <= address) continue;
      const hit = hitOf(known);
      if (hit === undefined) continue;
      known.met = mark;
      hits.push(hit);
    }
    return hits;
  }
}
