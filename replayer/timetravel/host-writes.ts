/** Tells of what the host writes to memory to answer calls, once it stands there. */
import type { CallObserver } from '../feed.ts';

/**
 * @param onEvent is told of every event that passes
 * @param wrote is told of each range, after the call
 */
export function observeHostWrites(
  onEvent: (event: number) => void,
  wrote: (event: number, address: number, length: number) => void,
): CallObserver {
  let answered: { at: number; size: number }[] = [];
  return {
    before: onEvent,
    writes: (_event, ranges, size) => {
      let left = size;
      for (let i = 0; i < ranges.count && left > 0; i++) {
        const part = Math.min(left, ranges.length(i));
        answered.push({ at: ranges.address(i), size: part });
        left -= part;
      }
    },
    after: (event) => {
      for (const { at, size } of answered) wrote(event, at, size);
      if (answered.length > 0) answered = [];
    },
  };
}
