/** Code of each line of the source, cut where control can come in from elsewhere. */
import type { SourceRow } from '../dwarf/debug-info.ts';
import { bodyReader } from '../instrument/body-reader.ts';
import { isStructure } from '../instrument/function-rewriter.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';

/** Code that stands for one line, without a place in its middle that is jumped to. */
export interface Stretch {
  readonly file: string;
  readonly line: number;
  /** Byte offset of its first instruction at which something happens. */
  readonly pc: number;
}

/**
 * The stretches of one function. A line's code that has none does nothing: blocks begin and end there.
 * @param index of the function among those that are defined
 * @param rows of the function, by offset
 */
export function stretchesOf(
  layout: ModuleLayout,
  index: number,
  rows: readonly SourceRow[],
): Stretch[] {
  const reader = bodyReader(layout, index);
  const stretches: Stretch[] = [];
  let next = 0;
  let row: SourceRow | undefined;
  let begins = false;
  while (!reader.atEnd) {
    reader.next();
    for (; (rows[next]?.offset ?? Number.POSITIVE_INFINITY) <= reader.start; next++) {
      row = rows[next];
      begins = true;
    }
    // the function's last end is where it returns, from wherever
    const returns = reader.atEnd;
    if (isStructure(reader.code) && !returns) begins = true;
    else if (begins || returns) {
      begins = false;
      const { file, line } = row?.place ?? {};
      if (file !== undefined && line !== undefined)
        stretches.push({ file, line, pc: reader.start });
    }
  }
  return stretches;
}
