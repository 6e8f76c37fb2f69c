/** Coverage of several runs together: counts of the same code add up. */
import type { Coverage, FileCoverage, FunctionCount } from '../../index.ts';

export function merged(runs: readonly Coverage[]): readonly FileCoverage[] {
  const files = new Map<
    string,
    { lines: Map<number, number>; functions: Map<string, FunctionCount> }
  >();
  for (const { file, lines, functions } of runs.flatMap((run) => run.files)) {
    const known = files.get(file) ?? { lines: new Map(), functions: new Map() };
    files.set(file, known);
    for (const { line, count } of lines)
      known.lines.set(line, (known.lines.get(line) ?? 0) + count);
    for (const one of functions) {
      const key = `${one.line} ${one.name}`;
      const count = one.count + (known.functions.get(key)?.count ?? 0);
      known.functions.set(key, { ...one, count });
    }
  }
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, { lines, functions }]) => ({
      file,
      lines: [...lines].sort(([a], [b]) => a - b).map(([line, count]) => ({ line, count })),
      functions: [...functions.values()].sort((a, b) => a.line - b.line),
    }));
}
