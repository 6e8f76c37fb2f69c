/**
 * `node bench/tui.ts [--calls 1000,100000,1000000] [--only calls|esbuild]`: how long the terminal debugger
 * takes to open a trace and to paint after a key, what it holds, and how long the session under it takes to
 * move, there and in a run of esbuild. The shipped command runs in a pseudo-terminal (`script`, util-linux) of
 * 120 × 40 cells, and of 300 × 80; what it writes is all that is looked at. Linux only: /proc tells the memory.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { esbuild } from '../test/real/npm-programs.ts';
import { commandLine } from '../test/real/runs.ts';
import { Workspace } from '../test/real/workspace.ts';
import { build } from './build.ts';
import { type Goal, heading, place, report, times } from './figures.ts';
import { measureSession } from './session-moves.ts';

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000,100000,1000000' },
    only: { type: 'string' },
  },
});
const KEY_MS: Goal = { of: 'p95', limit: 33 };
const OPEN_MS: Goal = { of: 'p95', limit: 1000 };
const RSS_MIB: Goal = { of: 'p95', limit: 300 };
const SIZES = [
  { columns: 120, rows: 40 },
  { columns: 300, rows: 80 },
] as const;
const KEYS = 60;
const MOVES = 30;
/** Milliseconds without output after which a screen counts as painted. */
const QUIET_MS = 120;
const LIMIT_MS = 30_000;
/** Ink draws a frame as one synchronized update. */
const FRAME_END = /.\[\?2026l/;
const SYSCALLS = join(import.meta.dirname, '../examples/wasm/syscalls-O2.wasm');

interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The command in a terminal, and the times of what it writes. */
class Screen {
  private readonly child: ChildProcess;
  /** When the last bytes came. */
  private last = 0;
  private text = '';

  constructor(command: string, { columns, rows } = SIZES[0] as Size) {
    const sized = `stty cols ${columns} rows ${rows}; exec ${command}`;
    this.child = spawn('script', ['-qfec', sized, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm-256color' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.last = performance.now();
      this.text += chunk;
    });
  }

  /** Milliseconds until this is on the screen for the first time. */
  async until(words: RegExp): Promise<number> {
    const start = performance.now();
    while (!words.test(this.text)) {
      if (performance.now() - start > LIMIT_MS) throw new Error(`${words} was never drawn`);
      await sleep(1);
    }
    return this.last - start;
  }

  /**
   * Milliseconds from a key to its first frame; waits until all of what follows (the replay beside
   * it) is drawn.
   */
  async press(keys: string): Promise<number> {
    this.text = '';
    const start = performance.now();
    this.child.stdin?.write(keys);
    const first = await this.until(FRAME_END);
    while (performance.now() - Math.max(this.last, start) < QUIET_MS) await sleep(5);
    return first;
  }

  /** MiB of the debugger and its threads. */
  get rss(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const mib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    return { now: mib('VmRSS'), peak: mib('VmHWM') };
  }

  async quit(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin?.write('q');
    await ended;
  }

  /** For a screen that is not what it should be: a terminal that is gone ends the debugger. */
  [Symbol.dispose](): void {
    this.child.kill();
  }

  /** The process under `script`. */
  private get pid(): number {
    for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        if (parent === this.child.pid) return Number(entry);
      } catch {
        // ended meanwhile
      }
    }
    throw new Error('the debugger is gone');
  }
}

async function measureScreen(command: string, events: number): Promise<void> {
  const opened: number[] = [];
  for (let i = 0; i < 5; i++) {
    using screen = new Screen(command);
    opened.push(await screen.until(/Timeline[\s\S]*#\d+ of \d+/));
    await sleep(500);
    await screen.quit();
  }
  report('open, to the first timeline', opened, OPEN_MS);
  for (const size of SIZES) await measureKeys(command, events, size);
}

async function measureKeys(command: string, events: number, size: Size): Promise<void> {
  using screen = new Screen(command, size);
  const key = (what: string) => `${what}, ${size.columns} × ${size.rows}`;
  await screen.until(/Timeline/);
  await sleep(1500);
  await screen.press('g');
  report(key('j'), await times(KEYS, () => screen.press('j')), KEY_MS);
  report(key('k'), await times(KEYS, () => screen.press('k')), KEY_MS);
  // a key that changes nothing draws nothing: stay clear of the end
  const pages = Math.min(KEYS / 2, Math.floor(events / (1.5 * size.rows)));
  report(key('PgDn'), await times(pages, () => screen.press('\u001b[6~')), KEY_MS);
  const goto = async (index: number) => {
    await screen.press(`:${place(index, events)}`);
    return screen.press('\r');
  };
  report(key('goto (:n Enter)'), await times(MOVES, goto), KEY_MS);
  await screen.press('3');
  report(key('step back in Memory'), await times(KEYS / 2, () => screen.press('S')), KEY_MS);
  const { now, peak } = screen.rss;
  report('RSS after all that, MiB', [now], RSS_MIB);
  report('RSS at its peak, MiB', [peak]);
  await screen.quit();
}

const built = await build();
const scratch = mkdtempSync(join(tmpdir(), 'wasi-rr-bench-tui-'));
try {
  if (options.only !== 'esbuild') {
    for (const calls of options.calls.split(',').map(Number)) await measureCalls(calls);
  }
  if (options.only !== 'calls') await measureEsbuild();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function measureCalls(calls: number): Promise<void> {
  const [folder, trace] = [join(scratch, 'files'), join(scratch, `${calls}.wrr`)];
  mkdirSync(folder, { recursive: true });
  // the program makes two calls a round
  record(trace, ['--dir', `${folder}::/`, SYSCALLS, String(calls / 2)]);
  heading(`${calls} calls, ms`);
  await measureScreen(`${process.execPath} ${built.cli} tui ${trace}`, calls);
  await measureSession(trace, 1000);
  showLoad();
  rmSync(trace);
}

/** 7,000 calls, 20 MB of code, up to 75 MB of memory: moving is what takes time. */
async function measureEsbuild(): Promise<void> {
  const program = esbuild('knip');
  using workspace = new Workspace(program);
  const trace = join(scratch, 'esbuild.wrr');
  record(trace, commandLine(program, workspace));
  heading('esbuild, ms');
  await measureSession(trace);
  showLoad();
}

function record(trace: string, words: readonly string[]): void {
  execFileSync(process.execPath, [built.cli, 'record', '-q', '-o', trace, ...words], {
    stdio: 'ignore',
  });
}

function showLoad(): void {
  const load = (loadavg()[0] ?? 0).toFixed(1);
  process.stdout.write(`  load ${load} on ${availableParallelism()} cores\n`);
}
