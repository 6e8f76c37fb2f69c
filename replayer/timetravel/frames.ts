/** Reads the frames that an instrumented guest has spilled: function, pc and raw locals of each. */
import { BinaryInput } from '../../wasm/binary.ts';
import { FRAME_HEADER, FRAME_PC, frameLayout } from '../instrument/frame-layout.ts';
import { type ModuleLayout, readValueType, TYPE } from '../instrument/module-layout.ts';

/** `undefined` is a reference, which cannot be read. A v128 comes as its 16 bytes. */
export type LocalValue = number | bigint | Uint8Array | undefined;

export interface Frame {
  readonly func: number;
  /** Of the call under way; of the innermost frame, of the instruction that comes next. */
  readonly pc: number;
  /** Parameters first. */
  readonly locals: readonly LocalValue[];
  /** Their type codes. */
  readonly types: Uint8Array;
}

/**
 * @param memory the memory for frames; @param top where they end
 * @param pc of the innermost frame; without it, that frame has a call under way
 * @returns innermost first
 */
export function readFrames(
  layout: ModuleLayout,
  memory: ArrayBuffer,
  top: number,
  pc?: number,
): Frame[] {
  const view = new DataView(memory, 0, top);
  const frames: Frame[] = [];
  const known = new Map<number, Uint8Array>();
  for (let base = 0; base + FRAME_HEADER <= top; ) {
    const func = view.getUint32(base, true);
    const types = known.get(func) ?? localTypes(layout, func);
    known.set(func, types);
    const { offsets, size } = frameLayout(types);
    const locals = Array.from(types, (type, i) => readLocal(view, base + (offsets[i] ?? 0), type));
    const innermost = base + size >= top;
    const call = view.getUint32(base + FRAME_PC, true);
    frames.push({ func, pc: (innermost ? pc : undefined) ?? call, locals, types });
    base += size;
  }
  return frames.reverse();
}

function readLocal(view: DataView, at: number, type: number): LocalValue {
  switch (type) {
    case TYPE.i32:
      return view.getInt32(at, true);
    case TYPE.i64:
      return view.getBigInt64(at, true);
    case TYPE.f32:
      return view.getFloat32(at, true);
    case TYPE.f64:
      return view.getFloat64(at, true);
    case TYPE.v128:
      return new Uint8Array(view.buffer.slice(at, at + 16));
    default:
      return undefined;
  }
}

/** Bytes of a function's frame in the memory for frames. */
export function frameSize(layout: ModuleLayout, func: number): number {
  return frameLayout(localTypes(layout, func)).size;
}

/** Type codes of a defined function's locals, parameters first. */
function localTypes(layout: ModuleLayout, func: number): Uint8Array {
  const index = func - layout.importedFunctions;
  const { bytes, bodyStarts, bodyEnds } = layout;
  const input = new BinaryInput(bytes, bodyStarts[index] ?? 0, bodyEnds[index] ?? 0);
  const types = [...(layout.types[layout.functions[func] ?? -1]?.params ?? [])];
  input.list(() => {
    const count = input.u32();
    const type = readValueType(input);
    for (let left = count; left > 0; left--) types.push(type);
  });
  return Uint8Array.from(types);
}
