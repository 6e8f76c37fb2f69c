/**
 * `node bench/components.ts [--runs N] [--rounds N]`: what recording and replaying a component that does nothing but
 * call costs, as ratios to the same program of jco's with the same shims and without the boundary. Runs take turns. The
 * guest's thread and its processor time tell most: what the supervisor does, another core does at the same time.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.ts';
import { COMPONENT_CALLS_PER_ROUND, componentCalls } from './component-calls.ts';
import { CALLS_PER_ROUND, mixedCalls } from './mixed-calls.ts';
import { ratioText } from './report.ts';
import { ratios } from './statistics.ts';
import { traceSize } from './trace-size.ts';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '25000' },
  },
});

const RECORD_TO_PLAIN = 1.3;

interface Times {
  readonly plain: number[];
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
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function compare(name: string, wasm: string, calls: number, flags: readonly string[]): void {
  const wall: Times = { plain: [], record: [], replay: [] };
  const cpu: Times = { plain: [], record: [], replay: [] };
  const trace = join(scratch, 'run.wrr');
  const folder = join(scratch, 'folder');
  mkdirSync(folder, { recursive: true });
  const words = ['--dir', `${folder}::/`, wasm];
  for (let round = 0; round < Number(options.runs); round++) {
    rmSync(trace, { force: true });
    timed('plain', [join(sources, 'bench/plain-component.js'), ...words]);
    timed('record', [cli, 'record', '-q', ...flags, '-o', trace, ...words]);
    timed('replay', [cli, 'replay', trace]);
  }
  const size = traceSize(trace);
  const each = (bytes: number) => (bytes / size.events).toFixed(1);
  process.stdout.write(
    `${name}: ${calls} calls of the program, ${size.calls} recorded, ${size.events} events
  record ÷ plain   ${ratioText(ratios(wall.record, wall.plain), RECORD_TO_PLAIN)}
  … processor time ${ratioText(ratios(cpu.record, cpu.plain))}
  replay ÷ plain   ${ratioText(ratios(wall.replay, wall.plain))}  (start of the process included)
  … processor time ${ratioText(ratios(cpu.replay, cpu.plain))}
  log: ${each(size.logBytes)} bytes an event stored with payload; payload apart ${each(size.headBytesStored)} (goal ≤ 16)
  file: ${(size.fileBytes / Math.max(1, size.calls)).toFixed(1)} bytes a call\n\n`,
  );

  function timed(how: keyof Times, args: readonly string[]): void {
    const preload = ['--no-warnings', '--require', join(sources, 'bench/report-cpu.cjs')];
    const start = performance.now();
    const { status, stderr, output } = spawnSync(process.execPath, [...preload, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    wall[how].push(performance.now() - start);
    cpu[how].push(Number(output[3]) / 1000);
    if (status !== 0) throw new Error(`${how} ended with ${status}: ${stderr.toString()}`);
  }
}
