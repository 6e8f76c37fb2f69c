/** Runs that are ended from outside, and what a trace holds of the call that they were in. */
import { afterAll, describe, expect, test } from 'vitest';
import { TraceReader } from '../../traces/reader.ts';
import { program } from '../guests/assemble.ts';
import { guest } from '../guests/guests.ts';
import { compileWat } from '../guests/wat.ts';
import { replayed } from '../replayer/replayed.ts';
import { eventsOf } from '../traces/edit-trace.ts';
import { type RecordedRun, Scratch } from './scratch.ts';

const scratch = new Scratch('interrupted');
afterAll(() => scratch.remove());

describe('a guest that sits in a read', () => {
  /** Interrupted when it is there: on a busy machine it may be no further than what it printed. */
  async function recordedInRead(): Promise<RecordedRun> {
    const module = await compileWat(guest('blocked-read').wat);
    for (let after = 100; ; after *= 2) {
      const run = await scratch.record({ module }, { stdin: 'open', until: 'start\n', after });
      if (eventsOf(run.trace).at(-1)?.kind === 'open' || after > 20_000) return run;
    }
  }

  test('is left there (`stuck`), and the read is in the trace as a call that did not return', async () => {
    const run = await recordedInRead();
    expect(run).toMatchObject({ outcome: { kind: 'interrupted', by: 'test' }, stuck: true });
    const last = eventsOf(run.trace).at(-1);
    expect(last).toMatchObject({ kind: 'open', name: 'fd_read', args: [0, 2048, 1, 2064] });
    // with what it was given, so that a person sees what it waited for
    expect(last?.kind === 'open' && last.readLength).toBe(8);
    const reader = new TraceReader(run.trace);
    const { rows } = reader.query(
      'select name, errno, duration_ns from calls order by seq desc limit 1',
    );
    expect([...rows]).toEqual([['fd_read', null, null]]);
    expect(reader.complete).toBe(true);
    reader.close();
    expect(await replayed(run.trace)).toMatchObject({ status: 'prefix', events: run.events });
  });
});

describe('a guest that computes', () => {
  test('is ended by its time limit, with nothing in the trace but what it did', async () => {
    const run = await scratch.recordGuest(guest('busy-loop'), { timeoutMs: 800 });
    expect(run).toMatchObject({ outcome: { kind: 'interrupted', by: 'timeout' }, stuck: false });
    expect(run.durationNs).toBeGreaterThan(700e6);
    const names = eventsOf(run.trace).map(({ kind }) => kind);
    expect(names.every((kind) => kind === 'enter' || kind === 'call')).toBe(true);
  });

  test('is not even started when the signal has fired before', async () => {
    const signal = AbortSignal.abort('too early');
    const run = await scratch.recordGuest(guest('busy-loop'), { signal });
    expect(run.outcome).toEqual({ kind: 'interrupted', by: 'too early' });
    expect(run.stdout.toString()).toBe('');
    expect(await replayed(run.trace)).toMatchObject({ status: 'prefix', events: run.events });
  });

  test('in its start section is ended as well', async () => {
    const wat =
      '(module (memory (export "memory") 1) (func $f (loop $l (br $l))) (start $f) (func (export "_start")))';
    const run = await scratch.record({ module: await compileWat(wat), timeoutMs: 500 });
    expect(run).toMatchObject({ outcome: { kind: 'interrupted', by: 'timeout' }, events: 0 });
  });
});

describe('a replay', () => {
  test('can be ended as well', async () => {
    const run = await scratch.recordGuest(guest('mixed-calls-20000'), { paranoid: false });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(replayed(run.trace, { signal })).rejects.toThrow('enough');
  });

  test('of a module that loops for ever can be ended', async () => {
    const run = await scratch.recordGuest(guest('exit-3'));
    const module = await compileWat(program('(func (export "_start") (loop $l (br $l)))'));
    const signal = AbortSignal.timeout(300);
    await expect(replayed(run.trace, { module, signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });
});

describe('strings that are no UTF-8', () => {
  // the guest says argc, argv[1] and what follows, and the same of the whole environment
  const { wat } = guest('args-environ');
  const odd = [Uint8Array.of(0xff, 0xfe), Uint8Array.of(0x61, 0x80), Buffer.from('ü')];

  test('reach the guest as they are, in arguments, argv[0] and environment', async () => {
    const run: RecordedRun = await scratch.record({
      module: await compileWat(wat),
      args: odd,
      argv0: Uint8Array.of(0xc3),
      env: [Uint8Array.of(0x41, 0x3d, 0xc3, 0x28)],
      paranoid: true,
    });
    expect(run.stdout.toString('latin1')).toBe('4\n\xff\xfe\0a\x80\0Ã¼\0\n1\nA=Ã(\0\n');
    const { meta } = new TraceReader(run.trace);
    expect(meta.argv).toEqual([{ hex: 'c3' }, { hex: 'fffe' }, { hex: '6180' }, 'ü']);
    expect(meta.env).toEqual([{ hex: '413dc328' }]);
    const again = await replayed(run.trace);
    expect(again.status).toBe('identical');
    expect(again.stdout.equals(run.stdout)).toBe(true);
  });

  test.each([
    ['an argument', { args: ['a\0b'] }],
    ['the environment', { env: { A: 'x\0' } }],
    ['argv[0]', { argv0: '\0' }],
  ])('and a NUL in %s is refused', async (_what, options) => {
    await expect(
      scratch.record({ module: await compileWat(wat), ...options }),
    ).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
  });
});

test.each([0, 1, 100, 'full'] as const)(
  'payload %s: a replay checks everything all the same',
  async (payload) => {
    const run = await scratch.recordGuest(guest('write-many-iovecs'), { payload });
    expect(await replayed(run.trace)).toMatchObject({ status: 'identical' });
    // one byte of many that are not kept
    const module = await compileWat(
      guest('write-many-iovecs').wat.replace(/\\39\\39\\0a"\)/, '\\39\\38\\0a")'),
    );
    expect(await replayed(run.trace, { module })).toMatchObject({
      status: 'diverged',
      divergence: { mismatch: { what: payload === 'full' ? 'bytes' : 'hash' } },
    });
  },
);
