/**
 * The trail behind the place that is looked at, laid piece by piece: on the way of a step back, which has to
 * wait for it, and in idle time, ahead of the steps that may come. Decides what is to be laid; the runs are
 * the seeker's. Without pieces laid ahead each fifteenth step back in esbuild's trace took a run of its own.
 */
import type { Image } from './images.ts';
import type { DiffLimits } from './memory-diff.ts';
import type { MemoryDiff } from './messages.ts';
import { type Look, Trail, trailLength } from './trail.ts';

/** Events from `from` to `to`, both included. */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

/** Events that the trail is to reach back from the place that is looked at. */
const WANTED = 64;
/** Events of a piece that is laid in idle time: it can be used once it is whole. */
const AHEAD = 32;
/** Events that are kept after the place that is looked at. */
const KEPT = 64;

export class LaidTrail {
  private readonly limit: number;
  private trail: Trail | undefined;
  /** Last event of a piece that did not fit. */
  private refused = -1;

  /** @param limit bytes that it may hold, while a piece is laid too */
  constructor(limit: number) {
    this.limit = limit;
  }

  get bytes(): number {
    return this.trail?.bytes ?? 0;
  }

  get range(): Piece | undefined {
    return this.trail && { from: this.trail.from, to: this.trail.to };
  }

  has(position: number): boolean {
    return this.trail?.has(position) ?? false;
  }

  /** The state after an event of the trail; its memory is valid until the next call. */
  at(position: number): Image | undefined {
    return this.trail?.has(position) ? this.trail.at(position) : undefined;
  }

  /** What differs in a memory between two events of the trail; undefined where it does not have both. */
  diff(from: number, to: number, memory: number, limits: DiffLimits): MemoryDiff | undefined {
    const { trail } = this;
    return trail?.has(from) && trail.has(to) ? trail.diff(from, to, memory, limits) : undefined;
  }

  /**
   * What a run to `at` can lay on its way without making it much longer.
   * @param start where the run begins
   * @param memoryBytes of the guest
   */
  pieceTo(at: number, start: number, memoryBytes: number): Piece | undefined {
    const length = this.holds(memoryBytes, 0) ? trailLength(memoryBytes) : 0;
    const from = Math.max(at - length + 1, start + 1, 0);
    return from < at ? { from, to: at } : undefined;
  }

  /** What is to be laid next in idle time, for steps back from `focus`. */
  pieceAhead(focus: number, memoryBytes: number): Piece | undefined {
    const { trail } = this;
    const behind = trail !== undefined && focus >= trail.from - 1 && focus <= trail.to + 1;
    const to = behind ? trail.from - 1 : focus;
    const enough = behind && trail.from <= focus - WANTED;
    const from = Math.max(0, to - AHEAD + 1);
    if (enough || from >= to || to === this.refused) return undefined;
    return this.holds(memoryBytes, behind ? this.bytes : 0) ? { from, to } : undefined;
  }

  /** A trail that is to become a piece of this one, or to take its place: then this one goes at once. */
  begin({ from }: Piece, look: Look, how: 'beside' | 'alone'): Trail {
    if (how === 'alone') this.trail = undefined;
    return new Trail(from, this.limit - this.bytes, look);
  }

  /** Takes what was laid on the way to a step back in place of what there was. */
  replace(trail: Trail): void {
    this.trail = trail;
    this.refused = -1;
  }

  /** Takes a piece that was laid in idle time, if it is whole and of use at `focus`. */
  add(piece: Trail, to: number, focus: number): void {
    const { trail } = this;
    if (piece.to !== to) {
      this.refused = to;
    } else if (trail !== undefined && trail.from === to + 1 && trail.has(trail.from)) {
      trail.prepend(piece);
    } else if (focus >= piece.from - 1 && focus <= to + WANTED) {
      this.trail = piece;
    }
    this.trail?.cutAfter(focus + KEPT);
  }

  /** Whether there is room for what is held and a copy of the memory, with some more for what changes. */
  private holds(memoryBytes: number, held: number): boolean {
    return held + 1.25 * memoryBytes <= this.limit;
  }
}
