/** Steps of the debugger against V8's own, on the same replay: instructions, over calls, and out of functions. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import { GuestReplay } from '../../../replayer/guest-replay.ts';
import { FrameNames } from '../../../replayer/source/frame-names.ts';
import { Engine } from '../../../replayer/timetravel/engine.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import type { StepSize } from '../../../replayer/timetravel/motions.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { disassemble } from '../../../wasm/disassembly.ts';
import { functionStarts } from '../../../wasm/function-starts.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';
import { Scratch } from '../../recorder/scratch.ts';
import type { StepCommand, StepperData } from './v8-stepper.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('v8-steps');
afterAll(() => scratch.remove());

const SIZES: Readonly<Record<StepCommand, StepSize>> = {
  stepInto: 'instruction',
  stepOver: 'instruction-over',
  stepOut: 'out',
};

const times = (count: number, command: StepCommand) => Array.from({ length: count }, () => command);

/** Into calls, over some, out of two, and on. */
const COMMANDS: readonly StepCommand[] = [
  ...times(60, 'stepInto'),
  ...times(10, 'stepOver'),
  'stepOut',
  ...times(25, 'stepOver'),
  ...times(30, 'stepInto'),
  'stepOut',
  ...times(10, 'stepInto'),
];

/** Ends of blocks: V8 stops there, and nothing happens. The end of a function is where it returns. */
function endsOfBlocks(module: Uint8Array): Set<number> {
  const { offsets, ends } = functionStarts(module);
  const found = new Set<number>();
  offsets.forEach((from, i) => {
    const { lines } = disassemble(module, { from, to: ends[i] ?? from });
    for (const { text, offset } of lines.slice(0, -1)) if (text === 'end') found.add(offset);
  });
  return found;
}

/** Byte offsets at which V8 stops, from the breakpoint on. */
async function stopsOfV8(trace: TraceReader, breakpoint: number): Promise<readonly number[]> {
  const bytes = trace.module();
  const workerData: StepperData = { breakpoint, commands: COMMANDS, passed: endsOfBlocks(bytes) };
  const stepper = new Worker(new URL('./v8-stepper.ts', import.meta.url), { workerData });
  try {
    expect(await once(stepper, 'message')).toEqual(['enabled']);
    stepper.postMessage('module');
    expect(await once(stepper, 'message')).toEqual(['expecting']);
    const ready = once(stepper, 'message');
    const module = new WebAssembly.Module(Buffer.from(bytes));
    expect(await ready).toEqual(['ready']);
    const stops = once(stepper, 'message');
    // the thread stands still in here while it is stepped
    new GuestReplay(trace, { module }).run();
    const [found] = await stops;
    return found;
  } finally {
    stepper.postMessage('go');
    await once(stepper, 'exit');
  }
}

test.each(['heapsmash-O0g', 'heapsmash-O2'])('%s', async (name) => {
  const example = exampleCases().find((one) => one.name === name);
  if (example === undefined) throw new Error(`no example ${name}`);
  const trace = new TraceReader((await scratch.recordExample(example)).trace);
  const engine = new Engine(new TravelTarget(trace), FrameNames.of(trace));
  const points = { breaks: [], calls: [], watches: [] };
  // somewhere in the middle of the run, where the program computes
  const { mark: from } = await engine.move(undefined, { kind: 'event', event: 9 }, () => {});
  const breakpoint = from.pc;
  const first = (await engine.move(undefined, { kind: 'event', event: -1 }, () => {})).mark;
  const hit = { ...points, breaks: [breakpoint] };
  let { mark }: { mark: Mark } = await engine.move(
    first,
    { kind: 'continue', reverse: false, points: hit },
    () => {},
  );
  const ours = [mark.pc];
  for (const command of COMMANDS) {
    const size = SIZES[command];
    ({ mark } = await engine.move(mark, { kind: 'step', size, reverse: false, points }, () => {}));
    ours.push(mark.pc);
  }
  const theirs = await stopsOfV8(trace, breakpoint);
  trace.close();
  expect(theirs).toEqual(ours);
  expect(new Set(ours).size).toBeGreaterThan(30);
});
