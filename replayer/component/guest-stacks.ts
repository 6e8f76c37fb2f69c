/**
 * What the code that was added to a guest counts by stack — frames, and where their locals lie — where there
 * are several: that of a stack is put away while another one runs. Each frame knows its own depth and place,
 * so that those of a stack must be the same whenever it runs.
 */
import type { Probes } from '../instrument/hooks.ts';
import type { InstrumentPlan } from '../instrument/plan.ts';

interface KeptStack {
  readonly depth: number;
  /** What lies in the memory for frames. */
  readonly frames: Uint8Array;
}

interface Guest {
  readonly probes: Probes;
  readonly kept: Map<number, KeptStack>;
}

const FRAME_GLOBALS = { none: [], depth: ['depth'], spill: ['depth', 'top'] } as const;

const EMPTY: KeptStack = { depth: 0, frames: new Uint8Array(0) };

export class GuestStacks {
  private readonly frames: InstrumentPlan['frames'];
  private readonly guests: Guest[] = [];
  /** The stack that runs, or is looked at: number of the event with which it began. */
  now: number | undefined;

  constructor({ frames }: Pick<InstrumentPlan, 'frames'>) {
    this.frames = frames;
  }

  /** A guest that begins on the stack that runs. */
  add(probes: Probes): void {
    this.guests.push({ probes, kept: new Map() });
  }

  switchTo(stack: number | undefined): void {
    const { now, frames } = this;
    this.now = stack;
    if (frames === undefined || stack === now) return;
    for (const { probes, kept } of this.guests) {
      if (now !== undefined) {
        const left = this.take(probes);
        if (left === EMPTY) kept.delete(now);
        else kept.set(now, left);
      }
      this.put(probes, (stack === undefined ? undefined : kept.get(stack)) ?? EMPTY);
    }
  }

  ended(stack: number): void {
    for (const { kept } of this.guests) kept.delete(stack);
  }

  /** @returns what leaves the frames that come to lie on those of now */
  level(): () => void {
    const names = FRAME_GLOBALS[this.frames ?? 'none'];
    const globals = this.guests.flatMap(({ probes }) => names.map((name) => probes.global(name)));
    const values = globals.map(({ value }) => value);
    return () => {
      for (const [i, global] of globals.entries()) global.value = values[i];
    };
  }

  /**
   * A guest that was parked goes on, which counts as a tick: within one, what is executed is of one stack,
   * and goes forward.
   */
  tick(): void {
    for (const { probes } of this.guests) {
      const left = probes.global('ticksLeft');
      left.value = (left.value as bigint) - 1n;
    }
  }

  private take(probes: Probes): KeptStack {
    const depth = Number(probes.global('depth').value);
    const top = this.frames === 'spill' ? Number(probes.global('top').value) : 0;
    if (depth === 0 && top === 0) return EMPTY;
    const frames = top === 0 ? EMPTY.frames : this.memory(probes).slice(0, top);
    return { depth, frames };
  }

  private put(probes: Probes, { depth, frames }: KeptStack): void {
    probes.global('depth').value = depth;
    if (this.frames !== 'spill') return;
    this.memory(probes).set(frames);
    probes.global('top').value = frames.length;
  }

  private memory(probes: Probes): Uint8Array {
    return new Uint8Array(probes.memory('frames').buffer);
  }
}
