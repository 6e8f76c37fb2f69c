/**
 * How a frame lies in the memory for frames: function index and pc (u32 each), its last tick (u64, where the plan says
 * so), then the locals, one behind the other without gaps. Locals that hold references have no place. Frames lie behind each other, the
 * outermost first.
 */
import { TYPE } from './module-layout.ts';

export const FRAME_HEADER = 16;
export const FRAME_PC = 4;
export const FRAME_TICK = 8;
/** Added to the function of a frame that a call has taken the place of. */
export const LEFT = 0x80000000;

/**
 * What a frame of a function that steps has in the place of its pc once the function has returned: its result stands
 * behind that, and may reach {@link RESULT_ROOM} bytes behind the frame.
 */
export const RETURNED = 0xffffffff;
export const RESULT_ROOM = 16;

/** Bytes by type code; 0 for references. */
export function sizeOfType(type: number): number {
  switch (type) {
    case TYPE.i32:
    case TYPE.f32:
      return 4;
    case TYPE.i64:
    case TYPE.f64:
      return 8;
    case TYPE.v128:
      return 16;
    default:
      return 0;
  }
}

export interface FrameLayout {
  /** By local, parameters first: offset in the frame, or 0 for one that has no place. */
  readonly offsets: Uint32Array;
  /** Bytes of the frame. */
  readonly size: number;
}

/**
 * @param types type codes of all locals, parameters first
 * @param offsets to put them into: it is asked for every function of a module
 */
export function frameLayout(
  types: ArrayLike<number>,
  count = types.length,
  offsets = new Uint32Array(count),
): FrameLayout {
  let size = FRAME_HEADER;
  for (let i = 0; i < count; i++) {
    const bytes = sizeOfType(types[i] as number);
    offsets[i] = bytes === 0 ? 0 : size;
    size += bytes;
  }
  return { offsets, size };
}
