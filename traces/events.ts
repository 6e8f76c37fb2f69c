/**
 * The events of a log, as plain objects. An event is one crossing between a guest and what runs it;
 * its number is its place in the one total order, from 0.
 */
import type { FunctionType, ValueType } from '../wasm/binary.ts';
import { MAX_PARAMS } from './record-kinds.ts';

/** A number as it crosses: i32 and floats as number, i64 as bigint, as the WebAssembly JS API has it. */
export type CoreValue = number | bigint;

/** The value types that a log can hold. A function stands there as its number in the dictionary, none as -1. */
export type LoggedType = Extract<ValueType, 'i32' | 'i64' | 'f32' | 'f64'> | 'funcref';

/** What stands in a log where a guest passes no function. */
export const NO_FUNCTION = -1;

/** A row of the function dictionary: an import that the guest calls, or an export that is called. */
export interface LoggedFunction {
  readonly id: number;
  readonly direction: 'import' | 'export';
  /** The core instance that imports or exports it; 0 where there is but one. */
  readonly instance?: number;
  /** The import's module name, or the interface; '' for an export. */
  readonly module: string;
  readonly name: string;
  readonly params: readonly LoggedType[];
  readonly results: readonly LoggedType[];
}

/**
 * Where bytes lie in guest memory, by the rule that led there, so that the same answer can be given to
 * a rebuilt program whose buffers lie elsewhere.
 * - `absolute`: at `address`.
 * - `pointer`: at the address that parameter `param` holds.
 * - `vector`: in the iovec array (u32 address, u32 length each) of which parameter `param` holds the
 *   address and parameter `param + 1` the number of entries.
 * - `gather`: that array, followed by the contents of its buffers.
 */
export type Place =
  | { readonly form: 'absolute'; readonly address: number; readonly length: number }
  | { readonly form: 'pointer'; readonly param: number; readonly length: number }
  | { readonly form: 'vector' | 'gather'; readonly param: number };

/** Bytes that the host wrote. A `vector` effect is scattered over the buffers of the array. */
export interface Effect {
  readonly form: 'absolute' | 'pointer' | 'vector';
  /** -1 for an absolute address. */
  readonly param: number;
  /** For `absolute` only, else 0. */
  readonly address: number;
  /** Full length in bytes. */
  readonly length: number;
  /** The bytes, cut after {@link MAX_SHOWN_BYTES} in objects made for people. */
  readonly bytes: Uint8Array;
}

/** What the host read of guest memory. */
export interface HostReads {
  readonly places: readonly Place[];
  /** All bytes at all places, in order. */
  readonly length: number;
  /** The first bytes of them, as many as the payload policy kept. */
  readonly kept: Uint8Array;
  /** XXH64 of all of them, each place (each buffer of a gather) seeding the next; where not all is kept. */
  readonly hash: bigint | undefined;
}

/** What the host of a component changed before the event at which the guest goes on. */
export type HostChange =
  | {
      readonly kind: 'write';
      /** Number of the memory, in the order in which instances export them. */
      readonly memory: number;
      readonly address: number;
      readonly bytes: Uint8Array;
    }
  /** A global that belongs to the host; `global` numbers them in the order of the instances' imports. */
  | { readonly kind: 'global'; readonly global: number; readonly value: CoreValue };

