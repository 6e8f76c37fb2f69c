/**
 * Random motions and questions in whole programs, each held against a replay of its own in which every instruction of
 * some parts of the run was looked at. `WASI_RR_TRAVEL_SEED` for others than the usual ones, `WASI_RR_TRAVEL_ROUNDS` for more.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FrameNames } from '../../replayer/source/frame-names.ts';
import { SourceLines } from '../../replayer/source/source-lines.ts';
import { Engine } from '../../replayer/timetravel/engine.ts';
import type { Mark } from '../../replayer/timetravel/mark.ts';
import type { StepSize } from '../../replayer/timetravel/motions.ts';
import { TravelTarget } from '../../replayer/timetravel/travel-target.ts';
import { writesTo } from '../../replayer/timetravel/writes.ts';
import { TraceReader } from '../../traces/reader.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import { memoryHasher } from '../../wasm/xxh64.ts';
import { Truth } from '../replayer/timetravel/every-instruction.ts';
import { randomFrom } from '../wasi/random.ts';
import { NPM_PROGRAMS } from './npm-programs.ts';
import { runRecorded } from './runs.ts';
import { ticksOf, type Window, windowsOf } from './windows.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-travel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const seed = Number(process.env.WASI_RR_TRAVEL_SEED ?? 1);
const rounds = Number(process.env.WASI_RR_TRAVEL_ROUNDS ?? 6);
const WINDOWS = 4;
/** Ticks of a window. */
const LENGTH = 600;
const SIZES: readonly [StepSize, ...StepSize[]] = [
  ...(['instruction', 'instruction-over', 'line', 'line-over', 'out'] as const),
];
const quiet = () => {};
const PROGRAMS = NPM_PROGRAMS.filter(({ name }) =>
  /^(esbuild commander|nextpnr hx1k|flite)$/.test(name),
);

describe.each(PROGRAMS)('$name', (program) => {
  let trace: TraceReader;
  let windows: readonly Window[];
  let lines: SourceLines;
  let names: FrameNames;
  let engine: Engine;
  let counted = 0;
  const random = randomFrom(seed);
  beforeAll(async () => {
    const path = join(folder, `${program.name}.wrr`);
    await runRecorded(program, path);
    trace = new TraceReader(path);
    const ticks = await ticksOf(trace);
    const part = Math.floor(ticks / WINDOWS);
    const begins = Array.from(
      { length: WINDOWS },
      (_, i) => i * part + random.below(part - LENGTH),
    );
    windows = (await windowsOf(trace, begins, LENGTH)).filter(({ marks }) => marks.length > 100);
    names = FrameNames.of(trace);
    lines = new SourceLines(names);
    engine = new Engine(new TravelTarget(trace), names);
  });
  afterAll(() => {
    trace.close();
    console.log(`${program.name}: ${counted} answers`);
  });

  /** What a window can tell: the same as it would with half of what lies before. */
  function truthOf(marks: readonly Mark[], from: number, size: StepSize, reverse: boolean) {
    const functionAt = (pc: number) => names.functionAt(pc);
    const whole = new Truth(marks, lines, functionAt).step(from, size, reverse);
    const cut = from >> 1;
    const half = new Truth(marks.slice(cut), lines, functionAt).step(from - cut, size, reverse);
    return whole !== undefined && half !== undefined && whole === half + cut && half > 0
      ? marks[whole]
      : undefined;
  }

  test('steps, forwards and backwards', async () => {
    for (const [number, { marks }] of windows.entries()) {
      let from = (marks.length >> 1) + random.below(marks.length >> 1);
      for (let left = rounds * 4; left > 0; left--) {
        const size = random.pick(SIZES);
        const reverse = random.below(3) > 0;
        const wanted = truthOf(marks, from, size, reverse);
        if (wanted === undefined) {
          from = (marks.length >> 2) + random.below((marks.length * 3) >> 2);
          continue;
        }
        const points = { breaks: [], calls: [], watches: [] };
        const motion = { kind: 'step', size, reverse, points } as const;
        const { mark } = await engine.move(marks[from] as Mark, motion, quiet);
        expect(mark, `window ${number}, from ${from} by ${size}, ${reverse}`).toEqual(wanted);
        counted++;
        from = marks.indexOf(wanted);
      }
    }
  });

  test('what memory held', async () => {
    for (const { marks, memory } of windows) {
      for (const [index, hash] of memory) {
        const position = await engine.at(marks[index] as Mark, quiet);
        const there = new WebAssembly.Memory({ initial: position.memory.length / 65536 });
        new Uint8Array(there.buffer).set(position.memory);
        expect(memoryHasher(there)(0, position.memory.length, 0n)).toBe(hash);
        counted++;
      }
    }
  });

  test('who wrote, and watchpoints in both directions', async () => {
    for (const [number, { marks, writes }] of windows.entries()) {
      for (let left = rounds; left > 0; left--) {
        const picked = writes[random.below(writes.length)];
        if (picked === undefined) break;
        const address = picked.address + random.below(picked.after.length);
        const length = 1 + random.below(8);
        const until = picked.index + 1 + random.below(marks.length - picked.index - 1);
        const isIn = (one: { readonly address: number; readonly after: Uint8Array }) =>
          one.address < address + length && one.address + one.after.length > address;
        const last = writes.findLast((one) => one.index < until && isIn(one));
        const said = `window ${number}, ${length} bytes at ${address} until ${until}`;
        const asked = { address, length, until: marks[until], keep: 1 };
        const { writes: found } = await writesTo(new TravelTarget(trace), asked);
        // the host may have written since
        if (found[0]?.by !== 'guest') continue;
        expect(found[0], said).toMatchObject({
          mark: marks[last?.index ?? -1],
          address: last?.address,
        });
        const watch = { address, length, on: 'write' } as const;
        const points = { breaks: [], calls: [], watches: [watch] };
        const back = await engine.move(
          marks[until] as Mark,
          { kind: 'continue', reverse: true, points },
          quiet,
        );
        expect(back.mark, said).toEqual(marks[last?.index ?? -1]);
        const again = await engine.move(
          back.mark,
          { kind: 'continue', reverse: false, points },
          quiet,
        );
        expect(again.mark, said).toEqual(marks[(last?.index ?? 0) + 1]);
        counted += 3;
      }
    }
  });

  test('breakpoints, back to the last hit and on to the next one', async () => {
    for (const [number, { marks }] of windows.entries()) {
      for (let left = rounds; left > 0; left--) {
        const from = (marks.length >> 1) + random.below(marks.length >> 1);
        const { pc } = marks[random.below(marks.length)] as Mark;
        for (const reverse of [true, false]) {
          const wanted = reverse
            ? marks.findLast((at, i) => i < from && at.pc === pc)
            : marks.find((at, i) => i > from && at.pc === pc);
          if (wanted === undefined) continue;
          const points = { breaks: [pc], calls: [], watches: [] };
          const motion = { kind: 'continue', reverse, points } as const;
          const { mark } = await engine.move(marks[from] as Mark, motion, quiet);
          expect(mark, `window ${number}, from ${from} to ${pc}, ${reverse}`).toEqual(wanted);
          counted++;
        }
      }
    }
  });
});
