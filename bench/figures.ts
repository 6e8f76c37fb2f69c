/** Rows of a benchmark: what was measured, its median and 95th percentile, and whether that meets a goal. */
import { spread } from './statistics.ts';

/** What must not be above `limit`. */
export interface Goal {
  readonly of: 'median' | 'p95';
  readonly limit: number;
}

export function p95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;
}

export function heading(what: string): void {
  process.stdout.write(`${what.padEnd(44)} median      p95\n`);
}

export function report(what: string, values: readonly number[], goal?: Goal): void {
  const figures = { median: spread(values).median, p95: p95(values) };
  const [median, high] = [figures.median, figures.p95].map((one) => one.toFixed(1).padStart(8));
  const row = `  ${what.padEnd(40)} ${median} ${high}`;
  process.stdout.write(`${row}${goal === undefined ? '' : judged(goal, figures[goal.of])}\n`);
}

function judged({ of, limit }: Goal, value: number): string {
  return `  goal ${of} ${limit}: ${value <= limit ? 'met' : 'MISSED'}`;
}

/** What one move after the other took. */
export async function times<Taken>(
  count: number,
  move: (index: number) => Promise<Taken>,
): Promise<Taken[]> {
  const all: Taken[] = [];
  for (let i = 0; i < count; i++) all.push(await move(i));
  return all;
}

/** Always the same places, all over a run. */
export function place(index: number, events: number): number {
  return Math.floor(((index * 0.618_033_988_7) % 1) * events);
}
