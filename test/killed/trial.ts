/** One recording that is killed, and what is left of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { messageOf, WasiRrError } from '../../errors.ts';
import { TraceReader } from '../../traces/reader.ts';
import type { Program } from '../real/program.ts';
import { Workspace } from '../real/workspace.ts';
import { replayed } from '../replayer/replayed.ts';
import { monotonicMs } from './clock.ts';
import type { Job } from './recorder-child.ts';

export interface Trial {
  /** `ended`: before the kill; `early`: the guest had done nothing yet, and the trace says that it holds nothing. */
  readonly state: 'killed' | 'ended' | 'early';
  /** Events in the trace. */
  readonly events: number;
  /** Milliseconds of the guest's life that its trace lacks, up to the kill. */
  readonly lostMs: number;
  /** Bytes of log that it lacks. */
  readonly lostBytes: number;
  /** Milliseconds from the moment at which there was a trace to the kill. */
  readonly afterMs: number;
  /** What ought not to be: the trace does not open, differs from its replay, or others may read it. */
  readonly problem: string | undefined;
}

const CHILD = join(import.meta.dirname, 'recorder-child.ts');

/** @param afterMs when to kill, from the moment that there is a trace; `Infinity` lets the program end */
export async function runTrial(program: Program, afterMs: number): Promise<Trial> {
  using workspace = new Workspace(program);
  const trace = workspace.path('killed.wrr');
  const witness = workspace.path('witness');
  const job: Job = {
    module: workspace.wasm,
    args: program.args,
    env: program.env,
    preopens: workspace.preopens,
    output: trace,
    input: workspace.stdin,
  };
  const child = spawn(process.execPath, ['--no-warnings', CHILD, JSON.stringify(job)], {
    env: { ...process.env, WITNESS: witness },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const closed = once(child, 'close');
  while (!existsSync(trace) && child.exitCode === null) await passed(1);
  const started = monotonicMs();
  const quit = new AbortController();
  if (Number.isFinite(afterMs)) {
    await Promise.race([
      closed,
      passed(afterMs, undefined, { signal: quit.signal }).catch(() => {}),
    ]);
    quit.abort();
  } else await closed;
  const killedMs = monotonicMs();
  child.kill('SIGKILL');
  await closed;
  const base = {
    events: 0,
    lostMs: 0,
    lostBytes: 0,
    afterMs: killedMs - started,
    problem: undefined,
  };
  if (child.exitCode !== null) {
    const problem = child.exitCode === 0 ? undefined : `the recorder exited with ${child.exitCode}`;
    return { ...base, state: 'ended', problem };
  }
  try {
    return { ...base, state: 'killed', ...(await inspect(trace, witness, killedMs)) };
  } catch (thrown) {
    const empty = thrown instanceof WasiRrError && thrown.code === 'TRACE_TRUNCATED';
    if (empty && readNotes(witness).length === 0) return { ...base, state: 'early' };
    return { ...base, state: 'killed', problem: messageOf(thrown) };
  }
}

async function inspect(
  trace: string,
  witness: string,
  killedMs: number,
): Promise<Pick<Trial, 'events' | 'lostMs' | 'lostBytes' | 'problem'>> {
  const reader = new TraceReader(trace);
  const { eventCount: events, damage, segments, complete } = reader;
  reader.close();
  const lost = losses(readNotes(witness), segments, killedMs);
  const problems: string[] = [];
  if (damage !== undefined) problems.push(damage);
  for (const suffix of ['', '-wal', '-shm', '-ring']) {
    const mode = statSync(trace + suffix, { throwIfNoEntry: false })?.mode ?? 0o600;
    if ((mode & 0o777) !== 0o600)
      problems.push(`*.wrr${suffix} has mode ${(mode & 0o777).toString(8)}`);
  }
  if (events > 0) {
    const again = await replayed(trace);
    if (again.status !== (complete ? 'identical' : 'prefix') || again.events !== events) {
      const { status, divergence } = again;
      problems.push(
        `replay: ${status}, ${again.events} of ${events} events ${divergence?.difference ?? ''}`,
      );
    }
  }
  return { events, ...lost, problem: problems.length > 0 ? problems.join('; ') : undefined };
}

/** Bytes of log, and when there were so many. */
interface Note {
  readonly logged: number;
  readonly ms: number;
}

function readNotes(witness: string): Note[] {
  if (!existsSync(witness)) return [];
  const bytes = readFileSync(witness);
  const numbers = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length >> 3);
  return Array.from({ length: numbers.length >> 1 }, (_, i) => ({
    logged: numbers[2 * i] ?? 0,
    ms: numbers[2 * i + 1] ?? 0,
  }));
}

function losses(
  notes: readonly Note[],
  segments: readonly { readonly rawSize: number }[],
  killedMs: number,
): Pick<Trial, 'lostMs' | 'lostBytes'> {
  const stored = segments.reduce((sum, { rawSize }) => sum + rawSize, 0);
  const missing = notes.find(({ logged }) => logged > stored);
  const last = notes.at(-1);
  if (missing === undefined || last === undefined) return { lostMs: 0, lostBytes: 0 };
  return { lostMs: Math.max(killedMs, last.ms) - missing.ms, lostBytes: last.logged - stored };
}
