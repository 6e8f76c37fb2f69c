/** A component that is ended from outside, whatever it is in the middle of, leaves a trace up to there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, describe, expect, test } from 'vitest';
import type { LogEvent } from '../../traces/events.ts';
import { TraceReader } from '../../traces/reader.ts';
import { guest } from '../guests/guests.ts';
import { compileWat } from '../guests/wat.ts';
import { type RecordedRun, Scratch } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';
import { command, component } from './component-wat.ts';

const scratch = new Scratch('component-interrupted');
afterAll(() => scratch.remove());

test.each([
  ['a time limit', { timeoutMs: 1000 }, undefined, 'timeout'],
  ['a signal', {}, ({ eventCount }: TraceReader) => eventCount > 0, 'test'],
])('an endless loop before any call, by %s', async (_what, options, until, by) => {
  const module = await component(
    command('(func (export "run") (result i32) (loop $again (br $again)) unreachable)'),
  );
  const run = await scratch.record({ module, ...options }, { until });
  expect(run).toMatchObject({ outcome: { kind: 'interrupted', by }, stuck: false });
  expect(await replayed(run.trace)).toMatchObject({ status: 'prefix', events: run.events });
});

/**
 * Records a guest of Preview 1 behind the standard adapter.
 * @param after milliseconds from its first words to a signal; absent for none
 */
async function recordAdapted(name: string, after?: number, options = {}): Promise<RecordedRun> {
  const module = await compileWat(guest(name).wat);
  const stdin = name === 'blocked-read' ? 'open' : new Uint8Array(0);
  const until = after === undefined ? undefined : 'start\n';
  return scratch.record({ module, viaComponent: true, ...options }, { stdin, until, after });
}

function nameOfLast(trace: string): string | undefined {
  const last = lastEvent(trace);
  return last?.kind === 'open' ? last.name : undefined;
}

function lastEvent(trace: string): LogEvent | undefined {
  const reader = new TraceReader(trace);
  try {
    return [...reader.events()].at(-1);
  } finally {
    reader.close();
  }
}

describe('a signal', () => {
  test.each(['busy-loop', 'busy-calls'])('ends %s', async (name) => {
    const run = await recordAdapted(name, 100);
    expect(run).toMatchObject({ outcome: { kind: 'interrupted', by: 'test' }, stuck: false });
    const again = await replayed(run.trace);
    expect(again).toMatchObject({ status: 'prefix', events: run.events });
    expect(again.stdout.toString()).toBe('start\n');
  });

  test.each([
    ['blocked-sleep', 'poll', false],
    // nothing ends a read of the system but what it waits for
    ['blocked-read', 'input-stream.blocking-read', true],
  ])(
    'ends %s, and the wait is in the trace as a call that did not return',
    async (name, call, stuck) => {
      let run = await recordAdapted(name, 100);
      // on a busy machine the guest may be no further than what it printed
      for (let after = 400; after < 20_000 && nameOfLast(run.trace) !== call; after *= 2) {
        run = await recordAdapted(name, after);
      }
      expect(run).toMatchObject({ outcome: { kind: 'interrupted', by: 'test' }, stuck });
      expect(lastEvent(run.trace)).toMatchObject({ kind: 'open', name: call });
      const again = await replayed(run.trace);
      expect(again).toMatchObject({ status: 'prefix', events: run.events });
      expect(again.stdout.toString()).toBe('start\n');
    },
  );
});

test.each(['blocked-sleep', 'blocked-read'])('a time limit ends %s', async (name) => {
  const run = await recordAdapted(name, undefined, { timeoutMs: 1500 });
  expect(run.outcome).toEqual({ kind: 'interrupted', by: 'timeout' });
  expect(await replayed(run.trace)).toMatchObject({ status: 'prefix', events: run.events });
});

test('a read that WASI 0.3 began and nobody waits for holds up nothing', async () => {
  const wat = readFileSync(join(import.meta.dirname, 'fixtures/abandoned-read.wat'), 'utf8');
  const run = await scratch.record({ module: await parse(wat) }, { stdin: 'open' });
  // whoever ends the process must not wait for its threads
  expect(run).toMatchObject({ outcome: { kind: 'exit', code: 0 }, stuck: true });
  expect(await replayed(run.trace)).toMatchObject({ status: 'identical' });
});
