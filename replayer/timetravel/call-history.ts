/**
 * How a variable changed in calls of its function, in one of them or in all: one replay that looks at it
 * wherever it can have changed, and, while it lies in memory, watches its bytes.
 */
import {
  type Dependence,
  type FollowedValue,
  NO_DEPENDENCE,
  type SeenValue,
} from '../values/followed.ts';
import type { ChangeList } from './change-list.ts';
import type { HistoryPlaces } from './history-places.ts';
import { type Mark, sameMark } from './mark.ts';
import type { ProbeEvents, ProbeRun } from './probe-run.ts';
import { WatchedBytes, type WrittenBytes } from './watched-bytes.ts';

export interface CallHistoryQuery {
  readonly to: Mark;
  /** Whether it is a variable of the function, or a part of one: what its bytes held before is not its own. */
  readonly isOwn: boolean;
  /** Only this call of the function: of a component, on this stack. */
  readonly only:
    | { readonly tick: number; readonly depth: number; readonly stack: number | undefined }
    | undefined;
  readonly func: number;
  readonly places: HistoryPlaces;
  readonly dependence: (pc: number) => Dependence;
  /** Where its parameters are in place. */
  readonly body: number;
  /** How many parameters it has: other locals hold nothing when it begins. */
  readonly params: number;
}

/** A call of the function that has not returned. */
interface Activation {
  readonly number: number;
  readonly depth: number;
  /** Where its frame lies in the memory for frames. */
  readonly base: number;
  /** As it was seen last: undefined while it has no value. */
  seen: SeenValue | undefined;
  /** What was in its bytes when they were no longer watched; undefined while they are, or were not. */
  left: Uint8Array | undefined;
  /** Whether what stands in its bytes was written by this call. */
  isOwn: boolean;
  /** On what it depended then (Dependence.kind). */
  kind: string;
}

export class CallHistoryPass {
  private readonly query: CallHistoryQuery;
  private readonly followed: FollowedValue;
  private readonly list: ChangeList;
  private readonly run: () => ProbeRun;
  private readonly watched: WatchedBytes;
  /** By stack; outermost first. */
  private readonly stacks = new Map<number | undefined, Activation[]>();
  /** Whose bytes are watched. */
  private watching: Activation | undefined;
  private count = 0;

  constructor(
    query: CallHistoryQuery,
    followed: FollowedValue,
    list: ChangeList,
    run: () => ProbeRun,
  ) {
    this.query = query;
    this.followed = followed;
    this.list = list;
    this.run = run;
    this.watched = new WatchedBytes(run, (write) => this.written(write));
  }

  /** Instructions to stop at. */
  get breaks(): readonly number[] {
    const { first, behindSets, behindCalls, turns } = this.query.places;
    return [first, ...behindSets.keys(), ...(this.watches ? behindCalls : []), ...turns];
  }

  /** Calls of the function until now. */
  get calls(): number {
    return this.count;
  }

  get events(): ProbeEvents {
    const { to } = this.query;
    return {
      ...(this.watches && this.watched.events),
      begin: () => this.run().wantTick(to.tick),
      ticked: () => this.run().arm(to.depth),
      switched: () => {
        if (this.run().tick === to.tick) this.run().arm(to.depth);
        this.watch(undefined);
      },
      stackEnded: (stack) => this.stacks.delete(stack),
      stop: (at) => {
        if (this.isPlace(at.pc)) this.visit(at);
        if (sameMark(at, to)) this.run().leave();
      },
    };
  }

  /** Whether stores must be told of. */
  get watches(): boolean {
    return this.followed.now.range !== undefined;
  }

  private isPlace(pc: number): boolean {
    const { first, behindSets, behindCalls, turns } = this.query.places;
    return pc === first || behindSets.has(pc) || behindCalls.has(pc) || turns.has(pc);
  }

  private visit(at: Mark): void {
    const { places } = this.query;
    if (at.pc === places.first) this.enter(at);
    const own = this.innermost(at.depth);
    if (own?.depth !== at.depth) return;
    if (this.watching !== own) this.watch(own, at);
    const set = places.behindSets.get(at.pc);
    if (set !== undefined || places.turns.has(at.pc)) this.look(own, at, set);
  }

  private enter(at: Mark): void {
    const { only } = this.query;
    const stack = this.run().stack;
    this.innermost(at.depth - 1);
    if (only && (at.tick !== only.tick || at.depth !== only.depth || stack !== only.stack)) return;
    const calls = this.stacks.get(stack) ?? [];
    this.stacks.set(stack, calls);
    calls.push({
      ...{ number: ++this.count, depth: at.depth, base: this.run().frameBase(this.query.func) },
      ...{ seen: undefined, left: undefined, isOwn: false, kind: NO_DEPENDENCE.kind },
    });
  }

