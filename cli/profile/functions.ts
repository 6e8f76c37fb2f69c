/** Sums of a profile by function, and the tables that show them. */
import type { Profile, ProfiledFunction } from '../../index.ts';
import { type Column, formatTable } from '../table.ts';
import { formatSeconds } from '../units.ts';
import { inclusive, labelOf, walk } from './tree.ts';

export interface FunctionTotals {
  readonly func: ProfiledFunction;
  calls: number;
  /** In the function itself. */
  ticks: number;
  /** In it and in all that it called; what it calls of itself counts once. */
  totalTicks: number;
  /** In calls of the host that it made, directly or not; of a function of the host, in itself. */
  hostNs: number;
}

/** Those where most ticks passed come first, then those of the host by time. */
export function functionTotals(profile: Profile): FunctionTotals[] {
  const totals: FunctionTotals[] = profile.functions.map((func) => ({
    ...{ func, calls: 0, ticks: 0, totalTicks: 0, hostNs: 0 },
  }));
  const ticks = inclusive(profile.parent, profile.ticks);
  const hostNs = inclusive(profile.parent, profile.hostNs);
  /** How often each function is on the path to the node at hand. */
  const open = new Int32Array(totals.length);
  walk(
    profile,
    (node) => {
      const index = profile.func[node] as number;
      const one = totals[index] as FunctionTotals;
      one.calls += profile.calls[node] ?? 0;
      one.ticks += profile.ticks[node] ?? 0;
      if (open[index] === 0) {
        one.totalTicks += ticks[node] ?? 0;
        one.hostNs += hostNs[node] ?? 0;
      }
      open[index] = (open[index] ?? 0) + 1;
    },
    (node) => {
      const index = profile.func[node] as number;
      open[index] = (open[index] ?? 0) - 1;
    },
  );
  return totals.sort(
    (a, b) => b.ticks - a.ticks || b.totalTicks - a.totalTicks || b.hostNs - a.hostNs,
  );
}

const GUEST: readonly Column[] = [
  { title: 'self %', right: true },
  { title: 'total %', right: true },
  { title: 'ticks', right: true },
  { title: 'calls', right: true },
  { title: 'host s', right: true },
  { title: 'function' },
];

const HOST: readonly Column[] = [
  { title: 'seconds', right: true },
  { title: 'calls', right: true },
  { title: 'call' },
];

/** @param most as many functions of the guest's */
export function functionTables(profile: Profile, most: number): string[] {
  const all = inclusive(profile.parent, profile.ticks)[0] ?? 0;
  const totals = functionTotals(profile);
  const guest = totals.filter(({ func }) => func.func !== undefined);
  const host = totals
    .filter(({ func }) => func.func === undefined)
    .sort((a, b) => b.hostNs - a.hostNs);
  const lines = formatTable(
    GUEST,
    guest
      .slice(0, most)
      .map(({ func, calls, ticks, totalTicks, hostNs }) => [
        percent(ticks, all),
        percent(totalTicks, all),
        `${ticks}`,
        `${calls}`,
        formatSeconds(hostNs),
        labelOf(func),
      ]),
  );
  if (guest.length > most) lines.push(`… ${guest.length - most} more: --top`);
  if (host.length === 0) return lines;
  const rows = host.map(({ func, calls, hostNs }) => [
    formatSeconds(hostNs),
    `${calls}`,
    labelOf(func),
  ]);
  return [...lines, '', ...formatTable(HOST, rows)];
}

/** The tree, callers first, without what has less than a share of all ticks. @param least 0 to 1 */
export function treeLines(profile: Profile, least: number): string[] {
  const ticks = inclusive(profile.parent, profile.ticks);
  const all = ticks[0] ?? 0;
  const depth = new Int32Array(ticks.length).fill(-1);
  const lines: string[] = [];
  walk(profile, (node) => {
    depth[node] = (depth[profile.parent[node] as number] as number) + 1;
    const own = ticks[node] ?? 0;
    if (all === 0 || own < least * all) return;
    const label = labelOf(profile.functions[profile.func[node] as number] as ProfiledFunction);
    const times = `${profile.calls[node]}×`;
    lines.push(
      `${percent(own, all).padStart(6)}  ${'  '.repeat(depth[node] ?? 0)}${label}  ${times}`,
    );
  });
  return lines;
}

function percent(part: number, all: number): string {
  return (all === 0 ? 0 : (100 * part) / all).toFixed(2);
}
