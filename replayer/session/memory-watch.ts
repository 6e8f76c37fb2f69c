/** Notes every change of a range of memory while a guest runs: compared at each event, twice. */
import type { EventWatch, Memories } from './guest.ts';
import type { MemoryChange, MemoryHistory } from './messages.ts';

export class MemoryWatch implements EventWatch {
  readonly wantsStack = false;
  private readonly memory: number;
  private readonly address: number;
  private readonly length: number;
  private readonly limit: number;
  private readonly initial: Uint8Array;
  private last: Uint8Array;
  private changes: MemoryChange[] = [];
  private truncated = false;

  /**
   * @param range of a memory, by its number
   * @param memories as they are before the first event that is watched
   * @param limit of changes that are kept, the last ones
   */
  constructor(
    range: { readonly memory: number; readonly address: number; readonly length: number },
    memories: Memories,
    limit: number,
  ) {
    this.memory = range.memory;
    this.address = range.address;
    this.length = range.length;
    this.limit = limit;
    this.initial = this.rangeOf(memories).slice();
    this.last = this.initial;
  }

  reached(event: number, memories: Memories): void {
    this.compare(event, 'guest', memories);
  }

  passed(event: number, memories: Memories): void {
    this.compare(event, 'call', memories);
  }

  /** What was seen so far. */
  history(): MemoryHistory {
    if (this.changes.length > this.limit) this.drop();
    const { changes, initial, truncated } = this;
    return { changes, initial, truncated };
  }

  /** The watched range, as far as the memory reaches. */
  private rangeOf(memories: Memories): Uint8Array {
    const { address, length } = this;
    return memories[this.memory]?.subarray(address, address + length) ?? new Uint8Array(0);
  }

  private compare(event: number, by: MemoryChange['by'], memories: Memories): void {
    const now = this.rangeOf(memories);
    const { last } = this;
    const part = changedPart(last, now);
    if (part === undefined) return;
    const { from, to } = part;
    this.changes.push({
      event,
      by,
      address: this.address + from,
      before: last.slice(from, to),
      after: now.slice(from, to),
    });
    this.last = now.slice();
    // dropped by halves, so that each is moved a few times at most
    if (this.changes.length >= 2 * this.limit) this.drop();
  }

  private drop(): void {
    this.truncated = true;
    this.changes = this.changes.slice(-this.limit);
  }
}

/** From the first to the last byte that differs; what one of them has more, does. */
export function changedPart(
  last: Uint8Array,
  now: Uint8Array,
): { readonly from: number; readonly to: number } | undefined {
  const longest = Math.max(now.length, last.length);
  let from = 0;
  while (from < longest && now[from] === last[from]) from++;
  if (from === longest) return undefined;
  let to = longest;
  while (now[to - 1] === last[to - 1]) to--;
  return { from, to };
}
