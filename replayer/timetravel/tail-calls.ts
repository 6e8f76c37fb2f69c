/**
 * Calls that take the place of their function. When they turn out to be of the host, it is the function that was left
 * that called: its frame still lies where it lay, and says so (frame-layout.ts).
 */
import { FRAME_HEADER, FRAME_PC, LEFT } from '../instrument/frame-layout.ts';
import type { Probes } from '../instrument/hooks.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';
import { OP } from '../instrument/opcode-numbers.ts';
import { frameSize } from './frames.ts';

/** Those of which only the run tells what they call. */
export const TAIL_CALLS: ReadonlySet<number | undefined> = new Set([
  OP.returnCallIndirect,
  OP.returnCallRef,
]);

/**
 * Puts the caller's frame back if the host is called in its place, from inside of that call.
 * @returns what takes it away again when the call returns; undefined where there is none
 */
export function frameOfTailCall(probes: Probes, layout: ModuleLayout): (() => void) | undefined {
  const [top, depth] = [probes.global('top'), probes.global('depth')];
  const base = Number(top.value);
  const { buffer } = probes.memory('frames');
  if (base + FRAME_HEADER > buffer.byteLength) return undefined;
  const header = new DataView(buffer, base, FRAME_HEADER);
  const func = header.getUint32(0, true) - LEFT;
  // bytes of locals of frames that lay there may look like it
  if (!isTailCallOf(layout, func, header.getUint32(FRAME_PC, true))) return undefined;
  header.setUint32(0, func, true);
  top.value = base + frameSize(layout, func);
  depth.value = Number(depth.value) + 1;
  return () => {
    top.value = base;
    depth.value = Number(depth.value) - 1;
  };
}

function isTailCallOf(layout: ModuleLayout, func: number, pc: number): boolean {
  const { bytes, bodyStarts, bodyEnds, importedFunctions } = layout;
  const start = bodyStarts[func - importedFunctions];
  const end = bodyEnds[func - importedFunctions];
  if (start === undefined || end === undefined) return false;
  return pc > start && pc < end && TAIL_CALLS.has(bytes[pc]);
}
