/**
 * A point in a run. Within a tick code only goes forward and frames are only left, so that no two points
 * share (tick, depth, pc); the event tells whether a call's answer is in memory yet.
 */
export interface Mark {
  /** Number of the last event that has passed; -1 before the first. */
  readonly event: number;
  /** Function entries and loop heads so far (instrument/plan.ts). */
  readonly tick: number;
  /** Frames of the guest. */
  readonly depth: number;
  /** Byte offset in the recorded module of the instruction that comes next. */
  readonly pc: number;
}

/** Below 0 where `a` comes first. */
export function compareMarks(a: Mark, b: Mark): number {
  return a.event - b.event || a.tick - b.tick || b.depth - a.depth || a.pc - b.pc;
}

export function sameMark(a: Mark, b: Mark): boolean {
  return a.event === b.event && a.tick === b.tick && a.depth === b.depth && a.pc === b.pc;
}
