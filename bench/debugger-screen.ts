/**
 * The shipped terminal debugger in a pseudo-terminal (`script`, util-linux), and how long it takes for a key.
 * Linux only: /proc tells its memory, and what its main thread needed of a processor.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds without output after which a screen counts as painted. */
const QUIET_MS = 120;
const LIMIT_MS = 30_000;
/** The end of a frame that has anything in it: it is one synchronized update. */
const FRAME_END = /.\[\?2026l/;
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

interface Awaited {
  readonly words: RegExp;
  readonly seen: (at: number) => void;
}

/** Milliseconds that a key took. */
export interface Painted {
  /** From when the debugger could have read the key to when it wrote the first frame after it. */
  readonly debugger: number;
  /** From sending it to seeing that frame, which the terminal and its neighbours have their part in. */
  readonly terminal: number;
}

/** A line of key-clock.ts. */
interface Note {
  readonly what: string;
  readonly at: number;
  /** What the main thread had run by then. */
  readonly ran: number;
}

export class DebuggerScreen {
  private readonly child: ChildProcess;
  /** When the last bytes came. */
  private last = 0;
  private text = '';
  private awaited: Awaited | undefined;
  private known: number | undefined;

  private readonly folder = mkdtempSync(join(tmpdir(), 'wasi-rr-keys-'));
  private readonly clock = join(this.folder, 'clock');

  /** @param command what Node is to run; to measure keys, with key-clock loaded into it */
  constructor(command: string, { columns, rows }: Size) {
    const sized = `stty cols ${columns} rows ${rows}; exec ${process.execPath} ${command}`;
    this.child = spawn('script', ['-qfec', sized, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm-256color', KEY_CLOCK: this.clock },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.last = performance.now();
      this.text += chunk;
      this.look();
    });
  }

  /**
   * Milliseconds until this is on the screen for the first time.
   * @throws where it does not come
   */
  async until(words: RegExp): Promise<number> {
    const start = performance.now();
    const over = AbortSignal.timeout(LIMIT_MS);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    over.addEventListener('abort', () => reject(new Error(`${words} was never drawn`)));
    this.child.once('exit', () => reject(new Error(`the debugger ended:\n${this.text}`)));
    this.awaited = { words, seen: resolve };
    this.look();
    return (await promise) - start;
  }

  /** From a key to its first frame; waits until all of what follows (the replay beside it) is drawn. */
  async press(keys: string): Promise<Painted> {
    const painted = await this.paint(keys);
    while (performance.now() - this.last < QUIET_MS) await sleep(5);
    return painted;
  }

  /** From each key to its first frame, while one is held down. */
  async hold(key: string, count: number, everyMs: number): Promise<Painted[]> {
    const all: Painted[] = [];
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      all.push(await this.paint(key));
      await sleep(Math.max(0, start + everyMs - performance.now()));
    }
    return all;
  }

  private async paint(keys: string): Promise<Painted> {
    const noted = this.notes.length;
    const ranBefore = ranMs(this.pid);
    this.text = '';
    const start = performance.now();
    this.child.stdin?.write(keys);
    for (;;) {
      await this.until(FRAME_END);
      const terminal = this.last - start;
      const notes = this.notes.slice(noted);
      const key = notes.find(({ what }) => what === 'key');
      const frame = notes.find(({ what, at }) => what === 'frame' && key && at >= key.at);
      this.text = '';
      // a frame that was under way before the key was read
      if (key === undefined || frame === undefined) continue;
      return { debugger: Math.max(0, key.ran - ranBefore) + frame.at - key.at, terminal };
    }
  }

  private get notes(): readonly Note[] {
    return readFileSync(this.clock, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [what = '', at, ran] = line.split(' ');
        return { what, at: Number(at), ran: Number(ran) };
      });
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
    rmSync(this.folder, { recursive: true, force: true });
  }

  private look(): void {
    if (!this.awaited?.words.test(this.text)) return;
    const { seen } = this.awaited;
    this.awaited = undefined;
    seen(this.last);
  }

  /** The process under `script`. */
  private get pid(): number {
    this.known ??= this.findPid();
    return this.known;
  }

  private findPid(): number {
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

/** Milliseconds that the main thread of a process has run. */
function ranMs(pid: number): number {
  const [ran] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return Number(ran) / 1e6;
}
