/** A trace on the screen while it is being recorded. */
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { Scratch } from '../recorder/scratch.ts';
import { GrowingRun } from '../traces/growing.ts';
import { type FakeScreen, openScreen } from './fake-screen.ts';

const scratch = new Scratch('following');
afterAll(() => scratch.remove());

const begin = () => GrowingRun.begin(scratch.fresh('.wrr'));

/** The session of the screen, once it is open. */
function ready({ bugger }: FakeScreen) {
  return vi.waitUntil(() => bugger.guest.ready, { timeout: 100_000 });
}

describe('a recording in progress', () => {
  it('grows on the screen, and leaves the user where he is', async () => {
    const run = await begin();
    await run.call('yield', 3);
    await using screen = openScreen(run.trace);
    await screen.until('● recording');
    await screen.until('F follows it');
    screen.type(':2\r');
    await screen.until('after #2 of 4');
    await run.call('fail');
    await screen.until('after #2 of 7');
    expect(screen.text()).toContain('fd_close');
    await run.call('yield', 5000);
    await screen.until('after #2 of 5,009');
    await run.finish();
    await screen.until('✓ exit 0');
    expect(screen.text()).toContain('after #2 of 5,009');
    expect(screen.text()).not.toContain('recording');
  });

  it('is followed with F, until the user moves', async () => {
    const run = await begin();
    await run.call('yield', 3);
    await using screen = openScreen(run.trace);
    await screen.until('● recording');
    screen.type('F');
    await screen.until('following the recording');
    await run.call('yield', 2000);
    await screen.until('after #2,006 of 2,006');
    await run.call('fail');
    await screen.until('after #2,009 of 2,009');
    screen.type('kkk');
    await screen.until('F follows it');
    const [, place] = /after #([\d,]+)/.exec(screen.text()) ?? [];
    await run.call('yield', 10);
    await screen.until('of 2,021');
    expect(screen.text()).toContain(`after #${place} of`);
    screen.type('F');
    await screen.until('after #2,021 of 2,021');
    screen.type('F');
    await screen.until('F follows it');
    await run.call('yield', 10);
    await screen.until('after #2,021 of 2,033');
    await run.finish();
  });

  it('tells how it ended to whoever follows', async () => {
    const run = await begin();
    await run.call('yield', 3);
    await using screen = openScreen(run.trace, 140, 30, { follow: true });
    await screen.until('following the recording');
    await run.call('fail');
    await run.call('exit', 3);
    await run.finish();
    await screen.until('the recording ended: exit 3');
    await screen.until(/▸✖ .* exit 3/);
    screen.type('F');
    await screen.until('the recording is over');
    screen.type('!');
    await screen.until(/after #6 of/);
  });

  it('shows what a filter means as more comes', async () => {
    const run = await begin();
    await run.call('fail');
    await using screen = openScreen(run.trace);
    screen.type('fname:fd_close\r');
    await screen.until('1 call shown');
    await run.call('yield', 100);
    await run.call('fail');
    await screen.until(/fd_close.+fd_close/s);
    expect(screen.text()).not.toContain('sched_yield');
    await run.finish();
  });

  it('has memory, stack and files of what came after it was opened', async () => {
    const run = await begin();
    await run.call('yield', 3);
    await using screen = openScreen(run.trace, 140, 30, { follow: true });
    await screen.until('following the recording');
    screen.type('4');
    await screen.until(/Stack/);
    await screen.until('not looked at while the recording is followed');
    await run.call('fail');
    await screen.until('after #7 of 7');
    // nor when there is a session that could
    const session = await ready(screen);
    await run.call('fail');
    await screen.until('after #10 of 10');
    await screen.settled('not looked at while the recording is followed');
    expect(screen.bugger.guest.ready).toBe(session);
    screen.type('F:6\r');
    await screen.until('1 frame ');
    await screen.until(/▸✗.*fd_close/);
    screen.type('5');
    await screen.until('3 open');
    await run.finish();
  });

  it('stays on the screen when its trace is removed', async () => {
    const run = await begin();
    await run.call('yield', 3);
    await using screen = openScreen(run.trace);
    await screen.until('● recording');
    rmSync(run.trace);
    await screen.until('the trace was removed');
    screen.type('F');
    await screen.until('nothing to follow');
    screen.type(':2\r');
    await screen.until('after #2');
    // the recorder may have noticed it too by now
    await run.finish().catch((thrown: unknown) => {
      expect(thrown).toMatchObject({ code: 'TRACE_WRITE_FAILED' });
    });
  });
});
