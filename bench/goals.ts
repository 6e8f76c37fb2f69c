/** The goals of recording, each beside what was measured: one table at the end of a run. */
import type { HostCall } from './host-calls.ts';
import type { WorkloadResult } from './report.ts';
import { ratios, type Spread, spread } from './statistics.ts';
import type { Workload } from './workloads.ts';

interface Row {
  readonly what: string;
  readonly goal: number;
  readonly figure: Spread;
  /** The same ratio of processor time, for a machine that has other work. */
  readonly cpu?: Spread;
  readonly unit: string;
}

/** Bytes of an event in the segments, payload apart; and of the whole trace, a call. */
const BYTES = { event: 16, call: 80 } as const;

const NO_SLOWER = 1;

export function describeGoals(
  measured: readonly (readonly [Workload, WorkloadResult])[],
  hostCalls: readonly HostCall[],
): string {
  const rows = [
    ...measured.flatMap(([workload, result]) => timeRows(workload, result)),
    ...measured.flatMap(([, result]) => sizeRows(result)),
    ...hostCalls.filter(({ judged }) => judged).map(hostRow),
  ];
  const width = Math.max(...rows.map(({ what }) => what.length));
  const head = `${'goal'.padStart(9)} ${'median'.padStart(9)}   ${'from – to'.padEnd(15)} ${'CPU'.padStart(6)}`;
  const lines = rows.map((row) => {
    const { goal, figure, cpu, unit } = row;
    const range = `${digits(figure.min)} – ${digits(figure.max)}`.padEnd(15);
    const verdict = figure.median <= goal ? 'met' : 'MISSED';
    return (
      `  ${row.what.padEnd(width)} ${`≤ ${goal}${unit}`.padStart(9)} ${`${digits(figure.median)}${unit}`.padStart(9)}` +
      `   ${range} ${(cpu ? digits(cpu.median) : '').padStart(6)}  ${verdict}`
    );
  });
  return `goals\n  ${''.padEnd(width)} ${head}\n${lines.join('\n')}\n`;
}

function timeRows(workload: Workload, { name, kind, times, cpu }: WorkloadResult): Row[] {
  const row = (to: 'plain' | 'host', whose: string): Row => ({
    what: `${kind === 'start' ? `start-up: ${name}` : name}, recorded ÷ ${whose}`,
    goal: workload.goals.recordToPlain,
    figure: ratios(times.record, times[to]),
    cpu: ratios(cpu.record, cpu[to]),
    unit: '',
  });
  const ofNode = row('plain', 'node:wasi');
  return kind === 'start' ? [ofNode] : [ofNode, row('host', 'same host')];
}

function sizeRows({ name, kind, size }: WorkloadResult): Row[] {
  if (size === undefined || kind === 'start' || kind === 'compute') return [];
  const bytes = (what: string, goal: number, value: number): Row => ({
    what: `${name}, ${what}`,
    goal,
    figure: spread([value]),
    unit: ' B',
  });
  return [
    bytes('an event in segments', BYTES.event, size.headBytesStored / size.events),
    ...(kind === 'calls' ? [bytes('trace a call', BYTES.call, size.fileBytes / size.calls)] : []),
  ];
}

function hostRow({ name, node, sandbox }: HostCall): Row {
  const what = `sandbox ÷ node:wasi: ${name}`;
  return { what, goal: NO_SLOWER, figure: ratios(sandbox, node), unit: '' };
}

function digits(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}
