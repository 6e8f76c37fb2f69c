/** Turns what was measured into lines for people. */

import type { HostCall } from './host-calls.ts';
import type { Measured } from './interleaved.ts';
import type { Figure } from './micro.ts';
import { ratios, type Spread, spread } from './statistics.ts';
import type { TraceSize } from './trace-size.ts';
import type { Workload } from './workloads.ts';

export interface WorkloadResult {
  readonly name: string;
  readonly kind: Workload['kind'];
  readonly times: Measured['times'];
  readonly cpu: Measured['cpu'];
  readonly problems: readonly string[];
  /** Milliseconds of replays in one process; the first is cold. */
  readonly warmReplays: readonly number[];
  readonly size: TraceSize | undefined;
}

export function describeWorkload({ goals }: Workload, result: WorkloadResult): string {
  const { times, cpu, size, warmReplays } = result;
  const warm = warmReplays.slice(1);
  const record = spread(times.record).median;
  const replayed = times.replay.length > 0;
  const whole = [`plain ${ms(spread(times.plain))}`, `same host ${ms(spread(times.host))}`];
  whole.push(`record ${ms(spread(times.record))}`);
  if (replayed) whole.push(`replay ${ms(spread(times.replay))}`);
  const lines = [
    `${result.name} (${result.kind})`,
    `  ${whole.join('   ')}`,
    `  record ÷ plain   ${ratioText(ratios(times.record, times.plain), goals.recordToPlain)}`,
    `  … processor time ${ratioText(ratios(cpu.record, cpu.plain))}`,
    `  record ÷ host    ${ratioText(ratios(times.record, times.host), goals.recordToPlain)}`,
    `  … processor time ${ratioText(ratios(cpu.record, cpu.host))}`,
  ];
  if (replayed) {
    lines.push(
      `  replay ÷ plain   ${ratioText(ratios(times.replay, times.plain))}`,
      `  replay ÷ record  ${ratioText(ratios(times.replay, times.record), goals.replayToRecord)}`,
      `  … processor time ${ratioText(ratios(cpu.replay, cpu.record))}`,
    );
  }
  if (warm.length > 0) {
    const inProcess = spread(warm.map((value) => value / record));
    lines.push(
      `  … in a warm process ${ratioText(inProcess, goals.replayToRecord)}  ${ms(spread(warm))}`,
    );
    if (size && result.kind === 'calls') {
      lines.push(
        `  … ${(size.calls / spread(warm).median / 1000).toFixed(2)} M calls/s (goal ≥ 3)`,
      );
    }
  }
  if (size) lines.push(...describeSize(size));
  for (const problem of result.problems) lines.push(`  PROBLEM: ${problem}`);
  return `${lines.join('\n')}\n`;
}

function describeSize(size: TraceSize): string[] {
  const each = (bytes: number) => (bytes / size.events).toFixed(1);
  return [
    `  log: ${size.events} events in ${size.segments} segments; bytes an event: ${each(size.logBytes)} stored with payload; ` +
      `payload apart ${each(size.headBytesStored)} stored (goal ≤ 16), ${each(size.headBytes)} encoded; payload ${each(size.payloadBytes)}`,
    `  file: ${(size.fileBytes / 1e6).toFixed(1)} MB, ${(size.fileBytes / Math.max(1, size.calls)).toFixed(1)} bytes a call`,
  ];
}

export function describeHostCalls(calls: readonly HostCall[]): string {
  const width = Math.max(...calls.map(({ name }) => name.length));
  const lines = calls.map(({ name, node, sandbox }) => {
    const each = [node, sandbox].map((values) => spread(values).median.toFixed(0).padStart(8));
    return `  ${name.padEnd(width)} ${each.join('')}   ${ratioText(ratios(sandbox, node))}`;
  });
  return `calls of the hosts, ns: node:wasi, sandbox, and their ratio\n${lines.join('\n')}\n`;
}

export function describeFigures(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const lines = figures.map(
    ({ name, value, unit }) =>
      `  ${name.padEnd(width)}  ${value.toFixed(value < 10 ? 2 : 0)} ${unit}`,
  );
  return `hot paths, one thread, best of several passes\n${lines.join('\n')}\n`;
}

function ms({ median, min, max }: Spread): string {
  return `${median.toFixed(0)} ms [${min.toFixed(0)}–${max.toFixed(0)}]`;
}

export function ratioText({ median, min, max }: Spread, goal?: number): string {
  const verdict = goal === undefined ? '' : `  goal ≤ ${goal}${median <= goal ? '' : '  MISSED'}`;
  return `${median.toFixed(3)} [${min.toFixed(3)}–${max.toFixed(3)}]${verdict}`;
}
