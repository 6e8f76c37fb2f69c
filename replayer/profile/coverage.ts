/** Which lines of the source a run came to, and how often: from one instrumented replay. */
import { WasiRrError } from '../../errors.ts';
import type { SourceRow } from '../dwarf/debug-info.ts';
import type { Probes } from '../instrument/hooks.ts';
import { type ModuleLayout, readLayout } from '../instrument/module-layout.ts';
import type { FrameNames } from '../source/frame-names.ts';
import { replayInstrumented } from '../timetravel/instrumented-replay.ts';
import type { TravelTarget } from '../timetravel/travel-target.ts';
import { type Stretch, stretchesOf } from './line-stretches.ts';
import type { Coverage, FileCoverage, FunctionCount } from './messages.ts';

interface CoveredFunction {
  /** Byte offset. */
  readonly body: number;
  readonly name: string;
  readonly stretches: readonly Stretch[];
}

interface FileCounts {
  readonly lines: Map<number, number>;
  readonly functions: FunctionCount[];
}

/**
 * @param onEvent is told of every event that passes; what it throws ends the replay
 * @throws WasiRrError OPTION_INVALID for a module without debug information; as replayInstrumented
 */
export async function coverageOfRun(
  target: TravelTarget,
  names: FrameNames,
  onEvent: (event: number) => void = () => {},
): Promise<Coverage> {
  const layout = readLayout(target.module);
  const functions = coveredFunctions(layout, names);
  if (functions.length === 0) {
    throw new WasiRrError(
      'OPTION_INVALID',
      'the module says of no instruction which line of the source it is: build it with debug information (-g), and record that.',
    );
  }
  const numbers = new Map<number, number>();
  for (const { body, stretches } of functions) {
    for (const pc of [body, ...stretches.map((stretch) => stretch.pc)])
      numbers.set(pc, numbers.size);
  }
  let probes: Probes | undefined;
  const note = await replayInstrumented(
    target,
    // with frames, every return comes by the end of its function
    { counts: numbers, frames: 'depth' },
    (running) => {
      probes = running.probes;
    },
    { before: onEvent, after: () => {} },
  );
  const counts = probes && new DataView(probes.memory('counts').buffer);
  const countAt = (pc: number) =>
    Number(counts?.getBigInt64(8 * (numbers.get(pc) as number), true) ?? 0n);
  return { files: byFile(functions, countAt), note };
}

function coveredFunctions(layout: ModuleLayout, names: FrameNames): CoveredFunction[] {
  const rows = new Map<number, SourceRow[]>();
  for (const row of names.lines?.rows() ?? []) {
    const func = names.functionAt(row.offset);
    const own = rows.get(func);
    if (own === undefined) rows.set(func, [row]);
    else own.push(row);
  }
  const functions: CoveredFunction[] = [];
  for (const [func, own] of [...rows].sort(([a], [b]) => a - b)) {
    own.sort((a, b) => a.offset - b.offset);
    const index = func - layout.importedFunctions;
    if (index < 0 || index >= layout.bodyStarts.length) continue;
    const stretches = stretchesOf(layout, index, own);
    const body = layout.bodyStarts[index] as number;
    const { name, source } = names.frame(body, func);
    const known = name ?? source.at(-1)?.name ?? `function ${func}`;
    if (stretches.length > 0) functions.push({ body, name: known, stretches });
  }
  return functions;
}

/** Code of a line in one function counts as often as the stretch of it that was come to most often. */
function byFile(
  functions: readonly CoveredFunction[],
  countAt: (pc: number) => number,
): FileCoverage[] {
  const files = new Map<string, FileCounts>();
  const countsOf = (file: string): FileCounts => {
    const known: FileCounts = files.get(file) ?? { lines: new Map(), functions: [] };
    files.set(file, known);
    return known;
  };
  for (const { body, name, stretches } of functions) {
    const own = new Map<string, { file: string; line: number; most: number }>();
    for (const { file, line, pc } of stretches) {
      const key = `${line} ${file}`;
      const most = Math.max(own.get(key)?.most ?? 0, countAt(pc));
      own.set(key, { file, line, most });
    }
    for (const { file, line, most } of own.values()) {
      const { lines } = countsOf(file);
      lines.set(line, (lines.get(line) ?? 0) + most);
    }
    const [first] = stretches;
    if (first === undefined) continue;
    const { file, line } = first;
    countsOf(file).functions.push({ name, line, count: countAt(body) });
  }
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, { lines, functions }]) => ({
      file,
      lines: [...lines].sort(([a], [b]) => a - b).map(([line, count]) => ({ line, count })),
      functions,
    }));
}
