/** Whether a function gives another value to its first parameter: where it does not, that tells what it was called with. */
import { bodyReader } from '../instrument/body-reader.ts';
import { readLayout } from '../instrument/module-layout.ts';
import { OP } from '../instrument/opcode-numbers.ts';

/** @throws WasiRrError MODULE_INVALID, MODULE_UNSUPPORTED */
export function setsFirst(module: Uint8Array, func: number): boolean {
  const layout = readLayout(module);
  const reader = bodyReader(layout, func - layout.importedFunctions);
  while (!reader.atEnd) {
    reader.next();
    const { code, index } = reader;
    if ((code === OP.localSet || code === OP.localTee) && index === 0) return true;
  }
  return false;
}
