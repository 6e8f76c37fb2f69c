/** Reads the frames that an instrumented guest has spilled: function, pc and raw locals of each. */
import { BinaryInput } from '../../wasm/binary.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import {
  FRAME_HEADER,
  FRAME_PC,
  FRAME_TICK,
  type FrameLayout,
  frameLayout,
  LEFT,
} from '../instrument/frame-layout.ts';
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
 * @returns innermost first, at most {@link MAX_FRAMES}: a stack that overflowed has a hundred thousand
 */
export function readFrames(
  layout: ModuleLayout,
  memory: ArrayBuffer,
  top: number,
  pc?: number,
): Frame[] {
  const view = new DataView(memory, 0, top);
  const { bases, funcs, types } = walk(layout, view);
  const frames: Frame[] = [];
  for (let i = bases.length - 1; i >= 0 && frames.length < MAX_FRAMES; i--) {
    const func = funcs[i] as number;
    const own = types.get(func) as Uint8Array;
    const innermost = frames.length === 0 ? pc : undefined;
    frames.push(
      readFrame(view, bases[i] as number, func, { ...frameLayout(own), types: own }, innermost),
    );
  }
  return frames;
}

/** The innermost one alone, of a function that is known to be running: the others are not gone through. */
export function readInnermost(
  layout: ModuleLayout,
  memory: ArrayBuffer,
  top: number,
  func: number,
  pc: number,
): Frame {
  const frame = frameOf(layout, func);
  return readFrame(new DataView(memory, 0, top), top - frame.size, func, frame, pc);
}

function readFrame(
  view: DataView,
  base: number,
  func: number,
  { offsets, types }: FunctionFrame,
  pc: number | undefined,
): Frame {
  const locals = Array.from(types, (type, k) => readLocal(view, base + (offsets[k] ?? 0), type));
  return { func, pc: pc ?? view.getUint32(base + FRAME_PC, true), locals, types };
}

/** Functions of all frames, outermost first: that of depth `n` is at `n - 1`. */
export function functionsOfFrames(
  layout: ModuleLayout,
  memory: ArrayBuffer,
  top: number,
): readonly number[] {
  return walk(layout, new DataView(memory, 0, top)).funcs;
}

/** Of each frame, outermost first: whose it is, and the last tick in it, where the module says that ({@link FRAME_TICK}). */
export function ticksOfFrames(
  layout: ModuleLayout,
  memory: ArrayBuffer,
  top: number,
): readonly { readonly func: number; readonly tick: number }[] {
  const view = new DataView(memory, 0, top);
  const { bases, funcs } = walk(layout, view);
  return bases.map((base, i) => ({
    func: funcs[i] as number,
    tick: Number(view.getBigInt64(base + FRAME_TICK, true)),
  }));
}

function walk(layout: ModuleLayout, view: DataView) {
  const bases: number[] = [];
  const funcs: number[] = [];
  const types = new Map<number, Uint8Array>();
  const sizes = new Map<number, number>();
  for (let base = 0; base + FRAME_HEADER <= view.byteLength; ) {
    const func = view.getUint32(base, true) & ~LEFT;
    let size = sizes.get(func);
    if (size === undefined) {
      const own = localTypes(layout, func);
      types.set(func, own);
      size = frameLayout(own).size;
      sizes.set(func, size);
    }
    bases.push(base);
    funcs.push(func);
    base += size;
  }
  return { bases, funcs, types };
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
  return frameOf(layout, func).size;
}

type FunctionFrame = FrameLayout & { readonly types: Uint8Array };

/** Read once: hooks ask for the same functions all the time. */
const known = new WeakMap<ModuleLayout, Map<number, FunctionFrame>>();

/** Where the locals of a function lie in its frame. */
export function frameOf(layout: ModuleLayout, func: number): FunctionFrame {
  const frames = known.get(layout) ?? new Map<number, FunctionFrame>();
  known.set(layout, frames);
  let frame = frames.get(func);
  if (frame === undefined) {
    const types = localTypes(layout, func);
    frame = { ...frameLayout(types), types };
    frames.set(func, frame);
  }
  return frame;
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
