/**
 * Tells which accesses of a run are those that someone waits for, and what they found and changed: one for each
 * instruction or call and watch, as motions.ts says.
 */
import { type Mark, sameMark } from './mark.ts';
import { type Reason, type Watch, watchesReads } from './motions.ts';
import type { ByteRange, ProbeEvents, ProbeRun } from './probe-run.ts';

export type WatchHit = Extract<Reason, { kind: 'watch' }>;

interface Known {
  readonly watch: Watch;
  /** Zeros where memory does not reach: that is what it holds when it does. */
  readonly bytes: Uint8Array;
  /** The last write: who did it may have read before, which is told behind it. */
  written: { readonly mark: Mark; readonly before: Uint8Array } | undefined;
  met: Mark | undefined;
  /** What the host read for the call that is under way. */
  asked: { readonly mark: Mark; readonly bytes: Uint8Array } | undefined;
}

export class WatchPoints {
  private readonly run: () => ProbeRun;
  private readonly known: readonly Known[];
  private readonly met: (hit: WatchHit) => void;
  private call: Mark | undefined;
  private answered: ByteRange[] = [];

  /** @param met is told of each access, once all of it is done */
  constructor(run: () => ProbeRun, watches: readonly Watch[], met: (hit: WatchHit) => void) {
    this.run = run;
    this.met = met;
    this.known = watches.map((watch) => ({
      ...{ watch, bytes: new Uint8Array(watch.length) },
      ...{ written: undefined, met: undefined, asked: undefined },
    }));
  }

  /** Those that it must be told of: first of all `begin`, behind what else happens there. */
  get events(): Pick<
    ProbeEvents,
    'begin' | 'wrote' | 'read' | 'reading' | 'calling' | 'answering' | 'passed'
  > {
    if (this.known.length === 0) return {};
    const always = {
      begin: () => this.begin(),
      wrote: (at: Mark, address: number, length: number) => this.wrote(at, { address, length }),
      calling: (at: Mark) => {
        this.call = at;
      },
      answering: (ranges: readonly ByteRange[]) => {
        this.answered.push(...ranges);
      },
      passed: (event: number) => {
        this.calledHost(event);
      },
    };
    if (!this.known.some(({ watch }) => watchesReads(watch))) return always;
    return {
      ...always,
      read: (at, address, length) => this.read(at, { address, length }),
      reading: (at, ranges) => this.reading(at, ranges),
    };
  }

  /** What the host read for a call that was never answered, and with which the run ended. */
  ended(): void {
    this.calledHost(undefined);
  }

  /** Before the guest's first code. The range that wasm looks at is one around all. */
  private begin(): void {
    for (const { watch, bytes } of this.known) bytes.set(this.now(watch));
    const from = Math.min(...this.known.map(({ watch }) => watch.address));
    const to = Math.max(...this.known.map(({ watch }) => watch.address + watch.length));
    this.run().watch(from, to - from);
  }

  private wrote(mark: Mark, range: ByteRange): void {
    for (const known of this.touched([range])) {
      const hit = this.changed(known, 'guest', mark);
      if (hit === undefined) continue;
      known.met = mark;
      this.met(hit);
    }
  }

  /** After what the same instruction wrote. */
  private read(mark: Mark, range: ByteRange): void {
    for (const { watch, written, met } of this.touched([range])) {
      if (!watchesReads(watch)) continue;
      // what it wrote tells more
      if (met !== undefined && sameMark(met, mark)) continue;
      const same = written !== undefined && sameMark(written.mark, mark);
      this.met(readHit(watch, 'guest', mark, same ? written.before : this.now(watch)));
    }
  }

  private reading(mark: Mark, ranges: readonly ByteRange[]): void {
    for (const known of this.touched(ranges)) {
      if (watchesReads(known.watch)) known.asked = { mark, bytes: this.now(known.watch) };
    }
  }

  /** Once its answer stands there. @param event undefined: it has none */
  private calledHost(event: number | undefined): void {
    const { call, answered } = this;
    this.answered = [];
    const written = new Set(call ? this.touched(answered) : []);
    for (const known of this.known) {
      const { watch, asked } = known;
      known.asked = undefined;
      const wrote = call && written.has(known) ? this.changed(known, 'host', call) : undefined;
      if (wrote !== undefined) this.met(event === undefined ? wrote : { ...wrote, event });
      else if (asked !== undefined) this.met(readHit(watch, 'host', asked.mark, asked.bytes));
    }
  }

  /** Takes down what was written. @returns what that means to the watch */
  private changed(known: Known, by: WatchHit['by'], mark: Mark): WatchHit | undefined {
    const { watch, bytes } = known;
    const before = bytes.slice();
    bytes.set(this.now(watch));
    known.written = { mark, before };
    if (watch.on === 'read') return undefined;
    if (watch.on === 'change' && Buffer.compare(before, bytes) === 0) return undefined;
    return { kind: 'watch', watch, did: 'wrote', by, mark, before, after: bytes.slice() };
  }

  private touched(ranges: readonly ByteRange[]): readonly Known[] {
    return this.known.filter(({ watch: { address, length } }) =>
      ranges.some(
        (one) =>
          one.length > 0 && one.address < address + length && one.address + one.length > address,
      ),
    );
  }

  private now({ address, length }: Watch): Uint8Array {
    const bytes = new Uint8Array(length);
    bytes.set(this.run().memory.subarray(address, address + length));
    return bytes;
  }
}

function readHit(watch: Watch, by: WatchHit['by'], mark: Mark, bytes: Uint8Array): WatchHit {
  return { kind: 'watch', watch, did: 'read', by, mark, before: bytes, after: bytes };
}
