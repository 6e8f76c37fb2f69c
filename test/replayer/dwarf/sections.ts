/** Takes a wasm file's sections apart and puts them together again. */
import { BinaryInput } from '../../../wasm/binary.ts';

/** A module without its custom sections whose names begin with `.debug_`; `more` stands at its end. */
export function withoutDebugSections(module: Uint8Array, more: Uint8Array = new Uint8Array(0)) {
  const parts: Uint8Array[] = [module.subarray(0, 8)];
  const input = new BinaryInput(module, 8, module.length);
  while (!input.atEnd()) {
    const start = input.position;
    const id = input.byte();
    const section = input.slice(input.u32());
    if (id === 0 && section.name().startsWith('.debug_')) continue;
    parts.push(module.subarray(start, input.position));
  }
  return new Uint8Array(Buffer.concat([...parts, more]));
}

/** A custom section that holds one string: `external_debug_info`, `sourceMappingURL`. */
export function textSection(name: string, text: string): Uint8Array {
  const string = (value: string) => [value.length, ...Buffer.from(value)];
  const body = [...string(name), ...string(text)];
  return Uint8Array.from([0, body.length, ...body]);
}
