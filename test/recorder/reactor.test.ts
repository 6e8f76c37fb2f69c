/** Recordings whose exports are called one by one: reactors, plug-ins, and what callers do to them. */
import { existsSync, mkdirSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { type OpenRecording, openRecording, type RecordOptions } from '../../recorder/record.ts';
import { program } from '../guests/assemble.ts';
import type { Guest } from '../guests/guest.ts';
import { guest, guests } from '../guests/guests.ts';
import { compileWat } from '../guests/wat.ts';
import { replayed } from '../replayer/replayed.ts';
import { eventsOf } from '../traces/edit-trace.ts';
import { closeStreams, openStreams, printed, Scratch } from './scratch.ts';

const scratch = new Scratch('reactor');
afterAll(() => scratch.remove());

/** Opens a recording, lets `use` make its calls, and finishes it. */
async function recorded(
  wat: string,
  use: (recording: OpenRecording) => Promise<void>,
  options: Partial<RecordOptions> = {},
) {
  const folder = scratch.fresh();
  mkdirSync(folder);
  const streams = openStreams(folder);
  const recording = await openRecording({
    module: await compileWat(wat),
    paranoid: true,
    ...streams,
    output: scratch.fresh('.wrr'),
    ...options,
  });
  try {
    await use(recording);
    const summary = await recording.finish();
    return { ...summary, trace: recording.trace, ...printed(folder) };
  } finally {
    closeStreams(streams);
  }
}

describe('the reactors among the guests', () => {
  const reactors = guests.filter(({ expect: { ending } }) => ending.kind === 'reactor');

  test.each(reactors)('$name gives what it should, and replays', async (one: Guest) => {
    const { ending, stdout } = one.expect;
    if (ending.kind !== 'reactor') return;
    const run = await recorded(one.wat, async (recording) => {
      if (recording.exports.includes('_initialize')) {
        expect(await recording.call('_initialize')).toEqual({ kind: 'returned', results: [] });
      }
      for (const call of ending.calls) {
        const result = await recording.call(call.name, call.args);
        if ('trap' in call) {
          expect(result).toMatchObject({
            kind: 'unwound',
            outcome: { kind: 'trap', trap: { message: expect.stringContaining(call.trap) } },
          });
        } else {
          const results = call.result === undefined ? [] : [call.result];
          expect(result).toEqual({ kind: 'returned', results });
        }
      }
    });
    expect(run.stdout.toString()).toBe(stdout);
    const again = await replayed(run.trace);
    expect(again).toMatchObject({ status: 'identical', events: run.events, divergence: undefined });
    expect(again.finalMemory).toEqual(run.finalMemory);
    expect(again.stdout.toString()).toBe(stdout);
  });
});

describe('calls', () => {
  const wat = guest('reactor').wat;

  test('are logged with their values: NaN, -0 and the ends of i64 as they are', async () => {
    const run = await recorded(wat, async (recording) => {
      await recording.call('mul64', [-(1n << 63n), 1n]);
      await recording.call('div', [-0, 1]);
      await recording.call('div', [0, 0]);
      await recording.call('div', [Number.NaN, Number.NEGATIVE_INFINITY]);
    });
    const values = eventsOf(run.trace).map((event) =>
      event.kind === 'enter' ? event.args : event.kind === 'leave' ? event.results : undefined,
    );
    expect(values).toEqual([
      [-(1n << 63n), 1n],
      [-(1n << 63n)],
      [-0, 1],
      [-0],
      [0, 0],
      [Number.NaN],
      [Number.NaN, Number.NEGATIVE_INFINITY],
      [Number.NaN],
    ]);
    expect(await replayed(run.trace)).toMatchObject({ status: 'identical' });
  });

  test('that are made at once run one after the other', async () => {
    const results: unknown[] = [];
    await recorded(wat, async (recording) => {
      const calls = Array.from({ length: 20 }, () => recording.call('count'));
      for (const result of await Promise.all(calls)) results.push(result);
    });
    expect(results).toEqual(
      Array.from({ length: 20 }, (_, i) => ({ kind: 'returned', results: [i + 1] })),
    );
  });

  test('that are not waited for are in the trace all the same', async () => {
    const run = await recorded(wat, async (recording) => {
      void recording.call('greet');
      void recording.call('greet');
    });
    expect(run.stdout.toString()).toBe('hello\nhello\n');
    expect(run.events).toBe(6);
  });

  test('of what is not there, or not so, are errors, and the recording goes on', async () => {
    const run = await recorded(wat, async (recording) => {
      const code = (name: string, args: (number | bigint)[]) =>
        expect.soft((async () => recording.call(name, args))()).rejects;
      await code('nothing', []).toMatchObject({ code: 'EXPORT_MISSING' });
      await code('toString', []).toMatchObject({ code: 'EXPORT_MISSING' });
      await code('memory', []).toMatchObject({ code: 'EXPORT_MISSING' });
      await code('add', [1]).toMatchObject({ code: 'OPTION_INVALID' });
      await code('add', [1, 2, 3]).toMatchObject({ code: 'OPTION_INVALID' });
      await code('add', [1n, 2]).toMatchObject({ code: 'OPTION_INVALID' });
      await code('mul64', [1, 2n]).toMatchObject({ code: 'OPTION_INVALID' });
      expect(await recording.call('add', [1, 2])).toEqual({ kind: 'returned', results: [3] });
    });
    expect(run.events).toBe(2);
  });

  test('of an export that takes a reference are refused', async () => {
    await recorded(
      '(module (memory (export "memory") 1) (func (export "take") (param externref)))',
      async (recording) => {
        await expect((async () => recording.call('take', [1]))()).rejects.toMatchObject({
          code: 'EXPORT_UNSUPPORTED',
        });
      },
    );
  });

  test('with several results', async () => {
    const run = await recorded(
      '(module (memory (export "memory") 1) (func (export "both") (param f32 i64) (result i64 f32) (local.get 1) (local.get 0)))',
      async (recording) => {
        expect(await recording.call('both', [1.5, -7n])).toEqual({
          kind: 'returned',
          results: [-7n, 1.5],
        });
      },
    );
    expect(await replayed(run.trace)).toMatchObject({ status: 'identical' });
  });
});

describe('after the end', () => {
  const exiting = program(`
  (func (export "exit") (call $proc_exit (i32.const 6)))
  (func (export "greet") (say "hello\n"))`);

  test('of the guest by an exit, calls give that exit and are not made', async () => {
    const exit = { kind: 'unwound', outcome: { kind: 'exit', code: 6 } };
    const run = await recorded(exiting, async (recording) => {
      const calls = [recording.call('exit'), recording.call('greet')];
      expect(await Promise.all(calls)).toEqual([exit, exit]);
      expect(await recording.call('greet')).toEqual(exit);
    });
    expect(run).toMatchObject({ outcome: { kind: 'exit', code: 6 }, events: 3 });
    expect(run.stdout.toString()).toBe('');
    expect(await replayed(run.trace)).toMatchObject({ status: 'identical' });
  });

  test('of the guest by an interruption, calls give that', async () => {
    const run = await recorded(exiting, async (recording) => {
      await recording.call('greet');
      recording.interrupt('SIGINT');
      expect(await recording.call('greet')).toEqual({
        kind: 'unwound',
        outcome: { kind: 'interrupted', by: 'SIGINT' },
      });
    });
    expect(run.outcome).toEqual({ kind: 'interrupted', by: 'SIGINT' });
    expect(await replayed(run.trace)).toMatchObject({ status: 'prefix', events: 3 });
  });

  test('of the recording, calls and a second end are errors that say so', async () => {
    let kept: OpenRecording | undefined;
    await recorded(exiting, async (recording) => {
      kept = recording;
    });
    const late = async () => kept?.call('greet');
    await expect(late()).rejects.toMatchObject({ code: 'RECORDING_ENDED' });
    await expect(kept?.finish()).rejects.toMatchObject({ code: 'RECORDING_ENDED' });
    kept?.interrupt('too late');
  });
});

describe('a stack that overflowed', () => {
  // what is left in memory depends on how deep it went
  const wat = program(`
  (func $dive (param $depth i32) (result i32)
    (i32.store (i32.const 2048) (local.get $depth))
    (i32.add (call $dive (i32.add (local.get $depth) (i32.const 1))) (i32.const 1)))
  (func (export "dive") (drop (call $dive (i32.const 1))))
  (func (export "depth") (result i32) (i32.load (i32.const 2048)))
  (func (export "say_depth") (call $say_number (i32.load (i32.const 2048))))`);

  test.each(['depth', 'say_depth'])('and then %s: both replay as they were', async (name) => {
    const run = await recorded(wat, async (recording) => {
      expect(await recording.call('dive')).toMatchObject({
        kind: 'unwound',
        outcome: { trap: { kind: 'stack-overflow' } },
      });
      expect(await recording.call(name)).toMatchObject({ kind: 'returned' });
    });
    const again = await replayed(run.trace);
    expect(again).toMatchObject({ status: 'identical', notes: [], finalMemory: run.finalMemory });
  });
});

describe('what is left behind', () => {
  test('nothing, of a module that is refused', async () => {
    const output = scratch.fresh('.wrr');
    const refused = ['no-start', 'start-with-parameter', 'start-and-initialize', 'imports-missing'];
    for (const name of refused) {
      await expect(
        scratch.recordGuest(guest(name), { module: await compileWat(guest(name).wat) }),
      ).rejects.toMatchObject({ name: 'WasiRrError' });
    }
    expect(existsSync(output)).toBe(false);
  });

  test('a trace that says so, of a recording that is finished at once', async () => {
    const run = await recorded(exitingNothing, async () => {});
    expect(run).toMatchObject({ outcome: { kind: 'exit', code: 0 }, events: 0 });
    expect(await replayed(run.trace)).toMatchObject({ status: 'identical', events: 0 });
  });
});

const exitingNothing = program('(func (export "greet") (say "hello\n"))');
