/** The changes of a value that are kept, and how many of them are looked at: putting values into words takes time. */
import type { Mark } from './mark.ts';

export interface ValueChange {
  /** Before the instruction that changed it; of the host, before the call. */
  readonly mark: Mark;
  /** Of a component, what other instances did is told as the host's. */
  readonly by: 'guest' | 'host';
  /** What the host was called for. */
  readonly call: string | undefined;
  /** Of a value with parts, the one that changed: `.name[3]`; empty for the whole. */
  readonly path: string;
  /** As it is shown; undefined before it had one. */
  readonly before: string | undefined;
  readonly after: string;
  /** Of a variable of a function: in which of its calls, by number from 1, and at which depth of the stack. */
  readonly activation: { readonly number: number; readonly depth: number } | undefined;
}

/**
 * Letters of values, and looks at one (as so many letters), for one pass: one or two seconds. Of what changed more
 * often the last part is put into words, by a second pass.
 */
const MOST_LETTERS = 1 << 23;
const LOOK = 100;

export class ChangeList {
  private readonly keep: number;
  private readonly skip: number;
  private changes: ValueChange[] = [];
  private spent = 0;
  private looks = 0;
  private taken = 0;
  private counted = 0;

  /** @param skip so many looks in the beginning */
  constructor(keep: number, skip: number) {
    this.keep = keep;
    this.skip = skip;
  }

  /** Whether the value is to be put into words now; each time may be a change. */
  look(): boolean {
    this.looks++;
    if (this.looks <= this.skip) return false;
    if (this.skip === 0 && this.spent >= MOST_LETTERS) return false;
    this.taken++;
    this.spent += LOOK;
    return true;
  }

  add(change: ValueChange): void {
    this.spent += change.after.length + (change.before?.length ?? 0);
    this.counted++;
    this.changes.push(change);
    if (this.changes.length > 2 * this.keep + 16) this.changes = this.changes.slice(-this.keep);
  }

  /** Where a second pass begins to look, so that it comes to the end; undefined where this one did. */
  get rest(): number | undefined {
    return this.skip + this.taken < this.looks ? this.looks - this.taken : undefined;
  }

  /** How many there were, as far as it was looked at. */
  get total(): number {
    return this.counted;
  }

  /** Oldest first. */
  get kept(): readonly ValueChange[] {
    return this.keep > 0 ? this.changes.slice(-this.keep) : [];
  }
}
