/**
 * `node bench/memory.ts [--only NAME]`: how much more memory a recorded run takes at its peak than the same run
 * unrecorded, of programs that move or hold much. Megabytes, beyond what recording nothing at all takes.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { program } from '../test/guests/assemble.ts';
import { compileWat } from '../test/guests/wat.ts';
import { build } from './build.ts';

const { values: options } = parseArgs({ options: { only: { type: 'string', default: '' } } });

/** MB beyond the base: the ring, and 64. */
const GOAL = 65;
const ROUNDS = 3;
const MB = 2 ** 20;
const GB = 2 ** 30;

/** Fills `bytes` of the memory, a word in every 4 KiB. */
const touch = (bytes: number) => `
  (local $at i32)
  (loop $next
    (i32.store (local.get $at) (i32.mul (local.get $at) (i32.const 2654435761)))
    (local.set $at (i32.add (local.get $at) (i32.const 4096)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const ${bytes | 0}))))`;

const repeat = (times: number, body: string) => `
  (func (export "_start") (local $i i32)
    (loop $next
      ${body}
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const ${times})))))`;

const memory = (bytes: number) => `(memory (export "memory") ${bytes / 65536})`;

/** One transfer of 1 GiB, by a list of one buffer at 64 KiB. */
const transfer = (call: string) => `${memory(GB + 2 * 65536)}
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const ${GB}))
    (drop ${call}))`;

interface Guest {
  readonly name: string;
  readonly fields: string;
  /** Bytes, all zero, of stdin. */
  readonly input?: number;
  readonly files?: boolean;
}

const GUESTS: readonly Guest[] = [
  { name: 'nothing', fields: '(func (export "_start"))' },
  {
    name: 'one read of 1 GiB',
    input: GB,
    fields: transfer('(call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))'),
  },
  {
    name: 'one write of 1 GiB',
    fields: transfer('(call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))'),
  },
  {
    name: 'a memory of 4 GiB, 256 MB of it used',
    fields: `${memory(4 * GB)} (func (export "_start") ${touch(256 * MB)})`,
  },
  {
    name: 'memory that runs out',
    fields: `(memory (export "memory") 1)
      (func (export "_start") (loop $next
        (br_if $next (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (drop (call $sched_yield)) unreachable)`,
  },
  {
    name: 'a trap with 200 MB',
    fields: `${memory(200 * MB)} (func (export "_start") ${touch(200 * MB)} unreachable)`,
  },
  {
    name: '100,000 open and close',
    files: true,
    fields: `${repeat(
      100_000,
      `(drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
      (drop (call $fd_close (i32.load (i32.const 16))))`,
    )} (data (i32.const 64) "file")`,
  },
  { name: '5 M calls', fields: repeat(5_000_000, '(drop (call $sched_yield))') },
  {
    name: '1 M reads of 1 KiB, all different',
    fields: repeat(1_000_000, '(drop (call $random_get (i32.const 4096) (i32.const 1024)))'),
  },
];

const { cli, plainHost, sources } = await build();
const scratch = mkdtempSync(join(tmpdir(), 'wasi-rr-memory-'));
try {
  writeFileSync(join(scratch, 'file'), '');
  let base = 0;
  for (const guest of GUESTS) {
    if (base !== 0 && !guest.name.includes(options.only)) continue;
    const wasm = join(scratch, 'guest.wasm');
    writeFileSync(wasm, await compileWat(program(guest.fields)));
    const plain = peak(guest, [plainHost], wasm);
    const recorded = peak(guest, [cli, 'record', '-q', '-o', join(scratch, 'guest.wrr')], wasm);
    if (base === 0) base = recorded - plain;
    const more = recorded - plain - base;
    process.stdout.write(
      `${guest.name}: plain ${plain.toFixed(0)}, recorded ${recorded.toFixed(0)} MB; ` +
        `${more.toFixed(0)} beyond the base of ${base.toFixed(0)}${more > GOAL ? ` (goal ${GOAL})` : ''}\n`,
    );
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** @returns the median of some runs, in MB */
function peak(guest: Guest, words: readonly string[], wasm: string): number {
  const peaks = Array.from({ length: ROUNDS }, () => once(guest, words, wasm));
  return peaks.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
}

function once({ input = 0, files }: Guest, words: readonly string[], wasm: string): number {
  rmSync(join(scratch, 'guest.wrr'), { force: true });
  const stdin = join(scratch, 'stdin');
  writeFileSync(stdin, '');
  truncateSync(stdin, input);
  const folder = files ? ['--dir', `${scratch}::/`] : [];
  const { output, status } = spawnSync(
    process.execPath,
    ['--require', join(sources, 'bench/report-peak.cjs'), ...words, ...folder, wasm],
    { stdio: [openSync(stdin, 'r'), openSync('/dev/null', 'w'), 'pipe', 'pipe'] },
  );
  if (status !== 0 && status !== 134) throw new Error(`${words.join(' ')}: ${String(output[2])}`);
  return Number(output[3]) / 1024;
}
