/**
 * The whole run in one column: where its time went, where errors are, and where the window is. Each cell
 * stands for an equal share of the events.
 */
import type { Slice } from '../../traces/timeline.ts';
import { type Span, span } from '../text/line.ts';

/** Little to much time, on a logarithmic scale. */
const SHADES = [' ', '·', '░', '▒', '▓'] as const;

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
  const longest = Math.max(1, ...joined.map(({ spanNs }) => spanNs));
  const cellOf = (event: number) =>
    Math.min(height - 1, Math.floor((event / Math.max(1, window.total)) * height));
  const [from, to] = [cellOf(window.first), cellOf(window.last)];
  const at = cellOf(window.selected);
  return joined.map(({ calls, marked, spanNs }, cell) => {
    if (cell === at) return span('◂', 'strong');
    if (marked > 0) return span('✗', 'error');
    const level = calls === 0 ? 0 : shade(spanNs, longest);
    const inside = cell >= from && cell <= to;
    const mark = SHADES[level] ?? ' ';
    return inside && level === 0 ? span('│', 'dim') : span(mark, inside ? 'bar' : 'dim');
  });
}

function shade(spanNs: number, longest: number): number {
  const share = Math.log1p(spanNs) / Math.log1p(longest);
  // the upper half of the scale tells apart what differs at all
  return Math.max(
    1,
    Math.min(SHADES.length - 1, Math.round((share - 0.5) * 2 * (SHADES.length - 1))),
  );
}

/** As many slices as there are cells. */
function joinSlices(slices: readonly Slice[], height: number): Slice[] {
  return Array.from({ length: height }, (_, cell) => {
    const from = Math.floor((cell * slices.length) / height);
    const to = Math.max(from + 1, Math.floor(((cell + 1) * slices.length) / height));
    return slices.slice(from, to).reduce(
      (sum, { calls, marked, spanNs }) => ({
        calls: sum.calls + calls,
        marked: sum.marked + marked,
        spanNs: Math.max(sum.spanNs, spanNs),
      }),
      { calls: 0, marked: 0, spanNs: 0 },
    );
  });
}
