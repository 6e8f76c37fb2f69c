/** Opens a function's body where its code begins, behind the declarations of its locals. */
import { BinaryInput } from '../../wasm/binary.ts';
import { InstructionReader } from './instruction-reader.ts';
import { type ModuleLayout, readValueType } from './module-layout.ts';

/** @param index of the function among those that are defined; @throws RangeError for a body that ends early */
export function bodyReader(layout: ModuleLayout, index: number): InstructionReader {
  const { bytes, bodyStarts, bodyEnds } = layout;
  const end = bodyEnds[index] ?? 0;
  const input = new BinaryInput(bytes, bodyStarts[index] ?? 0, end);
  input.list(() => {
    input.u32();
    readValueType(input);
  });
  const reader = new InstructionReader(bytes);
  reader.open(input.position, end);
  return reader;
}
