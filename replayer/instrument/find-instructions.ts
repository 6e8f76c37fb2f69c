/** Where a module has instructions of some kind. */
import { bodyReader } from './body-reader.ts';
import type { InstructionReader } from './instruction-reader.ts';
import { type ModuleLayout, readLayout } from './module-layout.ts';
import type { Pc } from './plan.ts';

/** @returns where each begins, and where the next one does; @throws WasiRrError MODULE_INVALID, MODULE_UNSUPPORTED */
export function findInstructions(
  module: Uint8Array,
  wanted: (at: InstructionReader) => boolean,
): Map<Pc, Pc> {
  const layout: ModuleLayout = readLayout(module);
  const found = new Map<Pc, Pc>();
  for (let index = 0; index < layout.bodyStarts.length; index++) {
    const reader = bodyReader(layout, index);
    while (!reader.atEnd) {
      reader.next();
      if (wanted(reader)) found.set(reader.start, reader.at);
    }
  }
  return found;
}
