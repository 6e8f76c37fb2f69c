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

/** Milliseconds by round. */
export interface Times {
  readonly plain: number[];
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

/** @param scratch where the trace goes */
export function measure(
  { name, program }: Workload,
  rounds: number,
  { cli, sources }: Built,
  scratch: string,
): Measured {
  using workspace = new Workspace(program);
  const words = commandLine(program, workspace);
  const trace = join(scratch, `${name.replace(/\W+/g, '-')}.wrr`);
  const plain = ['--no-warnings', join(sources, 'bench/plain-wasi.js'), ...words];
  const record = [cli, 'record', '-q', '-o', trace, ...words];
  const replay = [cli, 'replay', trace];
  const times: Times = { plain: [], record: [], replay: [] };
  const cpu: Times = { plain: [], record: [], replay: [] };
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
    run('record', record);
    run('replay', replay);
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
