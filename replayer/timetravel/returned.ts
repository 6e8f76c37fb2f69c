/** What a function has just returned, from what it left behind its frame (instrument/frame-layout.ts). */
import { FRAME_HEADER, FRAME_PC, RETURNED, sizeOfType } from '../instrument/frame-layout.ts';
import { type ModuleLayout, onlyResult, TYPE } from '../instrument/module-layout.ts';

export interface Returned {
  readonly func: number;
  /** Of WebAssembly: a TYPE, and its bytes. Undefined where there is none, or several. */
  readonly result: { readonly type: number; readonly bytes: Uint8Array } | undefined;
  /** Of a function without a result, its first parameter as it was in the end: where compilers have a struct put. */
  readonly first: number | undefined;
}

/**
 * @param memory the memory for frames; @param top where the frame of the function was
 * @param steps functions that tell what they return
 * @returns undefined where another one was there, or an exception went past it
 */
export function readReturned(
  layout: ModuleLayout,
  memory: ArrayBuffer,
  top: number,
  steps: ReadonlySet<number>,
): Returned | undefined {
  if (top + FRAME_HEADER + 16 > memory.byteLength) return undefined;
  const view = new DataView(memory, top);
  const func = view.getUint32(0, true);
  if (!steps.has(func) || view.getUint32(FRAME_PC, true) !== RETURNED) return undefined;
  const signature = layout.types[layout.functions[func] ?? -1];
  const type = onlyResult(signature);
  const from = top + FRAME_HEADER;
  if (type !== undefined) {
    const bytes = new Uint8Array(memory.slice(from, from + sizeOfType(type)));
    return { func, result: { type, bytes }, first: undefined };
  }
  const isPointer = signature?.results === 0 && signature.params[0] === TYPE.i32;
  const first = isPointer ? view.getUint32(FRAME_HEADER, true) : undefined;
  return { func, result: undefined, first };
}
