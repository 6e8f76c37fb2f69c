/** Which instructions may call the host: of a call through a table or reference, that is known when it is made. */
import { BinaryInput } from '../../wasm/binary.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';
import { OP } from '../instrument/opcode-numbers.ts';
import type { Pc } from '../instrument/plan.ts';

const BY_INDEX: ReadonlySet<number> = new Set([OP.call, OP.returnCall]);
const BY_VALUE: ReadonlySet<number> = new Set([
  ...[OP.callIndirect, OP.returnCallIndirect],
  ...[OP.callRef, OP.returnCallRef],
]);

export function mayCallHost({ bytes, importedFunctions }: ModuleLayout, pc: Pc): boolean {
  const code = bytes[pc] ?? 0;
  if (BY_VALUE.has(code)) return true;
  return BY_INDEX.has(code) && new BinaryInput(bytes, pc + 1, pc + 6).u32() < importedFunctions;
}
