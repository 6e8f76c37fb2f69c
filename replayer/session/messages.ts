/** What a session and its thread say to each other, and the values that both speak of. */
import type { CoreLayout } from '../component/core-layout.ts';
import type { Divergence } from '../divergence.ts';
import type { SourceFrame } from '../dwarf/debug-info.ts';
import type { RequestOf } from '../requests/messages.ts';

/** One guest frame of a call stack. */
export interface StackFrame {
  /** Of a component: the core instance whose function it is, and what its module calls itself. */
  readonly instance?: { readonly id: number; readonly name: string };
  /** Index in the module's function index space. */
  readonly func: number;
  /** Byte offset in the module of what is executed; of a caller, of its call. */
  readonly offset: number;
  /** From the name section or the exports, demangled (C++, Rust); undefined where there is none. */
  readonly name: string | undefined;
  /** As the module has it, where that is another one. */
  readonly mangled: string | undefined;
  /**
   * What the debug information says of the place, innermost first: the calls that were inlined there, and
   * the function. Empty where it says nothing.
   */
  readonly source: readonly SourceFrame[];
  /** Why it says nothing, where the module was built with debug information; for people. */
  readonly sourceProblem?: string;
}

/** A text for what is no number: a reference, or a vector, which JavaScript cannot read. */
export type GlobalContent = number | bigint | string;

export interface GlobalValue {
  /** In the module's global index space: imported ones first. */
  readonly index: number;
  /** As the module exports it, else from its name section; undefined where it has neither. */
  readonly name: string | undefined;
  /** Whether the module exports it. */
  readonly exported: boolean;
  readonly value: GlobalContent;
}

export interface Globals {
  /** By index. */
  readonly globals: readonly GlobalValue[];
  /** How many more the module has than can be shown: all but the first 1024 that it does not export. */
  readonly hidden: number;
}

export interface MemoryRange {
  readonly address: number;
  /** Cut where the memory ends. */
  readonly bytes: Uint8Array;
  /** Bytes of the whole memory. */
  readonly size: number;
}

/** What a replay says of memory that the trace itself holds. */
export interface StoredCheck {
  /** Address of the first byte that differs, or at which one of them ends; undefined where none does. */
  readonly difference: number | undefined;
}

export interface SearchHits {
  readonly addresses: readonly number[];
  /** Where to go on, if there may be more. */
  readonly next: number | undefined;
}

/** A run of bytes that differ; short equal stretches between them are included. */
export interface ChangedRange {
  readonly address: number;
  /** Bytes. */
  readonly length: number;
  /** Up to the limit asked for; shorter, too, where one of the memories ended. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface MemoryDiff {
  readonly ranges: readonly ChangedRange[];
  /** Bytes that differ, in all ranges and in those that were left out. */
  readonly changedBytes: number;
  /** Whether there are more ranges than asked for. */
  readonly truncated: boolean;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
}

/** One change of a range of memory. */
export interface MemoryChange {
  readonly event: number;
  /**
   * `guest`: by the guest's own code, after the event before and until this one. `call`: what the host
   * wrote when it answered this call.
   */
  readonly by: 'guest' | 'call';
  /** First changed byte. */
  readonly address: number;
  /** From the first to the last byte that changed; empty where the memory did not reach so far. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface MemoryHistory {
  readonly changes: readonly MemoryChange[];
  /** The range at the first event looked at. */
  readonly initial: Uint8Array;
  /** Whether there were more changes than asked for; those that are here are the last. */
  readonly truncated: boolean;
}

/** Where parked guests and copies of memory stand: for benchmarks, tests and the curious. */
export interface PoolState {
  readonly guests: readonly number[];
  readonly guestBytes: number;
  readonly images: readonly number[];
  readonly imageBytes: number;
  /** Events before a place whose states are kept for stepping back. */
  readonly trail: { readonly from: number; readonly to: number } | undefined;
  /** How many guests were started from the beginning so far. */
  readonly started: number;
}

