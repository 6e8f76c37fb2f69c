/** Disks that are full, folders that go away, and recorders that want the same name. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openRecording, record } from '../../recorder/record.ts';
import { TraceReader } from '../../traces/reader.ts';
import { program } from '../guests/assemble.ts';
import { compileWat } from '../guests/wat.ts';
import { replayed } from '../replayer/replayed.ts';
import { randomFrom } from '../wasi/random.ts';
import { closeStreams, openStreams, Scratch, type Streams } from './scratch.ts';

const scratch = new Scratch('disk');
afterAll(() => scratch.remove());

const mounted: string[] = [];
afterEach(() => {
  for (const folder of mounted.splice(0)) spawnSync('umount', [folder]);
});

/** A folder on a file system of its own, of this size; undefined where that is not permitted. */
function tinyDisk(size: string): string | undefined {
  const folder = scratch.fresh();
  mkdirSync(folder);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  if (status !== 0) return undefined;
  mounted.push(folder);
  return folder;
}

const permitted = tinyDisk('1m') !== undefined;

/** Fills a trace for ever with what cannot be compressed. */
const filling = program(`
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $again
      (drop (call $random_get (i32.const 4096) (i32.const 4096)))
      (br $again)))`);

/** Takes all the room that is left. */
function fillUp(disk: string): void {
  const pages = Buffer.alloc(4096);
  expect(() => {
    for (;;) appendFileSync(join(disk, 'others'), pages);
  }).toThrow('ENOSPC');
}

const once = () => new Promise((done) => setTimeout(done, 1));

async function withStreams<T>(use: (streams: Streams) => Promise<T>): Promise<T> {
  const folder = scratch.fresh();
  mkdirSync(folder);
  const streams = openStreams(folder);
  try {
    return await use(streams);
  } finally {
    closeStreams(streams);
  }
}

describe.skipIf(!permitted)('a full disk', () => {
  test('ends the guest with TRACE_WRITE_FAILED, and what was written before replays', async () => {
    const disk = tinyDisk('2m') ?? '';
    const output = join(disk, 'full.wrr');
    await withStreams(async (streams) => {
      await expect(
        record({ module: await compileWat(filling), output, timeoutMs: 200_000, ...streams }),
      ).rejects.toMatchObject({
        code: 'TRACE_WRITE_FAILED',
        message: expect.stringContaining('full'),
      });
    });
    // what is there is read elsewhere, as one would after a run that ended so
    const reader = new TraceReader(output);
    const { eventCount, meta } = reader;
    reader.close();
    expect(meta.outcome).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^the trace could not be written on .*full.* was ended$/),
    });
    expect(eventCount).toBeGreaterThan(10);
    expect(await replayed(output)).toMatchObject({ status: 'prefix', events: eventCount });
  });

  test('that others fill up meanwhile: there is room for the end all the same', async () => {
    const disk = tinyDisk('2m') ?? '';
    const output = join(disk, 'full.wrr');
    await withStreams(async (streams) => {
      let lost = false;
      const recording = await openRecording({
        module: await compileWat(filling.replace('_start', 'fill').replace('(br $again)', '')),
        output,
        onTraceError: 'continue',
        onTraceLost: () => {
          lost = true;
        },
        ...streams,
      });
      await recording.call('fill');
      while (recording.progress.calls === 0) await once();
      fillUp(disk);
      while (!lost) await recording.call('fill');
      const summary = await recording.finish();
      expect(summary.outcome).toEqual({ kind: 'exit', code: 0 });
      expect(summary.traceLost).toMatchObject({ code: 'TRACE_WRITE_FAILED' });
    });
    expect(await replayed(output)).toMatchObject({
      status: 'prefix',
      outcome: { kind: 'failed', message: expect.stringContaining('ran on unrecorded') },
    });
  });

  test('that others fill up when the guest has ended: its end is in the trace, in the log that stays beside it', async () => {
    const disk = tinyDisk('2m') ?? '';
    const output = join(disk, 'full.wrr');
    await withStreams(async (streams) => {
      const recording = await openRecording({
        module: await compileWat(filling.replace('_start', 'fill').replace('(br $again)', '')),
        output,
        ...streams,
      });
      for (let i = 0; i < 50; i++) await recording.call('fill');
      while (recording.progress.events < 150) await once();
      fillUp(disk);
      const { outcome, traceLost } = await recording.finish();
      expect({ outcome, traceLost }).toEqual({ outcome: { kind: 'exit', code: 0 } });
    });
    expect(readdirSync(disk)).toContain('full.wrr-wal');
    const whole = { status: 'identical', outcome: { kind: 'exit', code: 0 }, events: 150 };
    expect(await replayed(output)).toMatchObject(whole);
    rmSync(join(disk, 'others'));
    // with room again, whoever has it open last leaves one file
    new TraceReader(output).close();
    expect(readdirSync(disk)).toEqual(['full.wrr']);
    expect(await replayed(output)).toMatchObject(whole);
  });

  test('on which the module has no room: nothing is left, and that is said', async () => {
    const disk = tinyDisk('512k') ?? '';
    const output = join(disk, 'full.wrr');
    const random = randomFrom(1);
    const text = Array.from(
      { length: 1 << 20 },
      () => `\\${(random.below(256) + 256).toString(16).slice(1)}`,
    );
    const large = `(module (memory (export "memory") 16) (data (i32.const 0) "${text.join('')}") (func (export "_start")))`;
    await withStreams(async (streams) => {
      const module = await compileWat(large);
      await expect(record({ module, output, ...streams })).rejects.toMatchObject({
        code: 'OUTPUT_UNWRITABLE',
        message: expect.stringContaining('full'),
      });
    });
    expect(readdirSync(disk)).toEqual([]);
  });

  test('before the start leaves nothing, and says so', async () => {
    const disk = tinyDisk('64k') ?? '';
    const output = join(disk, 'full.wrr');
    await withStreams(async (streams) => {
      const module = await compileWat(filling);
      await expect(record({ module, output, ...streams })).rejects.toMatchObject({
        name: 'WasiRrError',
        code: expect.stringMatching(/^(TRACE_WRITE_FAILED|OUTPUT_UNWRITABLE)$/),
      });
    });
    expect(readdirSync(disk)).toEqual([]);
  });
});

