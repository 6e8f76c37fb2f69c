/**
 * `node bench/tui.ts [--calls 1000,100000,1000000] [--only open,keys,session,esbuild] [--traces DIR]
 * [--built]`: how long the terminal debugger takes to open a trace and to paint after a key, what it holds,
 * and how long the session under it takes to move, there and in a run of esbuild. It is the shipped
 * command, in terminals of 120 × 40 and of 300 × 80 cells. Key to paint is from when a key could be read to
 * when its first frame is written (key-clock.ts says why); until it is seen in the terminal is told beside it.
 * Each section of one trace takes less than two minutes; `--traces` keeps the traces for the next time,
 * `--built` measures what an earlier run has built.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { esbuild } from '../test/real/npm-programs.ts';
import { commandLine } from '../test/real/runs.ts';
import { Workspace } from '../test/real/workspace.ts';
import { build, builtBefore } from './build.ts';
import { DebuggerScreen, type Painted, type Size } from './debugger-screen.ts';
import { type Goal, heading, place, report, times } from './figures.ts';
import { measureSession } from './session-moves.ts';

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000,100000,1000000' },
    only: { type: 'string', default: 'open,keys,session,esbuild' },
    traces: { type: 'string' },
    built: { type: 'boolean', default: false },
  },
});
const sections: ReadonlySet<string> = new Set(options.only.split(','));
const KEY_MS: Goal = { of: 'p95', limit: 33 };
const OPEN_MS: Goal = { of: 'p95', limit: 1000 };
const RSS_MIB: Goal = { of: 'p95', limit: 300 };
const SIZES: readonly Size[] = [
  { columns: 120, rows: 40 },
  { columns: 300, rows: 80 },
];
const KEYS = 60;
const MOVES = 30;
/** Milliseconds from one key to the next while it is held down. */
const REPEAT_MS = 33;
const SYSCALLS = join(import.meta.dirname, '../examples/wasm/syscalls-O2.wasm');

const { cli, sources } = await (options.built ? builtBefore() : build());
/** Compiled: Node's own compiler would be counted in the debugger's memory. */
const clock = join(sources, 'bench/key-clock.js');
const folder = resolve(options.traces ?? mkdtempSync(join(tmpdir(), 'wasi-rr-bench-tui-')));
try {
  for (const calls of options.calls.split(',').map(Number)) await measureCalls(calls);
  if (sections.has('esbuild')) await measureEsbuild();
} finally {
  if (options.traces === undefined) rmSync(folder, { recursive: true, force: true });
}

async function measureCalls(calls: number): Promise<void> {
  if (!['open', 'keys', 'session'].some((section) => sections.has(section))) return;
  const files = join(folder, 'files');
  mkdirSync(files, { recursive: true });
  // the program makes two calls a round
  const words = ['--dir', `${files}::/`, SYSCALLS, String(calls / 2)];
  const trace = recorded(`${calls}.wrr`, () => words);
  const command = `${cli} tui ${trace}`;
  heading(`${calls} calls, ms`);
  if (sections.has('open')) await measureOpening(command);
  if (sections.has('keys')) {
    for (const size of SIZES) await measureKeys(`--import ${clock} ${command}`, calls, size);
  }
  if (sections.has('session')) await measureSession(trace);
  showLoad();
}

async function measureOpening(command: string): Promise<void> {
  const opened: number[] = [];
  for (let i = 0; i < 5; i++) {
    using screen = new DebuggerScreen(command, SIZES[0] as Size);
    opened.push(await screen.until(/Timeline[\s\S]*#\d+ of \d+/));
    await sleep(500);
    await screen.quit();
  }
  report('open, to the first timeline', opened, OPEN_MS);
}

async function measureKeys(command: string, events: number, size: Size): Promise<void> {
  using screen = new DebuggerScreen(command, size);
  const seen: number[] = [];
  const tell = (what: string, painted: readonly Painted[]) => {
    seen.push(...painted.map(({ terminal }) => terminal));
    report(
      `${what}, ${size.columns} × ${size.rows}`,
      painted.map((one) => one.debugger),
      KEY_MS,
    );
  };
  const press = async (what: string, key: string, count: number) =>
    tell(what, await times(count, () => screen.press(key)));
  const hold = async (what: string, key: string) =>
    tell(what, await screen.hold(key, 2 * KEYS, REPEAT_MS));
  await screen.until(/Timeline/);
  await sleep(1500);
  await screen.press('g');
  await press('j', 'j', KEYS);
  await press('k', 'k', KEYS);
  // a key that changes nothing draws nothing: stay clear of the end
  await press('PgDn', '\u001b[6~', Math.min(KEYS / 2, Math.floor(events / (1.5 * size.rows))));
  await hold('k held down', 'k');
  const goto = async (index: number) => {
    await screen.press(`:${place(index, events)}`);
    return screen.press('\r');
  };
  tell('goto (:n Enter)', await times(MOVES, goto));
  await screen.press('3');
  await press('step back in Memory', 'S', KEYS / 2);
  await hold('S held down there', 'S');
  report('all of them, until they are seen', seen);
  const { now, peak } = screen.rss;
  report('RSS after all that, MiB', [now], RSS_MIB);
  report('RSS at its peak, MiB', [peak]);
  await screen.quit();
}

/** 7,000 calls, 20 MB of code, up to 75 MB of memory: moving is what takes time. */
async function measureEsbuild(): Promise<void> {
  const program = esbuild('knip');
  using workspace = new Workspace(program);
  const trace = recorded('esbuild.wrr', () => commandLine(program, workspace));
  heading('esbuild, ms');
  await measureSession(trace);
  showLoad();
}

/** The path of a trace, recorded unless it is there already. */
function recorded(name: string, words: () => readonly string[]): string {
  const trace = join(folder, name);
  if (!existsSync(trace)) {
    execFileSync(process.execPath, [cli, 'record', '-q', '-o', trace, ...words()], {
      stdio: 'ignore',
    });
  }
  return trace;
}

function showLoad(): void {
  const load = (loadavg()[0] ?? 0).toFixed(1);
  process.stdout.write(`  load ${load} on ${availableParallelism()} cores\n`);
}
