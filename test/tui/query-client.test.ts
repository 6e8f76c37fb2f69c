/** The process that scans a trace, where a query does not end, where it dies, or cannot begin. */
import type { ChildProcess } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { QueryClient } from '../../tui/trace/query-client.ts';
import { openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

const ENDLESS =
  '(with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n) = 1';

let heapsmash: Recorded;
beforeAll(async () => {
  heapsmash = await recordExample('heapsmash');
});
afterAll(() => heapsmash[Symbol.dispose]());

function client(trace: string): QueryClient {
  const opened = new QueryClient(trace);
  onTestFinished(() => opened.close());
  return opened;
}

/** @returns the processes that were started since, in order */
function startedProcesses(): readonly ChildProcess[] {
  const started: ChildProcess[] = [];
  const note = (message: unknown) =>
    void started.push((message as { readonly process: ChildProcess }).process);
  diagnostics.subscribe('child_process', note);
  onTestFinished(() => void diagnostics.unsubscribe('child_process', note));
  return started;
}

const matches = (where: string) =>
  ({ kind: 'matches', filter: { where }, sort: 'number' }) as const;
const READS = matches("name = 'fd_read'");

it('ends a query that never ends once it is called off, and answers those after it', async () => {
  const started = startedProcesses();
  const queries = client(heapsmash.trace);
  const endless = queries.ask(matches(ENDLESS));
  queries.cancelAll();
  const after = queries.ask(READS);
  expect(await endless).toEqual({ state: 'cancelled' });
  expect(await after).toEqual({ state: 'answered', answer: Uint32Array.of(8, 9, 10, 11, 12) });
  expect(started[0]?.killed).toBe(true);
});

it('says that its process died, to all who wait, and starts another one', async () => {
  const started = startedProcesses();
  const queries = client(heapsmash.trace);
  const asked = [queries.ask(matches(ENDLESS)), queries.ask(READS)];
  started[0]?.kill('SIGKILL');
  for (const one of await Promise.all(asked)) {
    expect(one).toEqual({
      state: 'failed',
      message: expect.stringMatching(/the process that searches .* failed \(SIGKILL\)/),
    });
  }
  expect(await queries.ask(READS)).toMatchObject({ state: 'answered' });
  expect(started).toHaveLength(2);
});

it('says why it cannot begin, each time', async () => {
  const queries = client(join(heapsmash.folder, 'gone.wrr'));
  for (let i = 0; i < 2; i++) {
    expect(await queries.ask(READS)).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/there is no trace .*gone\.wrr/),
    });
  }
});

it('leaves no process behind, not even one that is busy', async () => {
  const started = startedProcesses();
  const queries = new QueryClient(heapsmash.trace);
  const endless = queries.ask(matches(ENDLESS));
  const [process] = started;
  if (process === undefined) throw new Error('no process was started');
  const ended = once(process, 'exit');
  queries.close();
  expect(await endless).toEqual({ state: 'cancelled' });
  await ended;
});

it('Esc ends a filter that never ends, and the next one works', async () => {
  await using screen = openScreen(heapsmash.trace);
  await screen.settled('✖');
  screen.type(`fwhere ${ENDLESS}\r`);
  await screen.until('… filtering  Esc stops it');
  screen.type('\u001b');
  screen.type('fname:fd_read\r');
  await screen.until('5 calls shown');
});
