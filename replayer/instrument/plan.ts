/**
 * What a rewritten module does besides what it did, and through which hooks it tells of it. What is added
 * stands behind everything that was there: function, global, memory and type indices stay true.
 */

/** A byte offset in the module as it was recorded, at which an instruction begins. */
export type Pc = number;

/** Bytes that a store may write behind the page in which it begins. */
export const STORE_REACH = 15;

/** Parts are independent of each other but where one says that it needs another. */
export interface InstrumentPlan {
  /**
   * Logical time: `ticksLeft` counts down at each function entry and loop head, and where it comes to 0
   * the hook `ticked` is called.
   */
  readonly tick?: boolean;
  /**
   * `depth`: a global holds how many frames of the guest there are. `spill`: besides, every frame keeps
   * its function, pc and locals in a memory (frame-layout.ts): the innermost one's are up to date in the
   * hooks `ticked` and `stop` (whose pc is an argument), those of the others as of their calls.
   */
  readonly frames?: 'depth' | 'spill';
  /** The hook `wrote` is called after each store that touches the watched range of a memory. */
  readonly watch?: boolean;
  /** The same for the hook `read`, and what reads. */
  readonly reads?: boolean;
  /** Index of the memory that is watched; the first unless given. */
  readonly memory?: number;
  /** The stores of only these functions (indices) are looked at, for `watch` and `dirty`. */
  readonly storesOf?: ReadonlySet<number>;
  /**
   * Of each memory, a byte for each 4 KiB is set to 1 where a store begins (additions.ts, dirtyMap); memory.fill, copy and
   * init set all theirs. Other stores reach no more than {@link STORE_REACH} bytes into the next 4 KiB, which are
   * to be looked at as well: a second mark would cost each store as much as the first.
   */
  readonly dirty?: boolean;
  /**
   * The hook `stop` is called before these instructions, each time. At marks of the structure (`end`, `else`,
   * `loop`…) that is where code falls into them: a branch leads behind them.
   */
  readonly breaks?: ReadonlySet<Pc>;
  /**
   * Functions (indices) that call the hook `stop` before every instruction, while `armed` is at least the
   * frame's depth. Needs frames.
   */
  readonly steps?: ReadonlySet<number>;
  /**
   * The hook `deep` is called at the entry of a function whose frame has the depth `deepest`, before its
   * first instruction and behind its tick. Needs frames.
   */
  readonly deepest?: boolean;
  /** The hooks `entered` and `left` are called at function entry and exit. Needs frames. */
  readonly calls?: boolean;
  /**
   * How often an instruction is come to, or a function entered: a number of the memory `counts`, which holds i64s,
   * for each. By pc; a function's is the offset of its body. Its last `end` is not counted. No hook is called.
   */
  readonly counts?: ReadonlyMap<Pc, number>;
  /** The guest's own globals can be read, exported or not. */
  readonly globals?: boolean;
  /**
   * Functions can be replaced, in one instance of the module, by those of a patch (patching.ts), where the module
   * allows it. Needs globals.
   */
  readonly patchable?: boolean;
  /** Of a patch: its functions give way to the module's while they are not switched on. */
  readonly patch?: boolean;
  /** Of a patch: functions that cannot go on in a loop of a frame that is there. */
  readonly fromBeginning?: ReadonlySet<number>;
  /** Each frame has the last tick that was in it: of the module's functions, not of a patch's. Needs tick and spill. */
  readonly ages?: boolean;
}

/** What hooks are called with; wasm functions, or made ones by hook-functions.ts. */
export interface Hooks {
  /** `depth` is -1 without frames. pc: the first instruction of the function or in the loop. */
  readonly ticked: (pc: Pc, depth: number) => unknown;
  readonly stop: (pc: Pc, depth: number) => unknown;
  /** After the store: its bytes are in memory. `address` and `length` in bytes; length may be 0. */
  readonly wrote: (pc: Pc, address: number, length: number) => unknown;
  /** The same for reads. Of an instruction that also writes, behind `wrote`: what it read stands there no more. */
  readonly read: (pc: Pc, address: number, length: number) => unknown;
  readonly deep: (pc: Pc, depth: number) => unknown;
  readonly entered: (func: number, depth: number) => unknown;
  /** Not called for frames that an exception leaves: the next `depth` tells. */
  readonly left: (func: number, depth: number) => unknown;
  /** The memory for frames is used up: it must grow, or the guest must be ended. */
  readonly room: () => unknown;
}

export type HookName = keyof Hooks;

/** Bytes that an instruction accesses. */
export type Width = 1 | 2 | 4 | 8 | 16;

export const WIDTHS: readonly Width[] = [1, 2, 4, 8, 16];

/**
 * Of the watched memory's address type; Probes.watch sets them. Where an access of this many bytes touches the watched range if
 * it begins: at which address on, and at how many.
 */
type WatchGlobals = Record<`watchFrom${Width}` | `watchLength${Width}`, WebAssembly.Global>;

/** Globals that are added: all are exported and can be set. */
export interface AddedGlobals extends Readonly<WatchGlobals> {
  /** i64. Ticks left until `ticked`. */
  readonly ticksLeft: WebAssembly.Global;
  /** i64. The tick at which none are left. */
  readonly lastTick: WebAssembly.Global;
  /** i32. Frames of the guest. */
  readonly depth: WebAssembly.Global;
  /** i32. Where the next frame goes in the memory for frames. */
  readonly top: WebAssembly.Global;
  /** i32. `room` is called for a frame that ends beyond it. */
  readonly limit: WebAssembly.Global;
  /** i32. Depth at which `deep` is called. */
  readonly deepest: WebAssembly.Global;
  /** i32. Greatest depth at which `stop` is called in functions that step. */
  readonly armed: WebAssembly.Global;
}

export type GlobalName = keyof AddedGlobals;
