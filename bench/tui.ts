/**
 * `node bench/tui.ts [--calls 1000,100000,1000000]`: how long the terminal debugger takes to open a trace and
 * to paint after a key, what it holds, and how long the session under it takes to move. The shipped command
 * runs in a pseudo-terminal (`script`, util-linux) of 120 × 40 cells; what it writes is all that is looked
 * at. Linux only: /proc tells the memory.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openSession } from '../index.ts';
import { build } from './build.ts';
import { spread } from './statistics.ts';

const { values: options } = parseArgs({
  options: { calls: { type: 'string', default: '1000,100000,1000000' } },
});
const GOALS = { keyMs: 33, openMs: 1000, rssMib: 300 };
const KEYS = 60;
const MOVES = 30;
/** Milliseconds without output after which a screen counts as painted. */
const QUIET_MS = 120;
const LIMIT_MS = 30_000;
/** Ink draws a frame as one synchronized update. */
const FRAME_END = /.\[\?2026l/;
const SYSCALLS = join(import.meta.dirname, '../examples/wasm/syscalls-O2.wasm');

/** The command in a terminal, and the times of what it writes. */
class Screen {
  private readonly child: ChildProcess;
  /** When the last bytes came. */
  private last = 0;
  private text = '';

  constructor(command: string) {
    this.child = spawn('script', ['-qfec', `stty cols 120 rows 40; exec ${command}`, '/dev/null'], {
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

async function times(count: number, move: (index: number) => Promise<number>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push(await move(i));
  return all;
}

function p95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;
}

function report(what: string, values: readonly number[], goal?: number): void {
  const [median, high] = [spread(values).median, p95(values)];
  const judged = goal === undefined ? '' : `  goal ${goal}: ${high <= goal ? 'met' : 'MISSED'}`;
  const row = `  ${what.padEnd(34)} ${median.toFixed(1).padStart(8)} ${high.toFixed(1).padStart(8)}`;
  process.stdout.write(`${row}${judged}\n`);
}

/** Always the same places, all over the run. */
function place(index: number, events: number): number {
  return Math.floor(((index * 0.618_033_988_7) % 1) * events);
}

async function measureScreen(command: string, events: number): Promise<void> {
  const opened: number[] = [];
  for (let i = 0; i < 3; i++) {
    using screen = new Screen(command);
    opened.push(await screen.until(/Timeline[\s\S]*#\d+ of \d+/));
    await sleep(500);
    await screen.quit();
  }
  report('open, to the first timeline', opened, GOALS.openMs);
  using screen = new Screen(command);
  await screen.until(/Timeline/);
  await sleep(1500);
  await screen.press('g');
  report('j', await times(KEYS, () => screen.press('j')), GOALS.keyMs);
  report('k', await times(KEYS, () => screen.press('k')), GOALS.keyMs);
  // a key that changes nothing draws nothing: stay clear of the end
  const pages = Math.min(KEYS / 2, Math.floor(events / 60));
  report('PgDn', await times(pages, () => screen.press('\u001b[6~')), GOALS.keyMs);
  const goto = async (index: number) => {
    await screen.press(`:${place(index, events)}`);
    return screen.press('\r');
  };
  report('goto (:n Enter)', await times(MOVES, goto), GOALS.keyMs);
  const { now, peak } = screen.rss;
  report('RSS after all that, MiB', [now], GOALS.rssMib);
  report('RSS at its peak, MiB', [peak]);
  await screen.quit();
}

async function measureSession(trace: string): Promise<void> {
  await using closing = new AsyncDisposableStack();
  const session = closing.adopt(await openSession(trace), (opened) => opened.close());
  const timed = async (move: () => Promise<unknown>) => {
    const start = performance.now();
    await move();
    return performance.now() - start;
  };
  report('session: goto the end, cold', [await timed(() => session.last())]);
  await sleep(1000);
  const events = session.lastEvent;
  report(
    'session: goto anywhere',
    await times(MOVES, (index) => timed(() => session.goto(place(index, events)))),
  );
  await session.goto(Math.floor(events / 2));
  report('session: back', await times(MOVES, () => timed(() => session.back())));
}

const built = await build();
const scratch = mkdtempSync(join(tmpdir(), 'wasi-rr-bench-tui-'));
try {
  for (const calls of options.calls.split(',').map(Number)) {
    const [folder, trace] = [join(scratch, 'files'), join(scratch, `${calls}.wrr`)];
    mkdirSync(folder, { recursive: true });
    const main = [process.execPath, built.cli];
    // the program makes two calls a round
    const record = ['record', '-q', '-o', trace, '--dir', `${folder}::/`, SYSCALLS];
    const [node = '', ...rest] = [...main, ...record, String(calls / 2)];
    execFileSync(node, rest, { stdio: 'ignore' });
    process.stdout.write(`${calls} calls${' '.repeat(24)}median      p95 (ms)\n`);
    await measureScreen([...main, 'tui', trace].join(' '), calls);
    await measureSession(trace);
    const load = (loadavg()[0] ?? 0).toFixed(1);
    process.stdout.write(`  load ${load} on ${availableParallelism()} cores\n`);
    rmSync(trace);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
