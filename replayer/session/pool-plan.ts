/**
 * Where parked guests are worth most. A pure calculation: which of those there are can best be spared,
 * and where the next one should stand. The next place to be looked at is taken to be, half the time,
 * shortly before the present one (the odds fall with one over the distance, so each doubling of it is
 * as likely as the one before), half the time anywhere. Rejected: fixed slots (powers of two before the
 * position, an even grid): they need the same care for what lies between and cannot be compared.
 */

export interface RunShape {
  /** Position that is looked at now. */
  readonly current: number;
  /** Last position of the run. */
  readonly last: number;
  /** Milliseconds that a replay takes from one position to a later one. */
  readonly cost: (from: number, to: number) => number;
}

/** A position before the first guest could stand. */
const BEGINNING = -2;

/** Probability that the next place looked at is in `[from, to)`. */
function likelihood(run: RunShape, from: number, to: number): number {
  const { current, last } = run;
  const anywhere = (to - from) / (last + 2);
  const end = Math.min(to, current);
  if (from >= end) return anywhere / 2;
  const shortlyBefore =
    Math.log((current - from + 1) / (current - end + 1)) / Math.log(current + 3);
  return (anywhere + shortlyBefore) / 2;
}

/**
 * Milliseconds that a guest at `position` saves the next seek, on average.
 * @param before position of the guest before it
 * @param after position of the one after it
 */
function worth(run: RunShape, position: number, before: number, after: number): number {
  return run.cost(before, position) * likelihood(run, position, after);
}

/**
 * What each guest saves the next seek, in milliseconds on average.
 * @param positions of the guests, in ascending order
 */
export function worths(run: RunShape, positions: readonly number[]): number[] {
  return positions.map((position, i) =>
    worth(run, position, positions[i - 1] ?? BEGINNING, positions[i + 1] ?? run.last + 1),
  );
}

/**
 * The place among `candidates` where one more guest saves most.
 * @returns undefined where none saves anything
 */
export function bestPlace(
  run: RunShape,
  positions: readonly number[],
  candidates: Iterable<number>,
): { readonly position: number; readonly worth: number } | undefined {
  let best: { position: number; worth: number } | undefined;
  for (const position of candidates) {
    const next = positions.findIndex((one) => one >= position);
    if (positions[next] === position) continue;
    const before = (next < 0 ? positions.at(-1) : positions[next - 1]) ?? BEGINNING;
    const after = next < 0 ? run.last + 1 : (positions[next] as number);
    const value = worth(run, position, before, after);
    if (value > (best?.worth ?? 0)) best = { position, worth: value };
  }
  return best;
}

/** Places to consider: 1, 2, 4… events before the present one, and evenly over the time of the run. */
export function* candidatePlaces(
  run: RunShape,
  positionAt: (ms: number) => number,
): Generator<number> {
  for (let distance = 1; distance <= run.current + 1; distance *= 2) yield run.current - distance;
  const total = run.cost(BEGINNING, run.last);
  for (let i = 1; i < EVEN; i++) {
    const position = positionAt((total * i) / EVEN);
    if (position >= 0 && position < run.last) yield position;
  }
}

const EVEN = 64;
