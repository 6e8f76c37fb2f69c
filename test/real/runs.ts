/** Runs a program three ways: plain, recorded, replayed. What a run shows has the same form for each. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type Outcome,
  openTrace,
  type RecordReport,
  type RunOptions,
  record,
  replay,
} from '../../index.ts';
import type { Program } from './program.ts';
import { Workspace } from './workspace.ts';

const PLAIN = resolve(import.meta.dirname, '../../bench/plain-wasi.ts');

/** What can be seen of a run from outside. */
export interface Shown {
  /** Exit code as a shell sees it, 134 after a trap, undefined where it had to be ended. */
  readonly exit: number | undefined;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface Run extends Shown {
  readonly files: Record<string, string>;
}

/** Command-line options and words for a program; the same for bench/plain-wasi.ts and `wasi-rr record`. */
export function commandLine(program: Program, workspace: Workspace): string[] {
  return [
    ...workspace.preopens.flatMap(({ host, guest }) => ['--dir', `${host}::${guest}`]),
    ...Object.entries(program.env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...(program.argv0 === undefined ? [] : ['--argv0', program.argv0]),
    workspace.wasm,
    ...program.args,
  ];
}

/** Under `node:wasi`, in a process of its own. */
export function runPlain(program: Program): Run {
  using workspace = new Workspace(program);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', PLAIN, ...commandLine(program, workspace)],
    {
      input: readFileSync(workspace.stdin),
      maxBuffer: 1 << 30,
      env: {},
      ...(program.timeoutMs && { timeout: program.timeoutMs, killSignal: 'SIGKILL' as const }),
    },
  );
  return { exit: status ?? undefined, stdout, stderr, files: workspace.files() };
}

export interface RecordedRun extends Run {
  readonly report: RecordReport;
}

/** Recorded into `trace`; nothing but the trace is left when it ends. */
export async function runRecorded(
  program: Program,
  trace: string,
  options: Pick<RunOptions, 'paranoid' | 'chaos' | 'clock' | 'random' | 'viaComponent'> = {},
): Promise<RecordedRun> {
  using workspace = new Workspace(program);
  const [out, err] = [workspace.path('stdout'), workspace.path('stderr')];
  const fds = [openSync(workspace.stdin, 'r'), openSync(out, 'w'), openSync(err, 'w')] as const;
  try {
    const report = await record({
      module: workspace.wasm,
      ...(program.argv0 !== undefined && { argv0: program.argv0 }),
      args: program.args,
      env: program.env,
      preopens: workspace.preopens,
      stdin: fds[0],
      stdout: fds[1],
      stderr: fds[2],
      output: trace,
      ...(program.timeoutMs !== undefined && { timeoutMs: program.timeoutMs }),
      ...options,
    });
    return {
      exit: exitOf(report.outcome),
      stdout: readFileSync(out),
      stderr: readFileSync(err),
      files: workspace.files(),
      report,
    };
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

export interface ReplayedRun extends Shown {
  readonly status: string;
  /** What diverged, as text, so that a failing test shows it. */
  readonly divergence: unknown;
  readonly memory: string | undefined;
  readonly events: number;
}

export async function runReplayed(trace: string): Promise<ReplayedRun> {
  const printed = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const report = await replay({
    trace,
    onOutput: (stream, bytes) => {
      printed[stream].push(bytes);
    },
  });
  return {
    status: report.status,
    divergence: report.divergence,
    exit: exitOf(report.outcome),
    stdout: Buffer.concat(printed.stdout),
    stderr: Buffer.concat(printed.stderr),
    memory: report.finalMemory?.xxh64,
    events: report.events,
  };
}

/** What a trace says of the memory at the end of the recorded run. */
export function recordedMemory(trace: string): string | undefined {
  const reader = openTrace(trace);
  try {
    return reader.meta.finalMemory?.xxh64;
  } finally {
    reader.close();
  }
}

function exitOf(outcome: Outcome | undefined): number | undefined {
  if (outcome?.kind === 'exit') return outcome.code & 0xff;
  if (outcome?.kind === 'trap') return 134;
  if (outcome?.kind === 'interrupted') return undefined;
  throw new Error(`the run failed: ${JSON.stringify(outcome)}`);
}
