/**
 * `node bench/folder.ts [--traces 10000]`: how long the commands take that look at a trace folder with many
 * traces, beside how long the command line takes to start at all. Milliseconds of wall time.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.ts';
import { spread } from './statistics.ts';

const { values: options } = parseArgs({
  options: { traces: { type: 'string', default: '10000' } },
});
/** Milliseconds above the start. */
const GOAL = 300;
const ROUNDS = 5;
const MODULE = join(import.meta.dirname, '../examples/wasm/uninit-O2.wasm');
const COMMANDS = [
  ['--version'],
  ['ls'],
  ['info'],
  ['log'],
  ['prune', '--keep-days', '1'],
  ['record', '-q', MODULE],
] as const;

const { cli } = await build();
const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-bench-'));
try {
  run('record', '-q', MODULE);
  const model = join(folder, 'uninit-O2-1.wrr');
  for (let n = 2; n <= Number(options.traces); n++) {
    copyFileSync(model, join(folder, `uninit-O2-${n}.wrr`));
  }
  const times = COMMANDS.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, command] of COMMANDS.entries()) times[i]?.push(run(...command));
  }
  const [start = Number.NaN] = times.map((one) => spread(one).median);
  for (const [i, command] of COMMANDS.entries()) {
    const { median, min } = spread(times[i] ?? []);
    const above = `${(median - start).toFixed(0)} above the start (goal ${GOAL})`;
    process.stdout.write(
      `${command[0]}: median ${median.toFixed(0)}, min ${min.toFixed(0)}; ${above}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(...args: readonly string[]): number {
  const start = performance.now();
  execFileSync(process.execPath, [cli, ...args], {
    env: { ...process.env, WASI_RR_TRACE_DIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return performance.now() - start;
}
