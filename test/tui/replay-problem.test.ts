/** A trace that does not replay to its end: what is said of it, and what works nevertheless. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { forgeLog } from '../traces/edit-trace.ts';
import { openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

let heapsmash: Recorded;
let diverging: string;
beforeAll(async () => {
  heapsmash = await recordExample('heapsmash');
  diverging = forgeLog(heapsmash.trace, join(heapsmash.folder, 'diverging.wrr'), (events) =>
    events.map((event) =>
      event.kind === 'call' && event.number === 12
        ? { ...event, args: [5, ...event.args.slice(1)] }
        : event,
    ),
  );
});
afterAll(() => heapsmash[Symbol.dispose]());

it('says from where on, and what differs; before that everything works', async () => {
  await using screen = openScreen(diverging, 140, 30);
  const banner =
    'no memory, stack or globals from #12 on: the replay does something else there: argument 1 is 4, recorded was 5';
  await screen.until(banner);
  screen.type(':13\r4');
  const stack = await screen.until('Recorded: fd_read(5');
  expect(stack).toContain('What differs: argument 1 is 4,');
  // the stop before cannot be compared with
  screen.type('3SS');
  await screen.until(/after #11 of 16/);
  await screen.settled(/128 KiB/);
  expect(screen.text()).toContain(banner);
  expect(screen.text()).not.toContain('tries again');
  screen.type('S');
  await screen.until('changed since #11');
});
