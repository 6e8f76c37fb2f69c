/**
 * `node --stack-size=16000 bench/timetravel.ts [--only TEXT] [--no-variants] [--no-motions]`: how fast modules are
 * rewritten, what each kind of rewriting costs a replay, and how long a user of time travel waits, with the
 * goal beside each figure. CPU time stands beside wall time: it is what to look at where others work too. Every
 * replay is compared with the recording, so a figure is also a proof. WASI_RR_CORPUS adds its programs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exampleCases } from '../examples/cases.ts';
import { realCases } from '../examples/real-cases.ts';
import { esbuild, nextpnr } from '../test/real/npm-programs.ts';
import { type Program, programOf } from '../test/real/program.ts';
import { runRecorded } from '../test/real/runs.ts';
import { TraceReader } from '../traces/reader.ts';
import { MAX_FRAMES } from '../wasm/traps.ts';
import { type Cost, type Motions, measureMotions } from './motions.ts';
import { measureRewriting, plainCost, VARIANTS } from './rewriting.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;

const GOALS = {
  rewriting: 50,
  firstStopMs: 5000,
  /** Where the run takes at most this long; beyond, in proportion. */
  stepBackMs: 100,
  shortRunMs: 1000,
  lastWriter: 2,
} as const;

/** CPU milliseconds of a replay below which a ratio says nothing. */
const SHORTEST_MS = 20;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    only: { type: 'string', default: '' },
    variants: { type: 'boolean', default: true },
    motions: { type: 'boolean', default: true },
    json: { type: 'string' },
  },
});

/** Runs that end by themselves. */
const EXAMPLES = /^(heapsmash|uninit|flakyparse|rustslice|compute)-/;

function programs(): Program[] {
  const own = exampleCases().filter(({ name }) => EXAMPLES.test(name));
  return [
    esbuild('commander'),
    nextpnr('lp384', 20),
    ...own.map(programOf),
    ...realCases().map(programOf),
  ].filter(({ name }) => name.includes(values.only));
}

const scratch = mkdtempSync(join(tmpdir(), 'wasi-rr-bench-'));
const results: object[] = [];
try {
  say(`load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n`);
  for (const program of programs()) results.push(await measure(program));
  if (values.json) writeFileSync(values.json, JSON.stringify(results, undefined, 1));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function measure(program: Program): Promise<object> {
  const path = join(scratch, `${program.name.replace(/\W+/g, '-')}.wrr`);
  await runRecorded(program, path);
  const trace = new TraceReader(path);
  const bytes = trace.module().length;
  say(`${program.name}: ${(bytes / 1e6).toFixed(1)} MB, ${trace.eventCount} events\n`);
  const rewriting = values.variants ? variants(trace) : {};
  trace.close();
  const motions = values.motions ? await measureMotions(path) : undefined;
  if (motions) describe(motions);
  rmSync(path);
  return { program: program.name, bytes, rewriting, motions };
}

function variants(trace: TraceReader): object {
  const plain = plainCost(trace);
  say(`  a plain replay, warm: ${plain.toFixed(0)} ms of CPU time\n`);
  const all: Record<string, object> = {};
  for (const variant of VARIANTS) {
    const measured = measureRewriting(trace, variant, plain);
    all[variant.name] = measured;
    const { cold, warm, size, cost } = measured;
    say(
      `  ${variant.name.padEnd(20)} ${warm.toFixed(0)} MB/s, first time ${cold.toFixed(0)}` +
        `${goal('≥', GOALS.rewriting, warm >= GOALS.rewriting)}; size ${size.toFixed(2)}; ` +
        `replay ${plain < SHORTEST_MS ? 'too short' : `${cost.toFixed(2)}${goal('≤', variant.goal, cost <= variant.goal)}`}\n`,
    );
  }
  return all;
}

function describe({ run, firstStop, seeks, stepsBack, lastWriter }: Motions): void {
  say(`  a plain replay in a new thread: ${ms(run)}\n`);
  say(
    `  first stop: ${ms(firstStop)}${goal('≤', GOALS.firstStopMs, firstStop.wall <= 5000, 'ms')}\n`,
  );
  say(`  seek to an event: ${percentiles(seeks)}\n`);
  const allowed = GOALS.stepBackMs * Math.max(1, run.wall / GOALS.shortRunMs);
  for (const [size, costs] of Object.entries(stepsBack)) {
    const met = percentile(costs, 0.95).wall <= allowed;
    say(
      `  step back, ${size.padEnd(17)} first ${ms(costs[0])}; ${percentiles(costs.slice(1))}` +
        `${goal('≤', allowed, met, 'ms')}\n`,
    );
  }
  for (const [i, cost] of lastWriter.entries()) {
    const ratio = cost.cpu / run.cpu;
    say(
      `  last writer, ${i === 0 ? 'first question' : 'one more'}: ${ms(cost)}, ${ratio.toFixed(2)} of the run` +
        `${goal('≤', GOALS.lastWriter, ratio <= GOALS.lastWriter)}\n`,
    );
  }
}

function percentile(costs: readonly Cost[], part: number): Cost {
  const at = (of: keyof Cost) => {
    const sorted = costs.map((cost) => cost[of]).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  };
  return { wall: at('wall'), cpu: at('cpu') };
}

function percentiles(costs: readonly Cost[]): string {
  return `median ${ms(percentile(costs, 0.5))}, p95 ${ms(percentile(costs, 0.95))}`;
}

function ms(cost: Cost | undefined): string {
  return cost === undefined ? '–' : `${cost.wall.toFixed(0)} ms (CPU ${cost.cpu.toFixed(0)})`;
}

function goal(sign: string, value: number, met: boolean, unit = ''): string {
  return `  [goal ${sign} ${Math.round(value * 100) / 100}${unit && ` ${unit}`}${met ? '' : ', MISSED'}]`;
}

function say(text: string): void {
  process.stdout.write(text);
}
