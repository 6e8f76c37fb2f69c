/** The session's thread, where it dies or is stopped: the rest goes on, and it can be tried again. */
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { GuestView } from '../../tui/guest/guest-view.ts';
import { openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

let heapsmash: Recorded;
beforeAll(async () => {
  heapsmash = await recordExample('heapsmash');
});
afterAll(() => heapsmash[Symbol.dispose]());

/** Ends each thread as soon as it is started, until told otherwise. */
function killThreads(): { stop(): void; readonly killed: number } {
  let killed = 0;
  const kill = (worker: Worker) => {
    killed++;
    // it is not started yet
    process.nextTick(() => void worker.terminate());
  };
  process.on('worker', kill);
  const stop = () => void process.off('worker', kill);
  onTestFinished(stop);
  return {
    stop,
    get killed() {
      return killed;
    },
  };
}

/** Keeps what is sent to threads until it is released, so that nothing is done before. */
function holdRequests(): { release(): void } {
  const sends: (() => void)[] = [];
  let holding = true;
  const hold = (worker: Worker) => {
    const send = worker.postMessage.bind(worker);
    worker.postMessage = (...sent: Parameters<Worker['postMessage']>) => {
      if (holding) sends.push(() => send(...sent));
      else send(...sent);
    };
  };
  process.on('worker', hold);
  const release = () => {
    process.off('worker', hold);
    holding = false;
    for (const send of sends.splice(0)) send();
  };
  onTestFinished(release);
  return { release };
}

it('dies at the start: says so, and works when tried again', async () => {
  const killer = killThreads();
  const guest = new GuestView(heapsmash.trace, () => {});
  onTestFinished(() => guest.close());
  await expect.poll(() => guest.failed).toContain("the session's thread failed");
  expect(guest.problemAt(0)).toContain("the session's thread failed");
  killer.stop();
  expect(guest.retry()).toBe(true);
  await expect.poll(() => guest.ready).toBeDefined();
  expect(guest.failed).toBeUndefined();
  expect(guest.problemAt(0)).toBeUndefined();
  expect(guest.retry()).toBe(false);
});

it('dies: the rest of the UI works, and it can be tried again', async () => {
  const killer = killThreads();
  await using screen = openScreen(heapsmash.trace);
  screen.type(':7\r7');
  await screen.until('no memory, stack or globals (r tries again): the session');
  screen.type('2');
  await screen.until('#7 path_open');
  screen.type('5');
  await screen.until(/4 {2}file .*users\.csv/);
  screen.type('7');
  // it died while it was opened, or when it was asked
  await screen.until(/failed, r tries again|┃ the session's thread failed/);
  killer.stop();
  screen.type('r');
  await screen.until(/__stack_pointer/);
  expect(screen.text()).not.toContain('tries again');
  screen.type('r');
  await screen.until('the replay was neither stopped, nor has it failed');
});

it('dies later on: what was seen stays, it does not start for ever, and another event is tried', async () => {
  const workers: Worker[] = [];
  const note = (worker: Worker) => void workers.push(worker);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  await using screen = openScreen(heapsmash.trace);
  screen.type(':8\r3');
  await screen.settled(/changed since #16/);
  const killer = killThreads();
  // on a slow machine there is one that makes keyframes beside it
  await Promise.all(workers.map((worker) => worker.terminate()));
  screen.type('s');
  await screen.until('no memory, stack or globals (r tries again): the session');
  const shown = await screen.settled(/128 KiB, failed, r tries again/);
  expect(shown).toContain('61 64 64 2c');
  expect(killer.killed).toBeLessThan(4);
  killer.stop();
  screen.type('s');
  await screen.until(/changed since #9/);
  expect(screen.text()).not.toContain('tries again');
});

it('is stopped by Esc, and goes on with r', async () => {
  using many = await recordExample('many');
  const held = holdRequests();
  await using screen = openScreen(many.trace);
  await screen.until('1 Timeline');
  screen.type('3');
  await screen.until(/replaying to #\d+.* Esc stops it/);
  screen.type('\u001b');
  held.release();
  await screen.until(/stopped, r replays/);
  screen.type('r');
  await screen.until(/changed since|128 KiB/);
});