/** What became of reaching a position. */
export interface Reached {
  readonly position: number;
  /**
   * At the last event: whether the memory is the recorded one's. Undefined anywhere else, and where the
   * trace has no hash to compare with (interrupted, stack overflow).
   */
  readonly verified: boolean | undefined;
}

export interface SearchQuery {
  readonly bytes: Uint8Array;
  /** First address to look at; the last one where the search goes backwards. */
  readonly from: number;
  readonly backwards?: boolean;
  readonly limit: number;
  /** Addresses are multiples of it. */
  readonly align: number;
}

/** A memory by its number; that of the program unless given. */
export interface OfMemory {
  readonly memory?: number | undefined;
}

/** The requests: parameters and answer of each. `at` is an event number. */
export interface Requests {
  reach: { params: { at: number }; answer: Reached };
  layout: { params: object; answer: CoreLayout };
  memory: {
    params: { at: number; address: number; length: number } & OfMemory;
    answer: MemoryRange;
  };
  /** The whole memory as the trace holds it. */
  stored: { params: { at: number } & OfMemory; answer: Uint8Array | undefined };
  checkStored: { params: { at: number } & OfMemory; answer: StoredCheck | undefined };
  search: { params: { at: number; query: SearchQuery } & OfMemory; answer: SearchHits };
  diff: {
    params: { from: number; to: number; ranges: number; bytes: number } & OfMemory;
    answer: MemoryDiff;
  };
  /** Of an instance; of the one that holds the program unless given. */
  globals: { params: { at: number; instance?: number | undefined }; answer: Globals };
  stack: { params: { at: number }; answer: readonly StackFrame[] };
  /** The frames that stand at these byte offsets of the module; of a component, in those of instances. */
  frames: {
    params: {
      places: readonly { readonly offset: number; readonly instance: number | undefined }[];
    };
    answer: readonly StackFrame[];
  };
  hash: { params: { at: number } & OfMemory; answer: string | undefined };
  /** All memories, by number. */
  images: { params: { at: number }; answer: readonly Uint8Array[] };
  /** Everything that the host read for a call, as it stood in memory. */
  reads: {
    params: { at: number; name: string; args: readonly (number | bigint)[]; limit: number };
    answer: { bytes: Uint8Array; length: number };
  };
  history: {
    params: {
      address: number;
      length: number;
      from: number;
      to: number;
      limit: number;
    } & OfMemory;
    answer: MemoryHistory;
  };
  pool: { params: object; answer: PoolState };
}

export type RequestName = keyof Requests;

export type ToSession = RequestOf<Requests>;

/** Why the trace does not replay, as far as it was tried. */
export interface ProblemMessage {
  /** First event that cannot be looked at; -1 where nothing replays. */
  readonly event: number;
  readonly code: string;
  readonly message: string;
  readonly divergence: Divergence | undefined;
}

/** What is no reply to a request. */
export type FromSession =
  /** A compiled module, so that the next thread need not compile it again. */
  | { readonly type: 'compiled'; readonly instance: number; readonly module: WebAssembly.Module }
  | { readonly type: 'problem'; readonly problem: ProblemMessage }
  | { readonly type: 'verified'; readonly verified: boolean };

export interface SessionLimits {
  /** Bytes of linear memory that parked guests may hold, the one looked at not counted. */
  readonly poolBytes: number;
  /** How many guests may be parked besides the one looked at. */
  readonly poolGuests: number;
  /** Bytes of copied memories: half for places that were left, half for stepping back. */
  readonly imageBytes: number;
}

/** `workerData` of the session's thread. */
export interface SessionSetup {
  readonly trace: string;
  /** By instance, those that were compiled before. */
  readonly modules: readonly (WebAssembly.Module | undefined)[];
  readonly limits: SessionLimits;
  /** Use idle time to park guests where they may be wanted next. */
  readonly readAhead: boolean;
  /** Words of requests/messages.ts. */
  readonly shared: SharedArrayBuffer;
}
