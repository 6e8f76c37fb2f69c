/** Every kind of rewriting that there is, and a replay of a trace through one. */
import { GuestReplay } from '../../../replayer/guest-replay.ts';
import { type Probes, probesOf } from '../../../replayer/instrument/hooks.ts';
import { InstructionReader } from '../../../replayer/instrument/instruction-reader.ts';
import { readLayout } from '../../../replayer/instrument/module-layout.ts';
import type { InstrumentPlan } from '../../../replayer/instrument/plan.ts';
import { type InstrumentedModule, instrument } from '../../../replayer/instrument/rewrite.ts';
import type { ReplayEnd } from '../../../replayer/replay-messages.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';

/** Indices of all functions that a module defines. */
export function allFunctions(module: Uint8Array): Set<number> {
  const { importedFunctions, bodyStarts } = readLayout(module);
  return new Set(Array.from(bodyStarts, (_, i) => importedFunctions + i));
}

/** Offsets of all instructions of every `nth` function. */
export function allPcs(module: Uint8Array, nth = 1): Set<number> {
  const { bodyStarts, bodyEnds } = readLayout(module);
  const pcs = new Set<number>();
  const reader = new InstructionReader(module);
  for (let i = 0; i < bodyStarts.length; i += nth) {
    reader.open(codeStart(module, bodyStarts[i] as number), bodyEnds[i] as number);
    while (!reader.atEnd) {
      reader.next();
      pcs.add(reader.start);
    }
  }
  return pcs;
}

/** Behind the declarations of locals; for modules without locals of typed references. */
function codeStart(module: Uint8Array, body: number): number {
  let at = body;
  const leb = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  for (let left = leb(); left > 0; left--) {
    leb();
    const type = module[at++];
    if (type === 0x63 || type === 0x64) leb();
  }
  return at;
}

export const VARIANTS: Readonly<Record<string, (module: Uint8Array) => InstrumentPlan>> = {
  nothing: () => ({}),
  tick: () => ({ tick: true }),
  depth: () => ({ tick: true, frames: 'depth' }),
  spill: () => ({ tick: true, frames: 'spill' }),
  watch: () => ({ tick: true, watch: true }),
  'watch and spill': () => ({ tick: true, watch: true, frames: 'spill' }),
  reads: () => ({ reads: true }),
  'accesses and spill': () => ({ tick: true, watch: true, reads: true, frames: 'spill' }),
  dirty: () => ({ dirty: true }),
  breaks: (module) => ({ breaks: allPcs(module, 7) }),
  counts: (module) => ({ counts: new Map([...allPcs(module)].map((pc, i) => [pc, i])) }),
  'breaks and spill': (module) => ({ breaks: allPcs(module, 5), frames: 'spill' }),
  steps: (module) => ({ tick: true, frames: 'depth', steps: allFunctions(module) }),
  'steps and spill': (module) => ({ tick: true, frames: 'spill', steps: allFunctions(module) }),
  calls: () => ({ calls: true, frames: 'depth' }),
};

/** Gives the memory for frames more room, as whoever drives a guest must. */
export function growFrames(probes: Probes): void {
  probes.set('room', () => {
    const memory = probes.memory('frames');
    memory.grow(memory.buffer.byteLength / 65536);
    probes.global('limit').value = memory.buffer.byteLength;
  });
}

/** Runs a trace's guest through a rewritten module, in this thread. */
export function replayInstrumented(
  trace: string,
  plan: InstrumentPlan | ((module: Uint8Array) => InstrumentPlan),
  attach: (
    probes: Probes,
    made: InstrumentedModule,
    exports: WebAssembly.Exports,
  ) => void = () => {},
): ReplayEnd {
  const reader = new TraceReader(trace);
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = MAX_FRAMES + 20;
  try {
    const module = reader.module();
    const given = typeof plan === 'function' ? plan(module) : plan;
    const made = instrument(module, given);
    const guest = new GuestReplay(reader, {
      module: made.bytes,
      start: made.start,
      original: made.original,
      attach: (exports) => {
        const probes = probesOf(exports, made.prefix);
        if (given.frames === 'spill') growFrames(probes);
        attach(probes, made, exports);
      },
    });
    return guest.run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    reader.close();
  }
}
