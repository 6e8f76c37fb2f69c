/**
 * The blocks of a function through which one comes to its loops: who goes on at the head of a loop, in a frame that is
 * there, must pass by what stands before them.
 */
import type { InstructionReader } from './instruction-reader.ts';
import { OP } from './opcode-numbers.ts';

export interface ResumeBlock {
  /** Offsets at which it begins, and of its `end`; of an `if`, of its `else` (that of the `end` without one). */
  readonly start: number;
  end: number;
  else: number;
  /** Of a loop, the offset of what is executed first in it: that of its tick. */
  readonly tick: number | undefined;
  readonly isIf: boolean;
  /** The blocks in it that lead to loops, and those behind its `else`. */
  inner: ResumeBlock[];
  others: ResumeBlock[];
}

/** What leads to labels in a way that is not followed, or makes blocks that one cannot come into from before. */
const UNUSUAL: ReadonlySet<number> = new Set([
  ...[OP.try, OP.catch, OP.catchAll, OP.delegate, OP.rethrow, OP.tryTable],
  // br_on_null, br_on_non_null, br_on_cast, br_on_cast_fail
  ...[0xd5, 0xd6, 0xfb0018, 0xfb0019],
]);

/**
 * @param reader of the function, at its first instruction; it is moved to its end
 * @returns in their order; undefined for a function with unusual code, or without loops
 */
export function resumeBlocks(reader: InstructionReader): ResumeBlock[] | undefined {
  const top: ResumeBlock[] = [];
  const open: { readonly block: ResumeBlock; list: ResumeBlock[] }[] = [];
  let loops = 0;
  while (!reader.atEnd) {
    reader.next();
    const { code, start } = reader;
    if (UNUSUAL.has(code)) return undefined;
    if (code === OP.loop) loops++;
    switch (code) {
      case OP.loop:
      case OP.block:
      case OP.if: {
        const block: ResumeBlock = {
          ...{ start, end: start, else: 0, isIf: code === OP.if, inner: [], others: [] },
          tick: code === OP.loop ? reader.at : undefined,
        };
        open.push({ block, list: block.inner });
        break;
      }
      case OP.else: {
        const around = open.at(-1);
        if (around === undefined) return undefined;
        around.block.else = start;
        around.list = around.block.others;
        break;
      }
      case OP.end: {
        const ended = open.pop()?.block;
        // the function's own
        if (ended === undefined) break;
        ended.end = start;
        if (ended.else === 0) ended.else = start;
        const leads = ended.tick !== undefined || ended.inner.length + ended.others.length > 0;
        if (leads) (open.at(-1)?.list ?? top).push(ended);
        break;
      }
    }
  }
  return loops === 0 ? undefined : top;
}

/** Where one can go on in loops. */
export function ticksOf(blocks: readonly ResumeBlock[]): number[] {
  return blocks.flatMap(({ tick, inner, others }) => [
    ...(tick === undefined ? [] : [tick]),
    ...ticksOf(inner),
    ...ticksOf(others),
  ]);
}
