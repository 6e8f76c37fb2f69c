/**
 * Which locals of a function may differ from what its frame holds, instruction by instruction: those are
 * stored before calls and stops, and no others. Errs on the side of storing. Follows the structure of the code:
 * where ways meet, a local is stale if it is on one of them; at the head of a loop, if the loop sets it anywhere,
 * which one look ahead tells; wherever an exception may lead, all are. A set of locals is a row of bits. Hot
 * path of the rewriter.
 */
import type { InstructionReader } from './instruction-reader.ts';
import { OP } from './opcode-numbers.ts';

/** Thrown for functions made to take for ever: each local is stored where it is set, then. */
export class TooManyLocals extends Error {}

/** Words of sets that one function may hold, and that it may look at. */
const LIMIT = { held: 1 << 22, work: 1 << 26 };

/** So many are stored sooner than it is found out which a loop sets. */
const FEW = 20;

const KIND = { block: 0, loop: 1, if: 2 } as const;

export class StaleLocals {
  private locals = 0;
  /** Words of a set. */
  private words = 0;
  private now = new Uint32Array(8);
  /** No way leads here. */
  private dead = false;
  private open = 0;
  private work = 0;
  private kinds = new Uint8Array(64);
  /** By depth of nesting: what is stale on some way to the block's end; and where the `else` begins. */
  private joined = new Uint32Array(256);
  private others = new Uint32Array(256);
  /** What each loop sets, in the order of their heads. */
  private loops = new Uint32Array(256);
  private nextLoop = 0;
  private ahead = false;

  /**
   * Begins a function: all are stale.
   * @param reader of the function, at its first instruction; it is moved to its end
   * @throws TooManyLocals here and in all that follows
   */
  begin(locals: number, reader: InstructionReader): void {
    this.locals = locals;
    this.words = (locals + 31) >>> 5;
    this.open = 0;
    this.work = 0;
    this.nextLoop = 0;
    if (this.now.length < this.words) this.now = new Uint32Array(this.words * 2);
    this.all();
    this.ahead = locals > FEW;
    if (this.ahead) this.lookAhead(reader);
  }

  all(): void {
    this.dead = false;
    this.fill(this.now, 0);
  }

  /** Behind a frame that was stored whole. */
  none(): void {
    this.now.fill(0, 0, this.words);
  }

  set(local: number): void {
    const word = local >>> 5;
    this.now[word] = (this.now[word] as number) | (1 << (local & 31));
  }

  /** Every stale local, ascending; they are not stale any more. */
  take(store: (local: number) => void): void {
    this.each(store);
    this.none();
  }

  each(store: (local: number) => void): void {
    if (this.dead) return;
    for (let word = 0; word < this.words; word++) {
      let left = this.now[word] as number;
      while (left !== 0) {
        store((word << 5) + 31 - Math.clz32(left & -left));
        left &= left - 1;
      }
    }
  }

  block(): void {
    this.nest(KIND.block);
  }

  if(): void {
    this.nest(KIND.if);
    const at = this.open * this.words;
    for (let i = 0; i < this.words; i++) this.others[at + i] = this.now[i] as number;
  }

  loop(): void {
    this.nest(KIND.loop);
    if (!this.ahead) {
      this.fill(this.now, 0);
      return;
    }
    const at = this.nextLoop++ * this.words;
    for (let i = 0; i < this.words; i++) {
      this.now[i] = (this.now[i] as number) | (this.loops[at + i] as number);
    }
  }

  else(): void {
    this.join(this.open);
    const at = this.open * this.words;
    for (let i = 0; i < this.words; i++) this.now[i] = this.others[at + i] as number;
    this.kinds[this.open] = KIND.block;
    this.dead = false;
  }

  /** A handler of a `try`. */
  catch(): void {
    this.join(this.open);
    this.all();
  }