describe('a place for the trace', () => {
  const quick = program('(func (export "_start") (say "hello\n"))');

  test('that is removed while the guest runs: an error, not a report of a trace that is not there', async () => {
    const folder = scratch.fresh();
    mkdirSync(folder);
    await withStreams(async (streams) => {
      const recording = await openRecording({
        module: await compileWat(quick),
        output: join(folder, 'gone.wrr'),
        ...streams,
      });
      await recording.call('_start');
      rmSync(folder, { recursive: true });
      await expect(recording.finish()).rejects.toMatchObject({ code: 'TRACE_WRITE_FAILED' });
    });
    expect(existsSync(folder)).toBe(false);
  });

  test('that is taken: nothing is overwritten', async () => {
    const output = scratch.fresh('.wrr');
    writeFileSync(output, 'mine');
    await withStreams(async (streams) => {
      const module = await compileWat(quick);
      await expect(record({ module, output, ...streams })).rejects.toMatchObject({
        code: 'OUTPUT_EXISTS',
      });
    });
  });

  test.each([
    ['a folder that is not there', '/nonexistent/x.wrr'],
    ['a folder that is a file', '/etc/passwd/x.wrr'],
    ['a folder where none can write', '/proc/x.wrr'],
  ])('in %s', async (_what, output) => {
    await withStreams(async (streams) => {
      const module = await compileWat(quick);
      await expect(record({ module, output, ...streams })).rejects.toMatchObject({
        code: 'OUTPUT_UNWRITABLE',
      });
    });
  });

  test('in the same folder for several recorders at once: a file each', async () => {
    const folder = scratch.fresh();
    const module = await compileWat(quick);
    await withStreams(async (streams) => {
      const runs = Array.from({ length: 5 }, () => record({ module, folder, ...streams }));
      const reports = await Promise.all(runs);
      const traces = reports.map(({ trace }) => basename(trace ?? '')).sort();
      expect(traces).toEqual([1, 2, 3, 4, 5].map((n) => `program-${n}.wrr`));
    });
    expect(readdirSync(folder).length).toBe(5);
  });
});
