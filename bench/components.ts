/**
 * `node bench/components.ts [--runs N] [--rounds N]`: what recording and replaying a component that does nothing but
 * call costs, as ratios to the same program of jco's with the same shims and without the boundary; and how long a large
 * one takes to be taken apart. Runs take turns. The guest's thread and its processor time tell most: what the
 * supervisor does, another core does at the same time.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.ts';
import { COMPONENT_CALLS_PER_ROUND, componentCalls } from './component-calls.ts';
import { largeComponent } from './large-component.ts';
import { CALLS_PER_ROUND, mixedCalls } from './mixed-calls.ts';
import { ratioText } from './report.ts';
import { ratios, spread } from './statistics.ts';
import { traceSize } from './trace-size.ts';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '25000' },
  },
});

const RECORD_TO_PLAIN = 1.3;
/** Milliseconds in which a component of so many bytes is taken apart, and in which that is found to be done. */
const APART = { bytes: 12e6, cold: 2000, cached: 50 } as const;

interface Times {
  readonly plain: number[];
  /** With the global object that the recorder gives to jco's code: what is left is the boundary. */
  readonly quick: number[];
  readonly record: number[];
  readonly replay: number[];
}

const { cli, sources } = await build();
const scratch = mkdtempSync(join(tmpdir(), 'wasi-rr-bench-components-'));
try {
  const rounds = Number(options.rounds);
  const cheap = join(scratch, 'cheap-calls.wasm');
  writeFileSync(cheap, await componentCalls(rounds));
  compare('clocks and random numbers', cheap, rounds * COMPONENT_CALLS_PER_ROUND, []);
  const files = join(scratch, 'mixed-calls.wasm');
  // calls of files go to a thread of the shim's: fewer do
  const fewer = Math.ceil(rounds / 25);
  writeFileSync(files, await mixedCalls(fewer));
  compare('files, through the adapter', files, fewer * CALLS_PER_ROUND, ['--via-component']);
  const large = join(scratch, 'large.wasm');
  writeFileSync(large, await largeComponent());
  takeApart(large);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function compare(name: string, wasm: string, calls: number, flags: readonly string[]): void {
  const wall: Times = { plain: [], quick: [], record: [], replay: [] };
  const cpu: Times = { plain: [], quick: [], record: [], replay: [] };
  const trace = join(scratch, 'run.wrr');
  const folder = join(scratch, 'folder');
  mkdirSync(folder, { recursive: true });
  const words = ['--dir', `${folder}::/`, wasm];
  for (let round = 0; round < Number(options.runs); round++) {
    rmSync(trace, { force: true });
    const plain = [join(sources, 'bench/plain-component.js'), ...words];
    timed('plain', plain);
    timed('quick', plain, { BENCH_QUICK_GLOBAL: '1' });
    timed('record', [cli, 'record', '-q', ...flags, '-o', trace, ...words]);
    timed('replay', [cli, 'replay', trace]);
  }
  const size = traceSize(trace);
  const each = (bytes: number) => (bytes / size.events).toFixed(1);
  process.stdout.write(
    `${name}: ${calls} calls of the program, ${size.calls} recorded, ${size.events} events
  record ÷ plain   ${ratioText(ratios(wall.record, wall.plain), RECORD_TO_PLAIN)}
  … processor time ${ratioText(ratios(cpu.record, cpu.plain))}
  … where the plain one has what jco looks up as quickly too ${ratioText(ratios(wall.record, wall.quick))}
  replay ÷ plain   ${ratioText(ratios(wall.replay, wall.plain))}  (start of the process included)
  … processor time ${ratioText(ratios(cpu.replay, cpu.plain))}
  log: ${each(size.logBytes)} bytes an event stored with payload; payload apart ${each(size.headBytesStored)} (goal ≤ 16)
  file: ${(size.fileBytes / Math.max(1, size.calls)).toFixed(1)} bytes a call\n\n`,
  );

  function timed(how: keyof Times, args: readonly string[], env: NodeJS.ProcessEnv = {}): void {
    const preload = ['--no-warnings', '--require', join(sources, 'bench/report-cpu.cjs')];
    const start = performance.now();
    const { status, stderr, output } = spawnSync(process.execPath, [...preload, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    wall[how].push(performance.now() - start);
    cpu[how].push(Number(output[3]) / 1000);
    if (status !== 0) throw new Error(`${how} ended with ${status}: ${stderr.toString()}`);
  }
}

/** In processes of their own, as a recorder has it. */
function takeApart(wasm: string): void {
  const times: { cold: number[]; cached: number[] } = { cold: [], cached: [] };
  for (let round = 0; round < Number(options.runs); round++) {
    const cache = join(scratch, `cache-${round}`);
    for (const expected of ['cold', 'cached'] as const) {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['--no-warnings', join(sources, 'bench/take-apart.js'), wasm],
        { env: { ...process.env, XDG_CACHE_HOME: cache } },
      );
      const [ms, how] = stdout.toString().trim().split(' ');
      if (how !== expected) throw new Error(`${expected} was ${how}: ${stderr.toString()}`);
      times[expected].push(Number(ms));
    }
    rmSync(cache, { recursive: true });
  }
  const { size } = statSync(wasm);
  const line = (how: keyof typeof times) => {
    const { median } = spread(times[how]);
    const scaled = (median * APART.bytes) / size;
    const verdict = scaled <= APART[how] ? 'met' : 'MISSED';
    return `  ${how.padEnd(6)} ${median.toFixed(0)} ms, for 12 MB ${scaled.toFixed(0)} ms (goal ≤ ${APART[how]}) ${verdict}\n`;
  };
  process.stdout.write(
    `a component of ${(size / 1e6).toFixed(1)} MB is taken apart\n${line('cold')}${line('cached')}`,
  );
}
