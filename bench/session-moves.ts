/** How long a session takes to move in a trace, by jumps and by steps back. Milliseconds of wall time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openSession } from '../index.ts';
import { type Goal, place, report, times } from './figures.ts';

const MOVES = 40;
/** Milliseconds that a session is given to park guests: of 1 M calls each takes up to 0.7 s to get to its place. */
const WARM_UP_MS = 8000;
/** From one step to the next, of a key that is held down. */
const REPEAT_MS = 30;
/** From one look to the next, of a person who reads. */
const READING_MS = 300;
/** Where steps back begin, as parts of the run. */
const STARTS = [0.3, 0.6, 0.95];

const GOTO: Goal = { of: 'p95', limit: 100 };
const BACK: Goal = { of: 'median', limit: 50 };

export async function measureSession(trace: string): Promise<void> {
  await using closing = new AsyncDisposableStack();
  const session = closing.adopt(await openSession(trace), (opened) => opened.close());
  const { lastEvent } = session;
  // what a user sees first of a place
  const look = async (move: () => Promise<unknown>) => {
    const start = performance.now();
    await move();
    await session.memory.read(0x1_0000, 1024);
    return performance.now() - start;
  };
  report('session: goto the end, cold', [await look(() => session.last())]);
  await sleep(WARM_UP_MS);
  const jump = async (index: number) => {
    const ms = await look(() => session.goto(place(index, lastEvent)));
    await sleep(READING_MS / 3);
    return ms;
  };
  report('session: goto anywhere', await times(MOVES, jump), GOTO);
  for (const [how, gap] of [
    ['at once', 0],
    ['held down', REPEAT_MS],
    ['reading', READING_MS],
  ] as const) {
    const steps: number[] = [];
    for (const start of STARTS) {
      await session.goto(Math.floor(lastEvent * start));
      await sleep(5 * READING_MS);
      const back = async () => {
        const ms = await look(() => session.back());
        await sleep(gap);
        return ms;
      };
      steps.push(...(await times(MOVES, back)));
    }
    report(`session: back, ${how} (${gap} ms between)`, steps, BACK);
  }
  const { guests, guestBytes, imageBytes } = await session.pool();
  const mib = Math.round((guestBytes + imageBytes) / 2 ** 20);
  process.stdout.write(`  ${guests.length} guests and copies of memory: ${mib} MiB\n`);
}
