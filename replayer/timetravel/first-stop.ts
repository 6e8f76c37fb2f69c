/** At which instruction of a function a guest can first be stopped. */
import { bodyReader } from '../instrument/body-reader.ts';
import { isStructure } from '../instrument/function-rewriter.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';
import type { Pc } from '../instrument/plan.ts';

/** The first instruction from an offset on at which something happens. */
export function stopFrom(layout: ModuleLayout, func: number, from = 0): Pc {
  const index = func - layout.importedFunctions;
  const end = layout.bodyEnds[index] ?? 0;
  const reader = bodyReader(layout, index);
  for (;;) {
    reader.next();
    // the function's last end is where it returns
    const last = reader.at >= end;
    if (last || (reader.start >= from && !isStructure(reader.code))) return reader.start;
  }
}
