/** What made a guest stop by itself, read from what V8 throws. */
import { UNCATCHABLE } from './uncatchable.ts';

/** Engine-independent names, after the core spec's trap messages. */
export type TrapKind =
  | 'unreachable'
  | 'memory-out-of-bounds'
  | 'table-out-of-bounds'
  | 'divide-by-zero'
  | 'integer-overflow'
  | 'invalid-conversion'
  | 'null-reference'
  | 'indirect-call-type'
  | 'stack-overflow'
  | 'uncaught-exception'
  | 'other';

/** One wasm frame: function index and byte offset in the module. */
export interface WasmFrame {
  readonly func: number;
  readonly offset: number;
  readonly name?: string;
  /** Of a component: id of the core module in the trace. Absent where it is not known. */
  readonly module?: number;
}

export interface Trap {
  readonly kind: TrapKind;
  /** V8's own words. */
  readonly message: string;
  /** Innermost first, at most {@link MAX_FRAMES}. */
  readonly frames: readonly WasmFrame[];
  /** How many frames there were, where that is more than are kept and V8 collected them all. */
  readonly depth?: number;
  /** Of a component whose stack overflowed: hash of all its memories then (xxh64.ts). */
  readonly memory?: string;
}

/** Characters of a function's name that are kept: C++ templates reach tens of thousands. */
export const MAX_NAME = 300;

/** How many frames of a trap are kept. A stack overflow has tens of thousands. */
export const MAX_FRAMES = 200;

// Messages of V8's wasm traps (src/common/message-template.h, kTrap*), by distinctive words.
const MESSAGES: readonly (readonly [RegExp, TrapKind])[] = [
  [/^unreachable$/, 'unreachable'],
  [
    /memory access out of bounds|segment out of bounds|out of bounds memory/,
    'memory-out-of-bounds',
  ],
  [/table (index|access|element)|table index is out of bounds/, 'table-out-of-bounds'],
  [/divide by zero|remainder by zero/, 'divide-by-zero'],
  [/divide result unrepresentable|integer overflow/, 'integer-overflow'],
  [/unrepresentable in integer range/, 'invalid-conversion'],
  [/null (function|reference)|dereferencing a null/, 'null-reference'],
  [/signature mismatch|function signature/, 'indirect-call-type'],
];

/** How many frames there were; undefined where that is not known. */
export function trapDepth({ frames, depth }: Trap): number | undefined {
  return depth ?? (frames.length < MAX_FRAMES ? frames.length : undefined);
}

/** Whose frames of a stack are meant. */
export interface StackReading {
  /** Out of the text of V8's stack trace, innermost first. */
  readonly frames: (stack: string) => readonly WasmFrame[];
  /** @param url of a frame's script */
  readonly isGuests: (url: string) => boolean;
}

export const ALL_WASM: StackReading = { frames: wasmFrames, isGuests: isOfWasm };

/** Reads a thrown value; frames come from its `stack`, as far as `Error.stackTraceLimit` kept them. */
export function trapFrom(
  thrown: unknown,
  { frames: framesOf, isGuests }: StackReading = ALL_WASM,
): Trap {
  if (thrown instanceof WebAssembly.Exception) {
    return { kind: 'uncaught-exception', message: 'uncaught wasm exception', frames: [] };
  }
  if (!(thrown instanceof Error)) {
    return { kind: 'other', message: String(thrown), frames: [] };
  }
  const { text, wasm } = stackOf(thrown, isGuests);
  const frames = framesOf(text);
  const depth = wasm !== undefined && wasm > frames.length ? { depth: wasm } : {};
  if (isStackOverflow(thrown)) {
    return { kind: 'stack-overflow', message: thrown.message, frames, ...depth };
  }
  const kind =
    thrown instanceof WebAssembly.RuntimeError
      ? MESSAGES.find(([pattern]) => pattern.test(thrown.message))?.[1]
      : undefined;
  return { kind: kind ?? 'other', message: thrown.message, frames, ...depth };
}

/** Frames of JavaScript that may stand among those that are kept. */
const OTHERS = 20;

/**
 * The text of a stack, as far as it is kept, and how many wasm frames all of it has. Asked for as text, V8
 * takes 9 µs a frame, of which a stack of 4 MiB has up to 400,000; what was written once is no longer counted.
 */
function stackOf(
  thrown: Error,
  isGuests: StackReading['isGuests'],
): { readonly text: string; readonly wasm: number | undefined } {
  let wasm: number | undefined;
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (error, sites) => {
    const own = sites.filter((site) => isGuests(site.getScriptNameOrSourceURL() ?? ''));
    // one that was cut off says nothing
    if (sites.length < Error.stackTraceLimit) wasm = own.length;
    return [
      String(error),
      ...own.slice(0, MAX_FRAMES + OTHERS).map((site) => `    at ${site}`),
    ].join('\n');
  };
  try {
    return { text: thrown.stack ?? '', wasm };
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

function isOfWasm(url: string): boolean {
  return url.startsWith('wasm://') && !url.startsWith(`wasm://wasm/${UNCATCHABLE}-`);
}

/** Frames of JavaScript that stand between those of guests that enter each other, at most. */
const BETWEEN = 1000;

/** The text of the stack now, as far as frames of it are kept. @param reading whose */
export function stackHere({ isGuests }: StackReading = ALL_WASM): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = MAX_FRAMES + BETWEEN;
  const here = new Error('stack');
  Error.stackTraceLimit = stackTraceLimit;
  return stackOf(here, isGuests).text;
}

/** V8 throws a RangeError with this message when the native stack is used up. */
export function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && /call stack/i.test(thrown.message);
}

/**
 * The wasm frames of a V8 stack trace, innermost first. V8 writes them as
 * `at MODULE.NAME (wasm://wasm/MODULE-0123abcd:wasm-function[12]:0x1f)`; MODULE and NAME come from the
 * module's name section and may be missing.
 */
export function wasmFrames(stack: string): WasmFrame[] {
  return namedFrames(stack).map(({ frame }) => frame);
}

/** As {@link wasmFrames}, each with the name of its module (wasm/module-name.ts). */
export function namedFrames(
  stack: string,
): { readonly frame: WasmFrame; readonly of: string | undefined }[] {
  const frames: { frame: WasmFrame; of: string | undefined }[] = [];
  const pattern =
    /^ *at (?:(.*) \()?wasm:\/\/wasm\/(?:(.*)-)?[0-9a-f]{8}:wasm-function\[(\d+)\]:0x([0-9a-f]+)\)?$/gm;
  for (const [, qualified, module, func, offset] of stack.matchAll(pattern)) {
    if (frames.length === MAX_FRAMES) break;
    if (module === UNCATCHABLE) continue;
    const prefix = `${module}.`;
    // the module alone, for a function without a name
    const given = qualified === module ? undefined : qualified;
    const name = given?.startsWith(prefix) ? given.slice(prefix.length) : given;
    const frame = {
      func: Number(func),
      offset: Number.parseInt(offset ?? '0', 16),
      ...(name ? { name: name.slice(0, MAX_NAME) } : {}),
    };
    frames.push({ frame, of: module });
  }
  return frames;
}
