/**
 * `node bench/main.ts [--runs N] [--quick] [--only NAME] [--json FILE]`: what recording and replaying cost, as
 * ratios to the same program under plain `node:wasi` and under the same host; what the calls of the host take;
 * the hot paths by themselves; and the goals in one table. NAME is a part of a workload's name, `host` or
 * `micro`. Six minutes on two idle cores; `--quick` takes one: a round each, no replays. JSON lies under bench/results/ afterwards. The terminal
 * debugger has a benchmark of its own, `node bench/tui.ts`, and so has a full trace folder, `node bench/folder.ts`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.ts';
import { describeGoals } from './goals.ts';
import type { HostCall } from './host-calls.ts';
import { measure } from './interleaved.ts';
import type { Figure } from './micro.ts';
import {
  describeFigures,
  describeHostCalls,
  describeWorkload,
  type WorkloadResult,
} from './report.ts';
import { traceSize } from './trace-size.ts';
import { type Workload, workloads } from './workloads.ts';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
const RUNS = Number(options.runs ?? (options.quick ? 1 : 5));
const WARM_REPLAYS = 4;
const HOST_ROUNDS = options.quick ? 5 : 20;
/** A start takes so little time that more of them can be had. */
const STARTS = options.quick ? 5 : 20;
/** Its trace is what the hot paths are run on. */
const MICRO_WORKLOAD = 'mixed-calls';

const built = await build();
const scratch = mkdtempSync(join(tmpdir(), 'wasi-rr-bench-'));
const measured: [Workload, WorkloadResult][] = [];
let hostCalls: HostCall[] = [];
let figures: Figure[] = [];
try {
  for (const workload of await workloads(scratch)) {
    const micro =
      !options.quick && workload.name === MICRO_WORKLOAD && 'micro'.includes(options.only);
    if (!workload.name.includes(options.only) && !micro) continue;
    const rounds = micro && options.only === 'micro' ? 1 : RUNS;
    const { result, trace } = run(workload, workload.kind === 'start' ? STARTS : rounds);
    process.stdout.write(`${describeWorkload(workload, result)}\n`);
    measured.push([workload, result]);
    if (micro && existsSync(trace)) figures = child('micro', trace);
    rmSync(trace, { force: true });
  }
  if ('host'.includes(options.only)) hostCalls = child('host-calls', String(HOST_ROUNDS));
  if (hostCalls.length > 0) process.stdout.write(`${describeHostCalls(hostCalls)}\n`);
  if (figures.length > 0) process.stdout.write(`${describeFigures(figures)}\n`);
  process.stdout.write(`${describeGoals(measured, hostCalls)}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
save();
process.stdout.write(
  'components: node bench/components.ts; the terminal debugger: node bench/tui.ts\n',
);

function run(workload: Workload, rounds: number): { result: WorkloadResult; trace: string } {
  const { times, cpu, trace, problems } = measure(workload, rounds, built, scratch, !options.quick);
  const good = problems.length === 0 && existsSync(trace);
  const result: WorkloadResult = {
    name: workload.name,
    kind: workload.kind,
    times,
    cpu,
    problems,
    warmReplays:
      good && !options.quick && workload.kind !== 'start'
        ? child('warm-replays', trace, String(WARM_REPLAYS))
        : [],
    size: existsSync(trace) ? traceSize(trace) : undefined,
  };
  return { result, trace };
}

/** Runs one of this folder's programs and gives the JSON that it prints. */
function child<T>(name: string, ...args: string[]): T {
  const output = execFileSync(
    process.execPath,
    ['--no-warnings', join(built.sources, `bench/${name}.js`), ...args],
    { maxBuffer: 1 << 28 },
  );
  return JSON.parse(output.toString()) as T;
}

function save(): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const time = new Date().toISOString();
  const file = options.json ?? join(folder, `${time.replace(/[:.]/g, '-')}.json`);
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  writeFileSync(
    file,
    `${JSON.stringify({ time, machine, results: measured.map(([, result]) => result), hostCalls, figures }, null, 2)}\n`,
  );
  process.stdout.write(`saved as ${file}\n`);
}
