/**
 * Times a workload as a user would: each run is a process of its own, start-up and finished trace
 * included, and the ways to run take turns, so that a noisy minute hits all of them alike.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../test/real/runs.ts';
import { Workspace } from '../test/real/workspace.ts';
import type { Built } from './build.ts';
import type { Workload } from './workloads.ts';

/**
 * Milliseconds by round: under `node:wasi` as a bare script has it; under the host of wasi-rr, unrecorded;
 * recorded with that host; replayed. Nothing is replayed for a workload that is about starting.
 */
export interface Times {
  readonly plain: number[];
  readonly host: number[];
  readonly record: number[];
  readonly replay: number[];
}

export interface Measured {
  /** From the start of the process to its end. */
  readonly times: Times;
  /** Processor time of all threads: less bothered by neighbours than wall time. */
  readonly cpu: Times;
  /** The trace of the last round; remove it. */
  readonly trace: string;
  /** What went wrong; its times stay, since a failed run is a finding and not a reason to stop. */
  readonly problems: readonly string[];
}

/** @param scratch where the trace goes; @param replays whether it is replayed, too */
export function measure(
  { name, program, kind }: Workload,
  rounds: number,
  { cli, sources, plainHost }: Built,
  scratch: string,
  replays: boolean,
): Measured {
  using workspace = new Workspace(program);
  const words = commandLine(program, workspace);
  const trace = join(scratch, `${name.replace(/\W+/g, '-')}.wrr`);
  const plain = ['--no-warnings', join(sources, 'bench/plain-wasi.js'), ...words];
  const host = ['--no-warnings', plainHost, ...words];
  const record = [cli, 'record', '-q', '-o', trace, ...words];
  const replay = [cli, 'replay', trace];
  const times: Times = { plain: [], host: [], record: [], replay: [] };
  const cpu: Times = { plain: [], host: [], record: [], replay: [] };
  const problems = new Set<string>();
  const preload = ['--require', join(sources, 'bench/report-cpu.cjs')];
  const run = (how: keyof Times, args: readonly string[]) => {
    const { ms, cpuMs, status, stderr } = timed([...preload, ...args], workspace.stdin);
    times[how].push(ms);
    cpu[how].push(cpuMs);
    if (status !== 0) problems.add(`${how} ended with ${status}: ${stderr.slice(-300).trim()}`);
  };
  for (let round = 0; round < rounds; round++) {
    rmSync(trace, { force: true });
    run('plain', plain);
    run('host', host);
    run('record', record);
    if (replays && kind !== 'start') run('replay', replay);
  }
  return { times, cpu, trace, problems: [...problems] };
}

function timed(args: readonly string[], stdin: string) {
  const input = openSync(stdin, 'r');
  try {
    const start = process.hrtime.bigint();
    const { status, stderr, output }: SpawnSyncReturns<Buffer> = spawnSync(process.execPath, args, {
      stdio: [input, 'ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    });
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    return { ms, cpuMs: Number(output[3]) / 1000, status, stderr: stderr.toString() };
  } finally {
    closeSync(input);
  }
}
