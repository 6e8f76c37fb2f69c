/** A divergence for people: which event, what was recorded, what came instead, and why perhaps. */
import type { LogEvent } from '../traces/events.ts';
import { describeOutcome, parseOutcomeText } from '../traces/outcome.ts';
import type { TraceReader } from '../traces/reader.ts';
import { DescriptorTable } from '../wasi/descriptors.ts';
import { escapeText } from '../wasi/escape.ts';
import { formatCall } from '../wasi/format.ts';
import { type WasmFrame, wasmFrames } from '../wasm/traps.ts';
import type { Divergence, Mismatch } from './divergence.ts';

export interface DivergenceReport {
  /** Number of the recorded event that did not match. */
  readonly event: number;
  readonly mismatch: Mismatch;
  /** The recorded event and what the replay did instead, each in a line; escaped for a terminal. */
  readonly expected: string;
  readonly actual: string;
  /** What differs, in a sentence. */
  readonly difference: string;
  /** The guest's stack when it diverged, innermost first. */
  readonly frames: readonly WasmFrame[];
  readonly likelyCause: string;
}

export function reportDivergence(
  trace: TraceReader,
  divergence: Divergence,
  context: { readonly otherModule: boolean },
): DivergenceReport {
  const { event, mismatch, actual, stack } = divergence;
  const table = new DescriptorTable();
  let recorded: LogEvent | undefined;
  for (const before of trace.events(0, event + 1)) {
    if (before.number === event) recorded = before;
    else if (before.kind === 'call') table.apply(before, before.number);
  }
  const call = actual?.call ?? actual?.func.name;
  return {
    event,
    mismatch,
    expected: recorded === undefined ? describeEnd(trace) : describeEvent(recorded, table),
    actual:
      call === undefined
        ? escapeText(describeActual(mismatch))
        : typeof call === 'string'
          ? escapeText(call)
          : formatCall(call, { table }),
    difference: describeMismatch(mismatch),
    frames: divergence.frames ?? wasmFrames(stack),
    likelyCause: likelyCause(trace, mismatch, context.otherModule),
  };
}

/** An event in a line. @param table descriptors before it */
export function describeEvent(event: LogEvent, table: DescriptorTable): string {
  switch (event.kind) {
    case 'call':
    case 'open':
      return formatCall(event, { table });
    case 'enter':
      return `${escapeText(event.func.name)}(${event.args.join(', ')}) is called`;
    case 'leave':
      return event.results.length === 0 ? 'returns' : `returns ${event.results.join(', ')}`;
    case 'return':
      return `call #${event.opened} returns ${event.results.join(', ')}`.trimEnd();
    case 'throw':
      return `call #${event.opened} fails: ${escapeText(event.message)}`;
    case 'suspend':
      return `call #${event.opened} is suspended`;
    case 'instantiate':
      return `core instance ${event.instance} is made`;
    case 'unwind': {
      const outcome = parseOutcomeText(event.reason);
      return outcome === undefined ? 'ends' : escapeText(describeOutcome(outcome));
    }
  }
}

/** What follows the last event. */
function describeEnd(trace: TraceReader): string {
  return `the end of the run: ${escapeText(describeOutcome(trace.meta.outcome))}`;
}

function describeActual(mismatch: Mismatch): string {
  switch (mismatch.what) {
    case 'ending':
      return mismatch.actual;
    case 'results':
      return `returns ${mismatch.actual.join(', ')}`;
    case 'final-memory':
      return 'the same end with another memory';
    default:
      return 'something else';
  }
}

function describeMismatch(mismatch: Mismatch): string {
  switch (mismatch.what) {
    case 'function':
      return 'another function is called';
    case 'extra-call':
      return 'the guest makes a call where the recorded run made none';
    case 'argument':
      return `argument ${mismatch.index + 1} is ${mismatch.actual}, recorded was ${mismatch.recorded}`;
    case 'memory-size':
      return `memory has ${mismatch.actual} pages, recorded were ${mismatch.recorded}`;
    case 'length':
      return `the host is to read ${mismatch.actual} bytes, recorded were ${mismatch.recorded}`;
    case 'bytes':
      return (
        `byte ${mismatch.offset} of what the host is to read, at address 0x${mismatch.address.toString(16)}, ` +
        `is 0x${hex(mismatch.actual)}, recorded was 0x${hex(mismatch.recorded)}`
      );
    case 'hash':
      return `what the host is to read differs somewhere after its first ${mismatch.kept} bytes`;
    case 'ending':
      return 'the guest ends or goes on where the recorded run did otherwise';
    case 'results':
      return `the results are ${mismatch.actual.join(', ')}, recorded were ${mismatch.recorded.join(', ')}`;
    case 'final-memory':
      return `memory at the end hashes to ${mismatch.actual}, recorded was ${escapeText(mismatch.recorded)}`;
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function likelyCause(trace: TraceReader, mismatch: Mismatch, otherModule: boolean): string {
  if (otherModule) return 'the module is not the recorded one, and behaves otherwise from here on';
  const { runtime } = trace.meta;
  if (mismatch.what === 'memory-size') {
    return 'growing the memory worked on one machine and failed on the other: less memory is free here or there';
  }
  if (runtime.arch !== process.arch) {
    return `the run was recorded on ${escapeText(runtime.arch)} and this is ${process.arch}: bits of NaN values may differ`;
  }
  if (runtime.v8 !== process.versions.v8) {
    return `the run was recorded with V8 ${escapeText(runtime.v8)} and this is V8 ${process.versions.v8}: replay it with Node ${escapeText(runtime.node)}`;
  }
  return (
    'the trace was changed after it was recorded, or the host wrote to memory where the recorder did not look: ' +
    'record again with --paranoid to find such a write'
  );
}
