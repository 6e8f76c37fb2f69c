/** Coverage against a replay that stops before every instruction. */
import { afterAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import type { SourceRow } from '../../../replayer/dwarf/debug-info.ts';
import { isStructure } from '../../../replayer/instrument/function-rewriter.ts';
import { readLayout } from '../../../replayer/instrument/module-layout.ts';
import { coverageOfRun } from '../../../replayer/profile/coverage.ts';
import { FrameNames } from '../../../replayer/source/frame-names.ts';
import { replayInstrumented } from '../../../replayer/timetravel/instrumented-replay.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { compileWat } from '../../guests/wat.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { allFunctions, allPcs } from '../instrument/variants.ts';

const scratch = new Scratch('coverage');
afterAll(() => scratch.remove());

async function recordExample(name: string): Promise<TraceReader> {
  const example = exampleCases().find((one) => one.name === name);
  if (example === undefined) throw new Error(`no example ${name}`);
  return new TraceReader((await scratch.recordExample(example)).trace);
}

const coverageOf = async (trace: TraceReader) =>
  (await coverageOfRun(new TravelTarget(trace), new FrameNames(trace.module()))).files;

/** `file:line count`: of each function the instruction of a line that was come to most often. */
async function linesByForce(trace: TraceReader): Promise<string[]> {
  const module = trace.module();
  const names = new FrameNames(module);
  const counts = new Map<number, number>();
  await replayInstrumented(
    new TravelTarget(trace),
    { frames: 'depth', steps: allFunctions(module) },
    ({ probes }) => {
      probes.global('armed').value = 0x7fffffff;
      probes.set('stop', (pc) => counts.set(pc, (counts.get(pc) ?? 0) + 1));
    },
  );
  const rows = [...(names.source?.rows() ?? [])].sort((a, b) => a.offset - b.offset);
  const most = new Map<string, number>();
  let next = 0;
  let row: SourceRow | undefined;
  let last = -1;
  const returns = new Set([...readLayout(module).bodyEnds].map((end) => end - 1));
  for (const pc of allPcs(module)) {
    const func = names.functionAt(pc);
    if (func !== last) row = undefined;
    last = func;
    for (; (rows[next]?.offset ?? Number.POSITIVE_INFINITY) <= pc; next++) {
      const one = rows[next] as SourceRow;
      row = names.functionAt(one.offset) === func ? one : undefined;
    }
    const { file, line } = row?.place ?? {};
    if (file === undefined || line === undefined) continue;
    if (isStructure(module[pc] as number) && !returns.has(pc)) continue;
    const key = `${func} ${file}:${line}`;
    most.set(key, Math.max(most.get(key) ?? 0, counts.get(pc) ?? 0));
  }
  const sums = new Map<string, number>();
  for (const [key, count] of most) {
    const place = key.slice(key.indexOf(' ') + 1);
    sums.set(place, (sums.get(place) ?? 0) + count);
  }
  return [...sums].map(([place, count]) => `${place} ${count}`).sort();
}

describe('lines', () => {
  test.each(['heapsmash-O0g', 'uninit-O0g', 'dirorder-O0g', 'lostwrite-O0g'])(
    '%s',
    async (name) => {
      const trace = await recordExample(name);
      const files = await coverageOf(trace);
      const lines = files.flatMap(({ file, lines }) =>
        lines.map(({ line, count }) => `${file}:${line} ${count}`),
      );
      expect(lines.sort()).toEqual(await linesByForce(trace));
      expect(lines.some((text) => text.endsWith(' 0'))).toBe(true);
    },
  );
});

test('functions: how often each was entered, and where it begins', async () => {
  const trace = await recordExample('heapsmash-O0g');
  const own = (await coverageOf(trace)).find(({ file }) => file === 'src/heapsmash.c');
  // 160 lines add a user, one renames; the last ones are ranked until the run ends
  expect(own?.functions).toEqual([
    { name: 'main', line: 21, count: 1 },
    { name: 'trim', line: 9, count: 161 },
    { name: 'add', line: 15, count: 160 },
    { name: 'rename_user', line: 19, count: 1 },
    { name: 'checksum', line: 20, count: 51 },
    { name: 'rank_by_score', line: 6, count: 61 },
    { name: 'rank_by_id', line: 7, count: 62 },
    { name: 'set_name', line: 10, count: 161 },
  ]);
});

test('a module without debug information is refused', async () => {
  const module = await compileWat('(module (memory (export "memory") 1) (func (export "_start")))');
  const { trace } = await scratch.record({ module });
  await expect(coverageOf(new TraceReader(trace))).rejects.toThrow(
    /build it with debug information/,
  );
});
