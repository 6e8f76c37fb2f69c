/**
 * A value that is followed through a run: what it is called means the same in its call wherever that stands,
 * and what lies in memory is followed there.
 */
import { sizeOf, type Type } from '../dwarf/type.ts';
import type { StoppedGuest } from '../timetravel/state-at.ts';
import { frameMachine } from './frame-machine.ts';
import { partAt } from './part.ts';
import { computed, type Value, valueAt } from './value.ts';

/** What is followed. */
export type ValueName =
  | { readonly kind: 'expression'; readonly expression: string }
  /** A row of a view of variables (VariableRow.key), with the watch list of the view. */
  | { readonly kind: 'row'; readonly key: string; readonly watches: readonly string[] };

/** Bytes of memory 0. */
export interface ValueRange {
  readonly address: number;
  readonly size: number;
}

/** As it was seen once. */
export interface SeenValue {
  readonly type: Type | undefined;
  /** Not escaped. Undefined for what is none: optimized out, out of reach. */
  readonly text: string | undefined;
  /** Undefined for what is in no memory. */
  readonly range: ValueRange | undefined;
}

/** What decides what a value is at a place in the code of its function. */
export interface Dependence {
  /** Tells places apart where it must be looked for in another way; `none` where it has no value. */
  readonly kind: string;
  /** Locals of wasm. */
  readonly locals: ReadonlySet<number>;
  /** Whether it depends on memory, too. */
  readonly reads: boolean;
  /** Where it is in memory: so far from what a local holds. Undefined where that does not tell. */
  readonly place: { readonly local: number; readonly offset: number } | undefined;
}

export interface ChangedPart {
  /** `.name[3]`; empty for the whole. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

export interface FollowedValue {
  readonly now: SeenValue;
  /** Level of the frame in one of whose variables it is; undefined for what is in none: a global, the heap. */
  readonly owner: number | undefined;
  /** Whether it is the same wherever the guest stands. */
  readonly isGlobal: boolean;
  /** In the innermost frame of a guest; undefined where that is not in the call that it belongs to. */
  readonly at: (guest: StoppedGuest) => SeenValue | undefined;
  /** @param pc in the function of the frame in which it was found */
  readonly dependence: (pc: number) => Dependence;
  /**
   * What of it some written bytes are.
   * @param before what stood there, from `address` on; memory has what stands there now
   */
  readonly changed: (
    seen: SeenValue,
    memory: Uint8Array,
    address: number,
    before: Uint8Array,
  ) => ChangedPart;
}

export type TextOf = (guest: StoppedGuest, value: Value) => string;

export function seenValue(guest: StoppedGuest, value: Value, textOf: TextOf): SeenValue {
  const text = textOf(guest, value);
  const size = value.bits === undefined ? sizeOf(value.type) : undefined;
  const { address } = value.source;
  return {
    type: value.type,
    // <optimized out> and the like are no value
    text: text.startsWith('<') ? undefined : text,
    range: address === undefined || !size ? undefined : { address, size },
  };
}

export const NO_DEPENDENCE: Dependence = {
  ...{ kind: 'none', locals: new Set(), reads: false, place: undefined },
};

/**
 * @param guest whose innermost frame stands where the question is about
 * @param seenIn the value in such a guest
 */
export function dependenceIn(
  guest: StoppedGuest,
  seenIn: (guest: StoppedGuest) => SeenValue | undefined,
): Dependence {
  const locals = new Set<number>();
  let reads = false;
  const seen = seenIn({
    ...guest,
    onLocal: (index) => locals.add(index),
    onMemory: () => {
      reads = true;
    },
  });
  if (seen === undefined) return NO_DEPENDENCE;
  const { text, range } = seen;
  const where = range ? `at ${range.address}` : text === undefined ? 'nowhere' : 'a value';
  const kind = `${where} by ${[...locals].join()}`;
  return { kind, locals, reads, place: range && placeBy(guest, seenIn, range, locals) };
}

/** Far enough that another field would be met, were it not the place that moves. */
const MOVED = 0x100;

function placeBy(
  guest: StoppedGuest,
  seenIn: (guest: StoppedGuest) => SeenValue | undefined,
  { address }: ValueRange,
  locals: ReadonlySet<number>,
) {
  const [local] = locals;
  const [frame] = guest.frames;
  const held = local === undefined ? undefined : frame?.locals[local];
  if (local === undefined || locals.size > 1 || frame === undefined) return undefined;
  if (typeof held !== 'number') return undefined;
  const moved = frame.locals.with(local, held + MOVED);
  const there = seenIn({ ...guest, frames: [{ ...frame, locals: moved }] })?.range?.address;
  return there === address + MOVED ? { local, offset: address - held } : undefined;
}

export function changedPart(
  { type, range }: SeenValue,
  memory: Uint8Array,
  address: number,
  before: Uint8Array,
  textOf: TextOf,
): ChangedPart {
  const guest: StoppedGuest = { frames: [], memory, global: () => undefined };
  const start = range?.address ?? address;
  const part = partAt(type, address - start, before.length);
  const size = sizeOf(part.type) ?? before.length;
  const now = memory.slice(start + part.offset, start + part.offset + size);
  const then = now.slice();
  then.set(before.subarray(0, size), address - start - part.offset);
  return {
    path: part.path,
    before: textOf(guest, computed(part.type, then)),
    after: textOf(guest, valueAt(frameMachine(guest), part.type, start + part.offset)),
  };
}