/** What the host of a component printed before an event. */
export interface HostOutput {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

interface EventBase {
  /** Never of an event of a Preview 1 trace. */
  readonly changes?: readonly HostChange[];
  readonly outputs?: readonly HostOutput[];
  readonly number: number;
  /** Nanoseconds since the recording's start at which the event began. */
  readonly startNs: number;
  /** Size of the guest's memory after the event, in pages of 64 KiB; 0 without a memory. */
  readonly pages: number;
}

interface CallBase extends EventBase {
  readonly func: LoggedFunction;
  readonly name: string;
  readonly args: readonly CoreValue[];
  readonly reads: Uint8Array;
  readonly readLength: number;
  readonly hostReads: HostReads;
}

/** A guest → host call that returned, with nothing nested in it. */
export interface CallEvent extends CallBase {
  readonly kind: 'call';
  readonly durationNs: number;
  /** The first result; undefined for a function without one. */
  readonly result: number | undefined;
  readonly results: readonly CoreValue[];
  readonly effects: readonly Effect[];
}

/**
 * A guest → host call that did not return: it ended the guest, failed, or was interrupted. In a component
 * it may also be one with something nested in it, or that was suspended: then its `return` or `throw`
 * follows later.
 */
export interface OpenEvent extends CallBase {
  readonly kind: 'open';
  readonly result: undefined;
  readonly effects: readonly Effect[];
}

/** A host → guest call. */
export interface EnterEvent extends EventBase {
  readonly kind: 'enter';
  /** The export was called through WebAssembly.promising: it may suspend. */
  readonly async?: boolean;
  readonly func: LoggedFunction;
  readonly args: readonly CoreValue[];
}

/** The guest returned from an `enter`. */
export interface LeaveEvent extends EventBase {
  readonly kind: 'leave';
  /** What its caller then reads of a memory of a component: the results that lie there. */
  readonly hostReads?: HostReads;
  /** Number of that memory. */
  readonly memory?: number;
  readonly opened: number;
  readonly results: readonly CoreValue[];
}

/** The guest left an `enter` (or its instantiation) otherwise: exit or trap. */
export interface UnwindEvent extends EventBase {
  readonly kind: 'unwind';
  readonly opened: number;
  /** JSON of an outcome. */
  readonly reason: string;
}

/** The answer to an `open`. */
export interface ReturnEvent extends EventBase {
  readonly kind: 'return';
  readonly opened: number;
  readonly results: readonly CoreValue[];
}

/** The host answered an `open` with an exception. */
export interface ThrowEvent extends EventBase {
  readonly kind: 'throw';
  readonly opened: number;
  readonly message: string;
}

/** The host answered an `open` with a promise: the guest's stack is parked until `return` or `throw`. */
export interface SuspendEvent extends EventBase {
  readonly kind: 'suspend';
  readonly opened: number;
}

/** A core instance is made; its start function may follow. */
export interface InstantiateEvent extends EventBase {
  readonly kind: 'instantiate';
  readonly instance: number;
}

/** The events that only components have. */
export type ComponentEvent = ReturnEvent | ThrowEvent | SuspendEvent | InstantiateEvent;

export type LogEvent =
  | CallEvent
  | OpenEvent
  | EnterEvent
  | LeaveEvent
  | UnwindEvent
  | ComponentEvent;

/** How many bytes of one effect an event object carries; a log may hold gigabytes in one. */
export const MAX_SHOWN_BYTES = 1 << 20;

const LOGGED: ReadonlySet<string> = new Set(['i32', 'i64', 'f32', 'f64', 'funcref']);

/** The type if a log can hold its values, else undefined (v128, references, more than {@link MAX_PARAMS} values). */
export function loggedType(
  type: FunctionType,
): { params: LoggedType[]; results: LoggedType[] } | undefined {
  return typeOf(type.params, type.results);
}

/** As {@link loggedType}, of a function of the host: what it takes that is no number has to be a function. */
export function hostCallType(type: FunctionType): ReturnType<typeof loggedType> {
  return typeOf(
    type.params.map((one) => (one === 'ref' ? 'funcref' : one)),
    type.results,
  );
}

function typeOf(
  params: readonly string[],
  results: readonly string[],
): ReturnType<typeof loggedType> {
  const isLogged = (type: string): type is LoggedType => LOGGED.has(type);
  const logged = { params: params.filter(isLogged), results: results.filter(isLogged) };
  const whole = logged.params.length === params.length && logged.results.length === results.length;
  return whole && Math.max(params.length, results.length) <= MAX_PARAMS ? logged : undefined;
}
