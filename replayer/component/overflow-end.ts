/**
 * Ends the guests of a component where the stacks of the recorded ones overflowed: code of all its core instances
 * counts frames, and where as many lie on the stack as then, it is looked whether the guest stands where it stood.
 * Calls from one instance to another go past everybody, so that no single counter knows the depth, and adding them
 * up at the entry of each function would take too long: of the frames that are still lacking each instance may make
 * its share before it asks again, and only when one has used up its share can all have come to the depth.
 */
import type { Probes } from '../instrument/hooks.ts';
import type { RecordedOverflow } from '../overflow.ts';
import { GuestStacks } from './guest-stacks.ts';

export interface OverflowPlace {
  /** Number of the event that comes next. */
  readonly next: () => number;
  /** Whether a guest that is as deep stands in the calls that were recorded, with the memory. */
  readonly isHere: (overflow: RecordedOverflow) => boolean;
  /** Ends the guest. */
  readonly end: () => never;
}

/** Told, from inside of the guest, that its stack is about to overflow. */
export type Reached = (pc: number, depth: number) => void;

export interface CountedOptions {
  /** Whether somebody else puts the counters away while another stack runs. */
  readonly isKept: boolean;
  readonly reached?: Reached | undefined;
}

export class OverflowEnd {
  private readonly overflows: readonly RecordedOverflow[];
  private readonly place: OverflowPlace;
  private readonly guests: Probes[] = [];
  private readonly stacks = new GuestStacks({ frames: 'depth' });
  /** What instances may make until they ask again, of stacks that do not run. */
  private readonly shares = new Map<number, readonly number[]>();
  private stack: number | undefined;
  /** Frames of the stacks from which the one that runs was begun, while they wait for it. */
  private beneath = 0;
  /** The overflow that is next, and its depth. */
  private position = 0;
  private wanted = 0;

  /** @param overflows in order; only those that tell how deep they were are come to */
  constructor(overflows: readonly RecordedOverflow[], place: OverflowPlace) {
    this.overflows = overflows.filter(({ depth }) => depth !== undefined);
    this.place = place;
    this.wanted = this.overflows[0]?.depth ?? 0;
  }

  /** An instance that counts its frames; before any of its code runs. */
  add(probes: Probes, { isKept, reached }: CountedOptions): void {
    if (!isKept) this.stacks.add(probes);
    this.guests.push(probes);
    probes.set('deep', (pc, depth) => this.asked(probes, pc, depth, reached));
    this.share();
  }

  /** Frames of all instances. */
  get depth(): number {
    let depth = this.beneath;
    for (const probes of this.guests) depth += Number(probes.global('depth').value);
    return depth;
  }

  /** As StackKeeper's, after it. @param beneath frames of other stacks that wait for this one */
  switched(stack: number | undefined, beneath: number): void {
    if (this.stack !== undefined) {
      this.shares.set(
        this.stack,
        this.guests.map((one) => Number(one.global('deepest').value)),
      );
    }
    this.stack = stack;
    this.beneath = beneath;
    this.stacks.switchTo(stack);
    const kept = stack === undefined ? undefined : this.shares.get(stack);
    if (kept === undefined || this.depth < this.wanted) this.share();
    else for (const [i, share] of kept.entries()) this.set(this.guests[i], share);
  }

  ended(stack: number): void {
    this.shares.delete(stack);
    this.stacks.ended(stack);
  }

  /** As StackKeeper's. */
  nested(): () => void {
    return this.stacks.level();
  }

  /** An event has passed. */
  passed(event: number): void {
    if (this.overflows[this.position]?.number !== event) return;
    this.wanted = this.overflows[++this.position]?.depth ?? 0;
    this.share();
  }

  /** The overflow that the log tells next, if as many frames lie on the stack as then. */
  get due(): RecordedOverflow | undefined {
    const overflow = this.overflows[this.position];
    return overflow?.number === this.place.next() && overflow.depth === this.depth
      ? overflow
      : undefined;
  }

  private asked(probes: Probes, pc: number, depth: number, reached: Reached | undefined): void {
    const lacking = this.wanted - this.depth;
    if (lacking > 0) this.share(lacking);
    // what lies deeper lies on these: they are all there when one comes to this depth again
    if (lacking !== 0) return;
    this.share(1);
    this.set(probes, depth);
    const { due } = this;
    if (due === undefined || !this.place.isHere(due)) return;
    reached?.(pc, depth);
    this.place.end();
  }

  private share(lacking = this.wanted - this.depth): void {
    const each = Math.max(1, Math.floor(lacking / this.guests.length));
    for (const probes of this.guests) {
      const depth = Number(probes.global('depth').value);
      this.set(probes, this.wanted === 0 ? 0 : depth + each);
    }
  }

  private set(probes: Probes | undefined, deepest: number): void {
    if (probes !== undefined) probes.global('deepest').value = deepest;
  }
}
