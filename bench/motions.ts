/** What a user of time travel waits for: the first stop, seeks, steps back, and who wrote some bytes. */
import { setTimeout } from 'node:timers/promises';
import { replay } from '../index.ts';
import { type Mark, sameMark } from '../replayer/timetravel/mark.ts';
import type { Motion, Points, StepSize } from '../replayer/timetravel/motions.ts';
import { openTimeTravel, type TimeTravel } from '../replayer/timetravel/time-travel.ts';
import { TraceReader } from '../traces/reader.ts';

/** Milliseconds of a user's wait, and of CPU time of all threads, which neighbours hardly change. */
export interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

export interface Motions {
  /** A plain replay in a new thread: what all is compared with. */
  readonly run: Cost;
  /** To the last instruction, in a new thread: rewriting, compiling, and the replays that it takes. */
  readonly firstStop: Cost;
  /** To places all over the run. */
  readonly seeks: readonly Cost[];
  /** One after the other, from places all over the run, as a user presses a key. */
  readonly stepsBack: Readonly<Partial<Record<StepSize, StepsBack>>>;
  /** Of bytes on the shadow stack at the end: in a thread that has just begun; the first question here, and two more. */
  readonly lastWriter: readonly Cost[];
}

export interface StepsBack {
  /** The first from each place. */
  readonly first: readonly Cost[];
  readonly later: readonly Cost[];
}

const NO_POINTS: Points = { breaks: [], calls: [], watches: [] };
const SEEKS = 10;
const PLACES = 4;
const STEPS = 12;
const RUNS = 3;
/** Milliseconds between what is shown and the next key: what a debugger does meanwhile is not waited for. */
export const PAUSES = { none: 0, user: 400 } as const;
const SIZES: readonly StepSize[] = ['instruction', 'instruction-over', 'line', 'line-over'];

/** @param path of a trace; @param pauseMs between steps, as {@link PAUSES} */
export async function measureMotions(path: string, pauseMs: number): Promise<Motions> {
  const trace = new TraceReader(path);
  const { eventCount } = trace;
  trace.close();
  const run = await median(RUNS, () => replay({ trace: path }));
  const travel = openTimeTravel(path);
  try {
    let end: Mark | undefined;
    const firstStop = await timed(async () => {
      end = (await travel.move(undefined, { kind: 'end' })).mark;
    });
    const seeks: Cost[] = [];
    for (let i = 0; i < SEEKS; i++) {
      const event = Math.floor((eventCount - 1) * ((i * 0.618) % 1));
      seeks.push(await timed(() => travel.move(undefined, { kind: 'event', event })));
    }
    const stepsBack: Partial<Record<StepSize, StepsBack>> = {};
    const places = end === undefined ? [] : [end];
    for (let i = 1; i < PLACES && end !== undefined; i++) {
      const event = Math.floor((eventCount * i) / PLACES);
      places.push((await travel.move(undefined, { kind: 'event', event })).mark);
    }
    for (const size of SIZES) {
      const walks: Cost[][] = [];
      for (const mark of places) walks.push(await walkBack(travel, mark, { size, pauseMs }));
      stepsBack[size] = {
        first: walks.flatMap((walk) => walk.slice(0, 1)),
        later: walks.flatMap((walk) => walk.slice(1)),
      };
    }
    const lastWriter: Cost[] = [];
    const address = end === undefined ? 1024 : await stackAddress(travel, end);
    lastWriter.push(
      await median(RUNS, async () => {
        const fresh = openTimeTravel(path);
        await fresh.writes({ address, length: 4, keep: 1 });
        await fresh.close();
      }),
    );
    for (let i = 0; i < 3; i++) {
      const query = { address: address + 4 * i, length: 4, keep: 1 };
      lastWriter.push(await timed(() => travel.writes(query)));
    }
    return { run, firstStop, seeks, stepsBack, lastWriter };
  } finally {
    await travel.close();
  }
}

async function walkBack(
  travel: TimeTravel,
  from: Mark,
  { size, pauseMs }: { readonly size: StepSize; readonly pauseMs: number },
): Promise<Cost[]> {
  const motion: Motion = { kind: 'step', size, reverse: true, points: NO_POINTS };
  const costs: Cost[] = [];
  let { mark } = await travel.move(undefined, { kind: 'mark', mark: from });
  for (let i = 0; i < STEPS; i++) {
    if (pauseMs > 0) await setTimeout(pauseMs);
    const before = mark;
    costs.push(
      await timed(async () => {
        ({ mark } = await travel.move(mark, motion));
      }),
    );
    // the beginning of the run
    if (sameMark(before, mark)) break;
  }
  return costs;
}

/** Where compilers keep the stack pointer: in the first global. */
async function stackAddress(travel: TimeTravel, at: Mark): Promise<number> {
  const [first] = await travel.globals(at);
  const value = Number(first?.value);
  return Number.isSafeInteger(value) && value > 0 ? value + 8 : 1024;
}

/** Of several, since what V8 compiles meanwhile, and when, differs: by each kind of time. */
async function median(count: number, act: () => Promise<unknown>): Promise<Cost> {
  const costs: Cost[] = [];
  for (let i = 0; i < count; i++) costs.push(await timed(act));
  const middle = (of: keyof Cost) =>
    costs.map((cost) => cost[of]).toSorted((a, b) => a - b)[count >> 1] ?? Number.NaN;
  return { wall: middle('wall'), cpu: middle('cpu') };
}

async function timed(act: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await act();
  const wall = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1000 };
}
