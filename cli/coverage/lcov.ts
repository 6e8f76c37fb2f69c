/** Coverage as lcov's tools, editors and services read it (geninfo(1), "FILES"). */
import type { FileCoverage } from '../../index.ts';

export function* lcov(files: readonly FileCoverage[]): Generator<string> {
  for (const { file, lines, functions } of files) {
    yield 'TN:';
    yield `SF:${oneLine(file)}`;
    for (const { line, name } of functions) yield `FN:${line},${oneLine(name)}`;
    for (const { count, name } of functions) yield `FNDA:${count},${oneLine(name)}`;
    yield `FNF:${functions.length}`;
    yield `FNH:${functions.filter(({ count }) => count > 0).length}`;
    for (const { line, count } of lines) yield `DA:${line},${count}`;
    yield `LF:${lines.length}`;
    yield `LH:${lines.filter(({ count }) => count > 0).length}`;
    yield 'end_of_record';
  }
}

/** Names come from the module; a line break in one would be a record of its own. */
function oneLine(name: string): string {
  return name.replaceAll(/[\r\n]/g, '?');
}
