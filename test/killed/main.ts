/**
 * `npm run kill-trials -- [--trials N] [--seed N] [--only NAME]`: kills the recorders of real programs at random moments of
 * their lives. Every trace must open and replay as far as it goes; says how much each one lacks. Exits with 1 where
 * one does not.
 */
import { loadavg } from 'node:os';
import { exampleCases } from '../../examples/cases.ts';
import { esbuild } from '../real/npm-programs.ts';
import { type Program, programOf } from '../real/program.ts';
import { scriptOptions } from '../script-options.ts';
import { randomFrom } from '../wasi/random.ts';
import { runTrial, type Trial } from './trial.ts';

const { values } = scriptOptions('npm run kill-trials -- [--trials N] [--seed N] [--only NAME]', {
  options: {
    trials: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});

/** Milliseconds: the longest life of a program that does not end by itself. */
const ENDLESS_MS = 3000;

function example(name: string, args?: readonly string[]): Program {
  const one = exampleCases().find((each) => each.name === name);
  if (one === undefined) throw new Error(`no example ${name}`);
  const program = programOf(one);
  return args === undefined ? program : { ...program, args };
}

/** The one that ends by itself. */
const ending = esbuild('commander');
const programs: readonly Program[] = [
  ending,
  example('syscalls-O2', ['100000000']),
  example('hang-O0g'),
].filter(({ name }) => name.includes(values.only));

const random = randomFrom(Number(values.seed));
const load = () => loadavg()[0]?.toFixed(1);
console.log(`load ${load()}`);
const results = new Map<Program, Trial[]>(programs.map((program) => [program, []]));
const lives = new Map<Program, number>();
for (const program of programs) {
  const { afterMs } =
    program === ending
      ? await runTrial(program, Number.POSITIVE_INFINITY)
      : { afterMs: ENDLESS_MS };
  lives.set(program, afterMs);
}
let stopped = false;
// what was found until then is told
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (stopped = true));
for (let i = 0; i < Number(values.trials) && !stopped; i++) {
  const program = programs[i % programs.length] as Program;
  const trial = await runTrial(program, random.below(Math.ceil(lives.get(program) ?? ENDLESS_MS)));
  results.get(program)?.push(trial);
  if (trial.problem !== undefined) {
    console.log(`${program.name} after ${trial.afterMs.toFixed(0)} ms: ${trial.problem}`);
  }
}
for (const [program, trials] of results) report(program.name, trials);
console.log(`load ${load()}`);
process.exitCode = [...results.values()].flat().some(({ problem }) => problem !== undefined)
  ? 1
  : 0;

function report(name: string, trials: readonly Trial[]): void {
  const killed = trials.filter(({ state }) => state === 'killed');
  const count = (state: Trial['state']) => trials.filter((one) => one.state === state).length;
  console.log(
    `${name}: ${killed.length} killed, ${count('early')} before the guest ran, ${count('ended')} too late, ` +
      `${trials.filter(({ problem }) => problem !== undefined).length} with a problem`,
  );
  console.log(`  lost, ms:    ${distribution(killed.map(({ lostMs }) => lostMs))}`);
  console.log(`  lost, bytes: ${distribution(killed.map(({ lostBytes }) => lostBytes))}`);
  const within = killed.filter(({ lostMs }) => lostMs <= 20).length;
  console.log(`  at most 20 ms: ${within} of ${killed.length}`);
}

function distribution(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]?.toFixed(1);
  return `median ${at(0.5)}, 90 % ${at(0.9)}, 99 % ${at(0.99)}, most ${at(1)}`;
}
