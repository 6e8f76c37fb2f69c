/** Calls by function: how many, how many failed, how long they took, how much they moved. */
import { escapeText } from '../../index.ts';
import { jsonLine } from '../json.ts';
import { type Column, formatTable } from '../table.ts';
import { formatSeconds } from '../units.ts';

/** A call that is to be counted. */
export interface CountedCall {
  readonly name: string;
  readonly failed: boolean;
  readonly durationNs: number;
  readonly bytes: number;
}

interface Totals {
  name: string;
  calls: number;
  errors: number;
  totalNs: number;
  bytes: number;
}

const COLUMNS: readonly Column[] = [
  { title: '% time', right: true },
  { title: 'seconds', right: true },
  { title: 'µs/call', right: true },
  { title: 'calls', right: true },
  { title: 'errors', right: true },
  { title: 'bytes', right: true },
  { title: 'function' },
];

export class CallSummary {
  private readonly byName = new Map<string, Totals>();

  add({ name, failed, durationNs, bytes }: CountedCall): void {
    let totals = this.byName.get(name);
    if (totals === undefined) {
      totals = { name, calls: 0, errors: 0, totalNs: 0, bytes: 0 };
      this.byName.set(name, totals);
    }
    totals.calls++;
    if (failed) totals.errors++;
    totals.totalNs += durationNs;
    totals.bytes += bytes;
  }

  /** Lines of a table as strace -c prints it; where the time went comes first. */
  table(): string[] {
    const all = this.sorted();
    const total = { name: 'total', calls: 0, errors: 0, totalNs: 0, bytes: 0 };
    for (const { calls, errors, totalNs, bytes } of all) {
      total.calls += calls;
      total.errors += errors;
      total.totalNs += totalNs;
      total.bytes += bytes;
    }
    return formatTable(
      COLUMNS,
      [...all, total].map((totals) => cells(totals, total.totalNs)),
    );
  }

  /** Lines of JSON objects, in the same order. */
  json(): string[] {
    return this.sorted().map((totals) =>
      jsonLine({ ...totals, averageNs: Math.round(totals.totalNs / totals.calls) }),
    );
  }

  private sorted(): Totals[] {
    return [...this.byName.values()].sort(
      (a, b) => b.totalNs - a.totalNs || b.calls - a.calls || (a.name < b.name ? -1 : 1),
    );
  }
}

function cells({ name, calls, errors, totalNs, bytes }: Totals, allNs: number): string[] {
  return [
    (allNs === 0 ? 0 : (100 * totalNs) / allNs).toFixed(2),
    formatSeconds(totalNs),
    (calls === 0 ? 0 : totalNs / calls / 1000).toFixed(1),
    String(calls),
    errors === 0 ? '' : String(errors),
    bytes === 0 ? '' : String(bytes),
    escapeText(name),
  ];
}
