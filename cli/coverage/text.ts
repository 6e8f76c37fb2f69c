/** Coverage for people: a line a file, or a file with its counts. */
import { escapeText, type FileCoverage } from '../../index.ts';
import { type Column, formatTable } from '../table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'lines', right: true },
  { title: 'covered', right: true },
  { title: '%', right: true },
  { title: 'functions', right: true },
  { title: 'file' },
];

export function coverageTable(files: readonly FileCoverage[]): string[] {
  const all = files.map(({ file, lines, functions }) => ({
    file,
    lines: lines.length,
    covered: lines.filter(({ count }) => count > 0).length,
    functions: functions.length,
    entered: functions.filter(({ count }) => count > 0).length,
  }));
  const total = { file: 'total', lines: 0, covered: 0, functions: 0, entered: 0 };
  for (const { lines, covered, functions, entered } of all) {
    total.lines += lines;
    total.covered += covered;
    total.functions += functions;
    total.entered += entered;
  }
  return formatTable(
    COLUMNS,
    [...all, total].map(({ file, lines, covered, functions, entered }) => [
      `${lines}`,
      `${covered}`,
      (lines === 0 ? 100 : (100 * covered) / lines).toFixed(1),
      `${entered}/${functions}`,
      escapeText(file),
    ]),
  );
}

/** Lines of a source file, each with how often it was come to, as gcov has them. */
export function annotated({ lines }: FileCoverage, source: readonly string[]): string[] {
  const counts = new Map(lines.map(({ line, count }) => [line, count]));
  const width = Math.max(5, ...lines.map(({ count }) => `${count}`.length));
  return source.map((text, i) => {
    const count = counts.get(i + 1);
    const shown = count === undefined ? '-' : count === 0 ? '#####' : `${count}`;
    return `${shown.padStart(width)}:${String(i + 1).padStart(5)}:${escapeText(text)}`;
  });
}
