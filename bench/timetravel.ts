/**
 * `node --stack-size=16000 bench/timetravel.ts [--only TEXT] [--no-variants] [--no-motions] [--pause]`: how fast modules are
 * rewritten, what each kind of rewriting costs a replay, and how long a user of time travel waits, with the
 * goal beside each figure. `--pause` presses a key every 400 ms, as a user may, instead of at once. CPU time stands
 * beside wall time: it is what to look at where others work too (of replays in one process, that of the guest's
 * thread). Every replay is compared with the recording, so a figure is also a proof. WASI_RR_CORPUS adds its programs.
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
import { type Cost, type Motions, measureMotions, PAUSES } from './motions.ts';
import { measureRewriting, VARIANTS } from './rewriting.ts';
import { replayCosts } from './variant-costs.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;

const GOALS = {
  rewriting: 50,
  firstStopMs: 5000,
  /** Where the run takes at most this long; beyond, in proportion. */
  stepBackMs: 100,
  shortRunMs: 1000,
  lastWriter: 2,
} as const;

/** Milliseconds of a replay below which a ratio says nothing. */
const SHORTEST_MS = 20;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    only: { type: 'string', default: '' },
    variants: { type: 'boolean', default: true },
    motions: { type: 'boolean', default: true },
    pause: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

/** Runs that end by themselves. */
const EXAMPLES = /^(heapsmash|uninit|flakyparse|rustslice|ledger|compute)-/;

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
  const motions = values.motions
    ? await measureMotions(path, values.pause ? PAUSES.user : PAUSES.none)
    : undefined;
  if (motions) describe(motions);
  rmSync(path);
  return { program: program.name, bytes, rewriting, motions };
}

function variants(trace: TraceReader): object {
  const { plain, costs } = replayCosts(
    trace,
    VARIANTS.map(({ plan }) => plan),
  );
  const shown = [plain.first, plain.second, plain.warm].map((value) => value.toFixed(0));
  say(
    `  plain replays in one process: first ${shown[0]} ms, second ${shown[1]}, median ${shown[2]}\n`,
  );
  say(`  ${''.padEnd(20)}   MB/s  cold   size   first  second  median\n`);
  const module = trace.module();
  const all: Record<string, object> = {};
  for (const [i, variant] of VARIANTS.entries()) {
    const made = measureRewriting(module, variant);
    const cost = costs[i] ?? plain;
    const ratios = {
      first: cost.first / plain.first,
      second: cost.second / plain.second,
      median: cost.warm / plain.warm,
    };
    all[variant.name] = { ...made, ...ratios };
    const isShort = plain.warm < SHORTEST_MS;
    const times = Object.values(ratios).map((ratio) => column(isShort ? undefined : ratio));
    say(
      `  ${variant.name.padEnd(20)} ${column(made.warm, 0)}${column(made.cold, 0)}${column(made.size)}${times.join('')}` +
        `${goal('≥', GOALS.rewriting, made.warm >= GOALS.rewriting, 'MB/s')}` +
        `${isShort ? '  too short for a ratio' : goal('≤', variant.goal, ratios.median <= variant.goal)}\n`,
    );
  }
  return all;
}

function column(value: number | undefined, digits = 2): string {
  return (value?.toFixed(digits) ?? '–').padStart(6).padEnd(8);
}

function describe({ run, firstStop, seeks, stepsBack, lastWriter }: Motions): void {
  say(`  a plain replay in a new thread: ${ms(run)}\n`);
  say(
    `  first stop: ${ms(firstStop)}${goal('≤', GOALS.firstStopMs, firstStop.wall <= 5000, 'ms')}\n`,
  );
  say(`  seek to an event: ${percentiles(seeks)}\n`);
  const allowed = GOALS.stepBackMs * Math.max(1, run.wall / GOALS.shortRunMs);
  for (const [size, { first, later }] of Object.entries(stepsBack)) {
    const all = [...first, ...later];
    const met = percentile(all, 0.95).wall <= allowed;
    const worst = ms(percentile(all, 1));
    say(
      `  step back, ${size.padEnd(17)} ${percentiles(all)}${goal('≤', allowed, met, 'ms')}, worst ${worst}; ` +
        `first of a place median ${ms(percentile(first, 0.5))}\n`,
    );
  }
  for (const [i, cost] of lastWriter.entries()) {
    const ratio = cost.cpu / run.cpu;
    const what = ['in a new session', 'first question', 'one more'][i] ?? 'one more';
    say(
      `  last writer, ${what}: ${ms(cost)}, ${(cost.wall / run.wall).toFixed(2)} of the run, CPU ${ratio.toFixed(2)}` +
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
