/**
 * Writes to a range against a brute-force replay that looks at the range before every instruction of
 * every function, on real programs; and the stack at a write against what is known of it.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import { framesAt } from '../../../replayer/timetravel/frames-at.ts';
import { replayInstrumented } from '../../../replayer/timetravel/instrumented-replay.ts';
import { compareMarks, type Mark } from '../../../replayer/timetravel/mark.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { writesTo } from '../../../replayer/timetravel/writes.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { functionAt, functionStarts } from '../../../wasm/function-starts.ts';
import { FunctionNames } from '../../../wasm/names.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { allFunctions } from '../instrument/variants.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('writes');
afterAll(() => scratch.remove());

/** Places at which the bytes of a range became others: the instruction before which they were as before. */
async function changesByForce(
  trace: TraceReader,
  address: number,
  length: number,
): Promise<Mark[]> {
  const changes: Mark[] = [];
  const steps = allFunctions(trace.module());
  await replayInstrumented(
    new TravelTarget(trace),
    { tick: true, frames: 'depth', steps },
    (running) => {
      const { probes, memory, event } = running;
      const range = () => Buffer.from(memory().slice(address, address + length));
      let known = range();
      let last: Mark = { event: -1, tick: 0, depth: 0, pc: -1 };
      probes.global('armed').value = 0x7fffffff;
      probes.set('stop', (pc, depth) => {
        const now = range();
        if (!now.equals(known)) changes.push(last);
        known = now;
        const tick = -Number(probes.global('ticksLeft').value);
        last = { event: event(), tick, depth, pc };
      });
    },
  );
  return changes;
}

async function record(name: string): Promise<TraceReader> {
  const example = exampleCases().find((one) => one.name === name);
  if (example === undefined) throw new Error(`no example ${name}`);
  const { trace } = await scratch.recordExample(example);
  return new TraceReader(trace);
}

/** Stack and heap of the examples. */
const DATA = { address: 66_560, length: 80_000, keep: 1e6 };

describe.each(['heapsmash-O0g', 'heapsmash-O2'])('%s', (name) => {
  test('finds the writes that looking at every instruction finds', async () => {
    const trace = await record(name);
    const all = (await writesTo(new TravelTarget(trace), DATA)).writes.filter(
      ({ by }) => by === 'guest',
    );
    for (const part of [0.1, 0.5, 0.9]) {
      const address = (all[Math.floor(all.length * part)]?.address ?? 0) - 3;
      const { writes, total } = await writesTo(new TravelTarget(trace), {
        address,
        length: 16,
        keep: 1e6,
      });
      expect(writes.length).toBe(total);
      for (const [i, write] of writes.entries()) {
        const next = writes[i + 1];
        if (next) expect(compareMarks(write.mark, next.mark)).toBeLessThan(0);
      }
      const hosts = new Set(writes.filter(({ by }) => by === 'host').map(({ mark }) => mark.tick));
      const byGuest = (mark: Mark) => !hosts.has(mark.tick);
      const changed = writes
        .filter(({ by, before, after }) => by === 'guest' && !Buffer.from(before).equals(after))
        .map(({ mark }) => mark)
        .filter(byGuest);
      expect(changed.length).toBeGreaterThan(0);
      expect(changed).toEqual((await changesByForce(trace, address, 16)).filter(byGuest));
    }
    trace.close();
  });
});

test('who overwrote the function pointer of heapsmash, with the callers', async () => {
  const trace = await record('heapsmash-O0g');
  const module = trace.module();
  const names = new FunctionNames(module);
  const starts = functionStarts(module);
  const writer = (pc: number) => names.get(functionAt(starts, pc))?.name;
  const { writes } = await writesTo(new TravelTarget(trace), DATA);
  // words that `add_user` or `main` stored whole, and of which `set_name` wrote a byte later
  const words = new Set<number>();
  const smashed = writes.filter(({ mark, address, length, by }) => {
    if (by !== 'guest') return false;
    if (length === 4) words.add(address);
    return length === 1 && writer(mark.pc) === 'set_name' && words.has(address & ~3);
  });
  const last = smashed.at(-1);
  expect(last).toBeDefined();
  if (last === undefined) return;
  const frames = await framesAt(new TravelTarget(trace), last.mark);
  expect(frames[0]?.pc).toBe(last.mark.pc);
  expect(frames).toHaveLength(last.mark.depth);
  expect(frames.map(({ func }) => names.get(func)?.name).slice(0, 3)).toEqual([
    'set_name',
    'rename_user',
    'main',
  ]);
  // the same question, asked as a user does: the last write to that word before the end
  const word = { address: last.address & ~3, length: 4, keep: 1 };
  const again = await writesTo(new TravelTarget(trace), word);
  expect(again.writes.map(({ mark }) => writer(mark.pc))).toEqual(['set_name']);
  // and before that one: it is not among those before itself
  const earlier = await writesTo(new TravelTarget(trace), {
    ...word,
    until: again.writes[0]?.mark as Mark,
  });
  expect(earlier.total).toBe(again.total - 1);
  trace.close();
});

test('what the host wrote is told as its answer to a call', async () => {
  const trace = await record('heapsmash-O2');
  const { writes } = await writesTo(new TravelTarget(trace), DATA);
  const hosts = writes.filter(({ by }) => by === 'host');
  const events = [...trace.events()];
  expect(hosts.length).toBeGreaterThan(0);
  for (const { mark } of hosts) expect(events[mark.event]?.kind).toBe('call');
  const read = events.find((event) => event.kind === 'call' && event.name === 'fd_read');
  expect(hosts.some(({ mark, length }) => mark.event === read?.number && length > 100)).toBe(true);
  trace.close();
});

test('a place where the run never comes, and an empty range, are refused', async () => {
  const trace = await record('heapsmash-O2');
  const { writes } = await writesTo(new TravelTarget(trace), { ...DATA, keep: 1e6 });
  const by = (who: string) => writes.find((write) => write.by === who)?.mark as Mark;
  for (const mark of [
    { ...by('guest'), tick: 1e9 },
    { ...by('host'), event: 16 },
  ]) {
    await expect(framesAt(new TravelTarget(trace), mark)).rejects.toThrow(
      expect.objectContaining({ code: 'EVENT_NOT_FOUND' }),
    );
  }
  await expect(writesTo(new TravelTarget(trace), { ...DATA, length: 0 })).rejects.toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID' }),
  );
  trace.close();
});
