/** A guest's stack and its trap, for people. */
import {
  escapeText,
  type FrameVariables,
  locateFrames,
  openTrace,
  placeText,
  type SourceFrame,
  type TraceReader,
  type Trap,
  WasiRrError,
} from '../index.ts';

/** A stack overflow has hundreds, all alike. */
const MAX_SHOWN = 20;

interface Frame {
  readonly func: number;
  /** Byte of the module. */
  readonly offset: number;
  readonly name?: string | undefined;
  readonly source?: readonly SourceFrame[];
  /** Why `source` is empty. */
  readonly sourceProblem?: string;
  /** Of a component: whose function it is. */
  readonly instance?: { readonly id: number; readonly name: string };
  /** Of a component, where only that is known. */
  readonly moduleName?: string;
}

/**
 * A line a call, innermost first; escaped, since names come from the module. Calls that were inlined have
 * lines of their own, before the function that they are in. Behind them, why there are no lines of the source.
 */
export function formatFrames(frames: readonly Frame[], most = MAX_SHOWN): string[] {
  const lines = frames
    .slice(0, most)
    .flatMap(frameTexts)
    .map((text) => `    at ${text}`);
  const more = frames.length - most;
  const problem = sourceProblem(frames);
  return [
    ...lines,
    ...(more > 0 ? [`    … ${more} more`] : []),
    ...(problem === undefined ? [] : [`    (${escapeText(problem)})`]),
  ];
}

/** Why frames have no lines of the source; undefined where nothing is wrong. */
export function sourceProblem(frames: readonly Pick<Frame, 'sourceProblem'>[]): string | undefined {
  return frames.find((frame) => frame.sourceProblem !== undefined)?.sourceProblem;
}

/** What {@link formatFrames} says of one frame: the calls that were inlined in it, then its function. */
export function frameTexts(frame: Frame): string[] {
  const { func, offset, name, source = [], instance, moduleName } = frame;
  const texts = source
    .filter(({ inlined }) => inlined)
    .map((call) => words(call.name, call.place && placeText(call.place), '(inlined)'));
  const whose = instance ? `instance ${instance.id} ${instance.name}` : moduleName;
  const at = `function ${func}, byte 0x${offset.toString(16)}`;
  const wasm = whose === undefined ? at : `${at}, ${whose}`;
  const own = source.find(({ inlined }) => !inlined)?.place;
  const place = own && placeText(own);
  return [...texts, name || place ? words(name, place, `(${wasm})`) : escapeText(wasm)];
}

/** A line a call, as {@link formatFrames}, and behind it one for each variable. */
export function formatVariables(frame: FrameVariables): string[] {
  return frameTexts(frame).flatMap((text, i) => [
    `at ${text}`,
    ...(frame.variables[i] ?? []).map(
      ({ name, value }) => `    ${escapeText(name)} = ${escapeText(value)}`,
    ),
  ]);
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.flatMap((part) => (part === undefined ? [] : [escapeText(part)])).join(' ');
}

/** `trap: unreachable` and its frames. */
export function formatTrap({
  message,
  frames,
}: {
  readonly message: string;
  readonly frames: readonly Frame[];
}): string {
  return [`trap: ${escapeText(message)}`, ...formatFrames(frames)].join('\n');
}

/** {@link formatTrap}, with what the module in the trace says of the source. */
export function formatTrapIn(path: string | undefined, trap: Trap): string {
  if (path === undefined || trap.frames.length === 0) return formatTrap(trap);
  const trace = openTrace(path);
  try {
    return formatTrap({ ...trap, frames: locateIn(trace, trap.frames) });
  } finally {
    trace.close();
  }
}

/** The same frames, with their places in the source where the trace has their modules. */
export function locateIn(trace: TraceReader, frames: Trap['frames']): readonly Frame[] {
  if (frames.length === 0) return frames;
  try {
    return locateFrames(trace, frames);
  } catch (thrown) {
    // what a damaged trace has no module for is shown without its source
    if (thrown instanceof WasiRrError) return frames;
    throw thrown;
  }
}