  /** The innermost call on the stack that runs, once all that were deeper have returned. */
  private innermost(depth: number): Activation | undefined {
    const calls = this.stacks.get(this.run().stack);
    while (calls !== undefined && (calls.at(-1)?.depth ?? 0) > depth) calls.pop();
    return calls?.at(-1);
  }

  /** @param set the instruction just before, if it set a local that matters: nothing else leads here then */
  private look(own: Activation, at: Mark, set: number | undefined): void {
    const { kind, place, locals, reads } = this.query.dependence(at.pc);
    // what it is read from is not in place before
    if (reads && !this.query.isOwn && at.pc < this.query.body) return;
    if (set === undefined && kind === own.kind) return;
    if (kind === NO_DEPENDENCE.kind) {
      // what is in memory is watched, in its scope or not
      if (own.seen?.range === undefined) own.kind = kind;
      return;
    }
    own.kind = kind;
    const { func, places, params } = this.query;
    if (this.watches && at.pc === places.first) {
      // what says where it is has not been set
      for (const local of locals) if (local >= params) return;
    }
    if (place === undefined && !this.list.look()) return;
    const guest = this.run().innermost(func, at.pc);
    if (place !== undefined && this.watches) {
      const held = Number(guest.frames[0]?.locals[place.local] ?? 0);
      const { size = 0 } = this.followed.now.range ?? {};
      const range = { address: (held + place.offset) >>> 0, size };
      this.found(own, at, { ...this.followed.now, range });
      return;
    }
    const seen = this.followed.at(guest);
    if (seen?.range !== undefined) this.found(own, at, seen);
    else if (seen?.text !== undefined && seen.text !== own.seen?.text) {
      const mark = set === undefined ? at : { ...at, pc: set };
      this.add(own, { mark, path: '', before: own.seen?.text, after: seen.text });
      own.seen = seen;
    }
  }

  /** In memory. */
  private found(own: Activation, at: Mark, seen: SeenValue): void {
    const { seen: known } = own;
    own.seen = seen;
    if (known?.range?.address === seen.range?.address && this.watching === own) return;
    own.left = undefined;
    this.watch(own, at);
  }

  /** Watches the bytes of a call's variable instead of another's. @param at where what changed meanwhile is told */
  private watch(own: Activation | undefined, at?: Mark): void {
    if (!this.watches) return;
    const { watching } = this;
    const range = own?.seen?.range;
    const left = this.watched.watch(range);
    if (watching?.seen?.range !== undefined && watching !== own) watching.left = left;
    this.watching = own;
    if (own === undefined || range === undefined || at === undefined) return;
    const changed = own.left && differing(own.left, this.watched.now(range));
    own.left = undefined;
    if (changed === undefined) return;
    const change = { mark: at, by: 'guest', call: undefined, same: false } as const;
    this.tell(own, { ...change, address: range.address + changed.at, before: changed.before });
  }

  private written(write: WrittenBytes): void {
    const own = this.watching;
    if (own === undefined) return;
    // it may have returned, and something else lie there now
    if (this.run().isFrame(own.base, this.query.func)) this.tell(own, write);
    else this.watch(undefined);
  }

  private tell(own: Activation, { mark, by, call, address, before, same }: WrittenBytes): void {
    const had = own.isOwn || !this.query.isOwn;
    own.isOwn = true;
    if (own.seen === undefined || (had && same) || !this.list.look()) return;
    const part = this.followed.changed(own.seen, this.run().memory, address, before);
    if (had && part.before === part.after) return;
    const { path, after } = part;
    this.add(own, { mark, by, call, path, before: had ? part.before : undefined, after });
  }

  private add(
    { number, depth }: Activation,
    change: {
      readonly mark: Mark;
      readonly by?: WrittenBytes['by'];
      readonly call?: string | undefined;
      readonly path: string;
      readonly before: string | undefined;
      readonly after: string;
    },
  ): void {
    this.list.add({ by: 'guest', call: undefined, ...change, activation: { number, depth } });
  }
}

/** From the first byte that differs to the last one. */
function differing(before: Uint8Array, now: Uint8Array) {
  const at = before.findIndex((byte, i) => byte !== now[i]);
  if (at < 0) return undefined;
  const last = before.findLastIndex((byte, i) => byte !== now[i]);
  return { at, before: before.slice(at, last + 1) };
}
