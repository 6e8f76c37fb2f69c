/**
 * What is shown of the guest at a mark between two calls: memory, globals, variables, the text of functions.
 * Follows the debugger: while one answer is under way, later wishes replace each other.
 */
import { messageOf } from '../../errors.ts';
import type { GlobalValue, MemoryRange } from '../../replayer/session/messages.ts';
import { type Mark, sameMark } from '../../replayer/timetravel/mark.ts';
import type { FunctionText } from '../../replayer/timetravel/messages.ts';
import type { VariableRow } from '../../replayer/values/messages.ts';
import type { RowQuery } from '../../replayer/values/variable-rows.ts';
import type { AddressRange } from '../trace/effects.ts';
import { TravelView } from './travel-view.ts';

/** What is to be shown; undefined parts are not. */
export interface InsideWish {
  readonly mark: Mark;
  readonly memory: AddressRange | undefined;
  /** The first bytes of a selection that begins above them. */
  readonly head: AddressRange | undefined;
  readonly globals: boolean;
  readonly rows: RowQuery | undefined;
  /** Function whose code is shown. */
  readonly text: number | undefined;
}

interface AtMark<Value> {
  readonly mark: Mark;
  readonly value: Value;
}

export class InsideView extends TravelView {
  memory: AtMark<MemoryRange> | undefined;
  head: AtMark<MemoryRange> | undefined;
  globals: AtMark<readonly GlobalValue[]> | undefined;
  rows: (AtMark<readonly VariableRow[]> & { readonly query: RowQuery }) | undefined;
  /** What was read at the mark that was shown before. */
  memoryBefore: MemoryRange | undefined;
  /** Values of the rows at the mark that was shown before, by key. */
  valuesBefore: ReadonlyMap<string, string> = new Map();
  readonly texts = new Map<number, FunctionText | string>();
  private readonly changed: () => void;
  /** Why something could not be shown at a mark. */
  problem: AtMark<string> | undefined;
  private wish: InsideWish | undefined;
  private running = false;

  /** @param changed called whenever there is something new to show */
  constructor(path: string, eventCount: () => number, changed: () => void) {
    super(path, eventCount);
    this.changed = changed;
  }

  show(wish: InsideWish | undefined): void {
    this.wish = wish;
    if (!this.running && wish !== undefined && !this.isShown(wish)) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    try {
      while (this.wish !== undefined && !this.isShown(this.wish)) {
        const { wish } = this;
        this.wish = undefined;
        await this.attempt(wish);
        this.changed();
      }
    } finally {
      this.running = false;
    }
  }

  private async attempt(wish: InsideWish): Promise<void> {
    try {
      await this.fulfil(wish);
    } catch (thrown) {
      this.problem = { mark: wish.mark, value: messageOf(thrown) };
    }
  }

  private isShown({ mark, memory, head, globals, rows, text }: InsideWish): boolean {
    // trying again by itself would go on for ever
    if (isAt(this.problem, mark)) return true;
    return (
      (memory === undefined || holds(this.memory, mark, memory)) &&
      (head === undefined || holds(this.head, mark, head)) &&
      (!globals || isAt(this.globals, mark)) &&
      (rows === undefined || (isAt(this.rows, mark) && sameQuery(this.rows.query, rows))) &&
      (text === undefined || this.texts.has(text))
    );
  }

  private async fulfil(wish: InsideWish): Promise<void> {
    const { mark, memory, head, globals, rows, text } = wish;
    if (text !== undefined && !this.texts.has(text)) await this.readText(text);
    if (rows !== undefined && !(isAt(this.rows, mark) && sameQuery(this.rows.query, rows))) {
      await this.readRows(mark, rows);
    }
    const read = ({ address, length }: AddressRange) =>
      this.ask((travel, options) => travel.read(mark, address, length, options));
    if (memory !== undefined && !holds(this.memory, mark, memory)) {
      const value = await read(memory);
      if (this.memory !== undefined && !sameMark(this.memory.mark, mark)) {
        this.memoryBefore = this.memory.value;
      }
      this.memory = { mark, value };
    }
    if (head !== undefined && !holds(this.head, mark, head)) {
      this.head = { mark, value: await read(head) };
    }
    if (globals && !isAt(this.globals, mark)) {
      const value = await this.ask((travel, options) => travel.globals(mark, options));
      this.globals = { mark, value };
    }
  }

  private async readRows(mark: Mark, query: RowQuery): Promise<void> {
    const value = await this.ask((travel, options) => travel.rows(mark, query, options));
    const { rows } = this;
    if (rows !== undefined && !sameMark(rows.mark, mark)) {
      this.valuesBefore = new Map(rows.value.map(({ key, value: text }) => [key, text]));
    }
    this.rows = { mark, query, value };
  }

  private async readText(func: number): Promise<void> {
    try {
      this.texts.set(func, await this.ask((travel, options) => travel.disassembly(func, options)));
    } catch (thrown) {
      this.texts.set(func, messageOf(thrown));
    }
  }
}

function isAt<Value>(known: AtMark<Value> | undefined, mark: Mark): known is AtMark<Value> {
  return known !== undefined && sameMark(known.mark, mark);
}

function holds(
  read: AtMark<MemoryRange> | undefined,
  mark: Mark,
  { address, length }: AddressRange,
): boolean {
  if (!isAt(read, mark) || read.value.address !== address) return false;
  return read.value.bytes.length === Math.max(0, Math.min(length, read.value.size - address));
}

function sameQuery(a: RowQuery, b: RowQuery): boolean {
  return (
    a.place.level === b.place.level &&
    a.place.call === b.place.call &&
    a.wasm === b.wasm &&
    a.watches === b.watches &&
    a.open === b.open
  );
}
