/**
 * `node bench/keyframes.ts [TRACE…]`: what keyframes of memory cost and what they give: the pass that makes them, their
 * bytes, and how long memory at a random call takes to be shown, by replays and out of keyframes. Without traces, those
 * of esbuild, nextpnr and the examples; WASI_RR_CORPUS adds its programs. The guests of the session without keyframes
 * are not parked ahead: what is measured is a jump.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { exampleCases } from '../examples/cases.ts';
import { realCases } from '../examples/real-cases.ts';
import { openSession, type Session } from '../index.ts';
import { esbuild, nextpnr } from '../test/real/npm-programs.ts';
import { type Program, programOf } from '../test/real/program.ts';
import { runRecorded } from '../test/real/runs.ts';
import { type Goal, heading, place, report, times } from './figures.ts';

const MOVES = 60;
/** Without keyframes a move takes a replay. */
const SLOW_MOVES = 20;
/** Runs that end by themselves. */
const EXAMPLES = /^(heapsmash|flakyparse|compute)-O2/;
const LOOK: Goal = { of: 'p95', limit: 50 };

const given = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'wasi-rr-bench-'));
try {
  process.stdout.write(`load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n`);
  for (const trace of given) await measure(trace);
  for (const program of given.length > 0 ? [] : programs()) {
    const trace = join(scratch, `${program.name.replace(/\W+/g, '-')}.wrr`);
    await runRecorded(program, trace);
    await measure(trace);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function programs(): Program[] {
  const own = exampleCases().filter(({ name }) => EXAMPLES.test(name));
  return [
    esbuild('knip'),
    nextpnr('lp384', 20),
    ...own.map(programOf),
    ...realCases().map(programOf),
  ];
}

async function measure(trace: string): Promise<void> {
  const session = await openSession(trace, { readAhead: false });
  const { lastEvent } = session;
  heading(`${basename(trace)}: ${lastEvent + 1} events`);
  report('the whole run, by a session, cold', [await timed(() => session.last())]);
  report('memory at a call, by a replay', await looks(session, SLOW_MOVES));
  const cpu = process.cpuUsage();
  let info: Awaited<ReturnType<Session['keyframes']['make']>> | undefined;
  const making = await timed(async () => {
    info = await session.keyframes.make();
  });
  const { user, system } = process.cpuUsage(cpu);
  report('the pass', [making]);
  report('the pass, CPU', [(user + system) / 1000]);
  const { keyframes = 0, bytes = 0, upTo = 0 } = info ?? {};
  process.stdout.write(
    `  ${keyframes} keyframes up to #${upTo}, ${(bytes / 1e6).toFixed(1)} MB, ${(bytes / keyframes).toFixed(0)} bytes each\n`,
  );
  const { started } = await session.pool();
  report('memory at a call, out of keyframes', await looks(session, MOVES), LOOK);
  const search = async (i: number) => {
    await session.goto(place(i, lastEvent));
    return timed(() => session.memory.search({ text: 'wasi-rr' }));
  };
  report('search in it', await times(SLOW_MOVES, search));
  const diff = async (i: number) =>
    timed(() => session.diff(place(i, lastEvent), place(i + 7, lastEvent)));
  report('two calls compared', await times(SLOW_MOVES, diff));
  const history = async (i: number) => timed(() => session.memory.history(0x10000 + i * 4096, 64));
  report('history of 64 bytes', await times(SLOW_MOVES, history));
  if ((await session.pool()).started > started) process.stdout.write('  some of it took replays\n');
  await session.close();
}

function looks(session: Session, count: number): Promise<number[]> {
  return times(count, (i) =>
    timed(async () => {
      await session.goto(place(i + 1, session.lastEvent));
      // anywhere in the first part of memory, which is what programs use most
      await session.memory.read(place(i + 3, 4 << 20), 1024);
    }),
  );
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
