/**
 * `node --stack-size=16000 bench/instrument.ts`: how fast modules are rewritten, and what each kind of
 * rewriting costs a replay, as ratios of CPU time to the same replay without. Four passes each, the best
 * one counts: the first ones compile. Every replay is compared with the recording, so a figure is also a proof.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GuestReplay } from '../replayer/guest-replay.ts';
import { probesOf } from '../replayer/instrument/hooks.ts';
import type { InstrumentPlan } from '../replayer/instrument/plan.ts';
import { instrument } from '../replayer/instrument/rewrite.ts';
import { esbuild, nextpnr } from '../test/real/npm-programs.ts';
import { runRecorded } from '../test/real/runs.ts';
import { TraceReader } from '../traces/reader.ts';
import { MAX_FRAMES } from '../wasm/traps.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;

const PASSES = 4;

const PLANS: Readonly<Record<string, InstrumentPlan>> = {
  tick: { tick: true },
  'tick, depth': { tick: true, frames: 'depth' },
  'tick, spill': { tick: true, frames: 'spill' },
  watch: { watch: true },
  'tick, depth, watch': { tick: true, frames: 'depth', watch: true },
  dirty: { dirty: true },
};

/** CPU milliseconds of the best pass; compiling is in the first ones. */
function cost(trace: TraceReader, bytes: Uint8Array, plan?: InstrumentPlan, prefix = '') {
  const module = new WebAssembly.Module(bytes);
  let best = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) {
    const before = process.cpuUsage();
    const end = new GuestReplay(trace, {
      module,
      attach: (exports) => {
        if (plan === undefined) return;
        const probes = probesOf(exports, prefix);
        if (plan.frames !== 'spill') return;
        probes.set('room', () => {
          const memory = probes.memory('frames');
          memory.grow(memory.buffer.byteLength / 65536);
          probes.global('limit').value = memory.buffer.byteLength;
        });
      },
    }).run();
    const { user, system } = process.cpuUsage(before);
    if (end.kind !== 'replayed' || !end.toItsEnd) throw new Error('it replays to another end');
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

const scratch = mkdtempSync(join(tmpdir(), 'wasi-rr-bench-'));
try {
  for (const program of [esbuild('commander'), nextpnr('lp384', 20)]) {
    const path = join(scratch, `${program.name}.wrr`);
    await runRecorded(program, path);
    const trace = new TraceReader(path);
    const bytes = trace.module();
    const plain = cost(trace, bytes);
    process.stdout.write(`${program.name}: ${plain.toFixed(0)} ms of CPU time, not rewritten\n`);
    for (const [name, plan] of Object.entries(PLANS)) {
      let made = instrument(bytes, plan);
      const before = process.cpuUsage();
      made = instrument(bytes, plan);
      const speed = bytes.length / process.cpuUsage(before).user;
      const size = made.bytes.length / bytes.length;
      const ratio = cost(trace, made.bytes, plan, made.prefix) / plain;
      const figures = `${speed.toFixed(0)} MB/s, size ${size.toFixed(2)}, replay ${ratio.toFixed(2)}`;
      process.stdout.write(`  ${name.padEnd(20)} ${figures}\n`);
    }
    trace.close();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
