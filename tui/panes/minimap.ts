/**
 * The whole run in one column: where its time went, where errors are, and where the window is. Each cell
 * stands for an equal share of the events.
 */
import type { Slice } from '../../traces/timeline.ts';
import { type Span, span } from '../text/line.ts';

/** Time by how many times it is what an equal share of the events takes on average: from there on, a shade. */
const SHADES = [
  [8, '▓'],
  [2, '▒'],
  [0.5, '░'],
  [0, '·'],
] as const;

/** Errors in more than one cell of so many are all over the run. */
const MANY = 3;

export interface MinimapWindow {
  /** Events. */
  readonly total: number;
  readonly first: number;
  readonly last: number;
  readonly selected: number;
}

export function minimap(slices: readonly Slice[], window: MinimapWindow, height: number): Span[] {
  // a run that fits beside its rows needs no map
  if (window.total <= height) return Array.from({ length: height }, () => span(' '));
  const joined = joinSlices(slices, height);
  const average = joined.reduce((sum, { spanNs }) => sum + spanNs, 0) / joined.length;
  const cellOf = (event: number) =>
    Math.min(height - 1, Math.floor((event / Math.max(1, window.total)) * height));
  const errors = joined.reduce((sum, { marked }) => sum + marked, 0);
  const withErrors = joined.filter(({ marked }) => marked > 0).length;
  // where errors are all over the run, only the parts with many of them
  const notable = withErrors * MANY <= height ? 1 : (2 * errors) / withErrors;
  const [from, to] = [cellOf(window.first), cellOf(window.last)];
  const at = cellOf(window.selected);
  return joined.map(({ calls, marked, spanNs }, cell) => {
    if (cell === at) return span('◂', 'strong');
    if (marked >= notable) return span('✗', 'error');
    const inside = cell >= from && cell <= to;
    if (calls === 0) return inside ? span('│', 'dim') : span(' ');
    const [, mark] = SHADES.find(([least]) => spanNs >= least * average && average > 0) ?? [0, '·'];
    return span(mark, inside ? 'bar' : 'dim');
  });
}

/** As many slices as there are cells. */
function joinSlices(slices: readonly Slice[], height: number): Slice[] {
  return Array.from({ length: height }, (_, cell) => {
    const from = Math.floor((cell * slices.length) / height);
    const to = Math.max(from + 1, Math.floor(((cell + 1) * slices.length) / height));
    const joined = slices.slice(from, to).reduce(
      (sum, { calls, marked, spanNs }) => ({
        calls: sum.calls + calls,
        marked: sum.marked + marked,
        spanNs: sum.spanNs + spanNs,
      }),
      { calls: 0, marked: 0, spanNs: 0 },
    );
    // one cell may join more slices than the next
    return { ...joined, spanNs: joined.spanNs / (to - from) };
  });
}