  end(): void {
    const { open, words, now } = this;
    const kind = this.kinds[open];
    const at = open * words;
    if (this.dead) this.none();
    if (kind !== KIND.loop) {
      for (let i = 0; i < words; i++) {
        now[i] = (now[i] as number) | (this.joined[at + i] as number);
        if (kind === KIND.if) now[i] = (now[i] as number) | (this.others[at + i] as number);
      }
    }
    this.dead = false;
    this.open--;
    this.spend();
  }

  branch(label: number): void {
    this.join(this.open - label);
  }

  /** A catch clause leads to a label. */
  land(label: number): void {
    const target = this.open - label;
    if (target > 0) this.fill(this.joined, target * this.words);
  }

  /** Nothing goes on from here. */
  leave(): void {
    this.dead = true;
  }

  private join(target: number): void {
    // the function's own end, or the head of a loop, whose set has it
    if (this.dead || target <= 0 || this.kinds[target] === KIND.loop) return;
    const at = target * this.words;
    for (let i = 0; i < this.words; i++) {
      this.joined[at + i] = (this.joined[at + i] as number) | (this.now[i] as number);
    }
    this.spend();
  }

  private nest(kind: number): void {
    this.open++;
    if (this.open >= this.kinds.length) this.kinds = grown(this.kinds, this.open * 2);
    const size = (this.open + 1) * this.words;
    if (size > LIMIT.held) throw new TooManyLocals();
    if (size > this.joined.length) {
      this.joined = grown(this.joined, size * 2);
      this.others = grown(this.others, size * 2);
    }
    this.kinds[this.open] = kind;
    this.joined.fill(0, size - this.words, size);
    this.spend();
  }

  private spend(): void {
    this.work += this.words + 1;
    if (this.work > LIMIT.work) throw new TooManyLocals();
  }

  /** Finds out what each loop sets. */
  private lookAhead(reader: InstructionReader): void {
    const { words } = this;
    /** Of each open block, the loop that it is; of other blocks, -1. */
    const blocks: number[] = [];
    /** Loops that are open. */
    const around: number[] = [];
    let count = 0;
    let current = -1;
    while (!reader.atEnd) {
      reader.next();
      const { code } = reader;
      if (code === OP.localSet || code === OP.localTee) {
        if (current < 0 || reader.index >= this.locals) continue;
        const word = current * words + (reader.index >>> 5);
        this.loops[word] = (this.loops[word] as number) | (1 << (reader.index & 31));
        continue;
      }
      if (code > OP.lastControl) continue;
      switch (code) {
        case OP.loop: {
          const size = (count + 1) * words;
          if (size > LIMIT.held) throw new TooManyLocals();
          if (size > this.loops.length) this.loops = grown(this.loops, size * 2);
          this.loops.fill(0, size - words, size);
          current = count++;
          blocks.push(current);
          around.push(current);
          break;
        }
        case OP.tryTable:
        case OP.try:
        case OP.catch:
        case OP.catchAll:
          if (current >= 0) this.fill(this.loops, current * words);
          if (code === OP.tryTable || code === OP.try) blocks.push(-1);
          break;
        case OP.block:
        case OP.if:
          blocks.push(-1);
          break;
        case OP.end:
        case OP.delegate: {
          const ended = blocks.pop() ?? -1;
          if (ended < 0) break;
          around.pop();
          current = around.at(-1) ?? -1;
          if (current < 0) break;
          for (let i = 0; i < words; i++) {
            const into = current * words + i;
            this.loops[into] =
              (this.loops[into] as number) | (this.loops[ended * words + i] as number);
          }
        }
      }
    }
  }

  /** All of them, in the set that begins there. */
  private fill(sets: Uint32Array, at: number): void {
    const whole = this.locals >>> 5;
    sets.fill(0xffffffff, at, at + whole);
    if (whole < this.words) sets[at + whole] = 2 ** (this.locals & 31) - 1;
  }
}

function grown<T extends Uint8Array | Uint32Array>(old: T, length: number): T {
  const larger = (
    old instanceof Uint8Array ? new Uint8Array(length) : new Uint32Array(length)
  ) as T;
  larger.set(old);
  return larger;
}
