/** A trace that is read while it is being recorded. */
import { existsSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { StreamsAndFiles } from '../../replayer/session/streams-and-files.ts';
import { followEvents, Growth } from '../../traces/growth.ts';
import { TraceReader } from '../../traces/reader.ts';
import { Scratch } from '../recorder/scratch.ts';
import { eventsOf } from './edit-trace.ts';
import { GrowingRun } from './growing.ts';

const scratch = new Scratch('growth');
afterAll(() => scratch.remove());

const begin = () => GrowingRun.begin(scratch.fresh('.wrr'));

describe('a reader of a growing trace', () => {
  test('sees what is there when it is refreshed, and no more', async () => {
    const run = await begin();
    const first = await run.call('yield', 10);
    const reader = new TraceReader(run.trace);
    expect(reader.eventCount).toBe(first);
    expect(reader.refresh()).toBe(false);
    const second = await run.call('yield', 20_000);
    expect(reader.eventCount).toBe(first);
    expect(reader.refresh()).toBe(true);
    expect(reader.eventCount).toBe(second);
    await run.finish();
    reader.refresh();
    expect(reader.complete).toBe(true);
    expect([...reader.events()]).toEqual(eventsOf(run.trace));
    reader.close();
  });

  test('reads on to where the trace ended when the reading began', async () => {
    const run = await begin();
    const count = await run.call('yield', 10);
    const reader = new TraceReader(run.trace);
    const events = reader.events();
    const numbers = [events.next().value?.number];
    await run.call('yield', 20_000);
    reader.refresh();
    for (const { number } of events) numbers.push(number);
    expect(numbers).toEqual(Array.from({ length: count }, (_, number) => number));
    await run.finish();
    reader.close();
  });

  test('knows open files beyond what was there at first', async () => {
    const run = await begin();
    const first = await run.call('fail');
    const reader = new TraceReader(run.trace);
    const streams = new StreamsAndFiles(reader);
    const before = await streams.filesAt(first - 1, {});
    const second = await run.call('yield', 3000);
    reader.refresh();
    expect(await streams.filesAt(second - 1, {})).toEqual(before);
    await run.finish();
    reader.close();
  });

  test('keeps the recorder from folding its log into the file, and does it when it is closed', async () => {
    const run = await begin();
    await run.call('fail');
    const reader = new TraceReader(run.trace);
    await run.finish();
    expect(existsSync(`${run.trace}-wal`)).toBe(true);
    reader.refresh();
    reader.close();
    expect(existsSync(`${run.trace}-wal`)).toBe(false);
    const again = new TraceReader(run.trace);
    expect(again.complete).toBe(true);
    again.close();
  });
});

describe('following', () => {
  test('gives every event once, in order, up to the end of the run', async () => {
    const run = await begin();
    await run.call('yield', 5);
    const reader = new TraceReader(run.trace);
    const growing = (async () => {
      for (const times of [1, 3000, 1, 15_000, 7]) await run.call('yield', times);
      await run.call('exit', 4);
      await run.finish();
    })();
    const followed = [];
    const batches = followEvents(reader);
    let batch = await batches.next();
    for (; !batch.done; batch = await batches.next()) followed.push(...batch.value);
    await growing;
    expect(batch.value).toBe('ended');
    expect(followed).toEqual(eventsOf(run.trace));
    reader.close();
  });

  test('stops when it is told to', async () => {
    const run = await begin();
    await run.call('yield', 5);
    const reader = new TraceReader(run.trace);
    const stop = new AbortController();
    const batches = followEvents(reader, stop.signal);
    await batches.next();
    const waiting = batches.next();
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await run.finish();
    reader.close();
  });

  test('ends where the trace is removed', async () => {
    const run = await begin();
    const count = await run.call('yield', 5);
    const reader = new TraceReader(run.trace);
    const growth = new Growth(reader);
    expect(growth.look()).toEqual({ grown: false, state: 'recording' });
    rmSync(run.trace);
    expect(growth.look()).toEqual({ grown: false, state: 'removed' });
    expect([...reader.events()]).toHaveLength(count);
    await expect(run.finish()).rejects.toMatchObject({ code: 'TRACE_WRITE_FAILED' });
    reader.close();
  });

  test('ends where the recorder is gone', async () => {
    const run = await begin();
    await run.call('yield', 5);
    const trace = scratch.fresh('.wrr');
    // what a recorder that was killed leaves: no outcome, and a process that is no more
    const db = new Database(run.trace);
    db.exec(`vacuum into '${trace}'`);
    db.close();
    await run.finish();
    const copy = new Database(trace);
    copy.exec("update meta set value = '2147483647' where key = 'pid'");
    copy.close();
    const reader = new TraceReader(trace);
    const batches = followEvents(reader);
    const first = await batches.next();
    expect([...(first.value as Iterable<unknown>)]).toHaveLength(reader.eventCount);
    expect(await batches.next()).toEqual({ done: true, value: 'abandoned' });
    reader.close();
  });
});
