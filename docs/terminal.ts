/** A terminal for programs that need one: a tmux server of our own. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds for which a screen must not change before it counts as painted. */
const QUIET_MS = 400;
const LIMIT_MS = 15_000;

export class TmuxTerminal {
  // a server that is told to end takes its time
  private readonly socket = `wasi-rr-docs-${randomUUID()}`;
  private readonly env: NodeJS.ProcessEnv;

  /**
   * @param command for a shell; its screen stays when it ends
   * @param columns cells
   */
  constructor(command: string, columns: number, rows: number, env: NodeJS.ProcessEnv) {
    this.env = env;
    const size = ['-x', String(columns), '-y', String(rows)];
    this.tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-s', 'screen', 'exec sh');
    this.tmux('set', '-g', 'remain-on-exit', 'on');
    this.tmux('set', '-g', 'default-terminal', 'tmux-256color');
    this.tmux('set', '-g', 'escape-time', '0');
    this.tmux('respawn-pane', '-k', '-t', 'screen', command);
  }

  /** Presses keys by their tmux names (`j`, `Enter`, `C-o`). */
  press(...keys: string[]): void {
    this.tmux('send-keys', '-t', 'screen', ...keys);
  }

  /** Types text as it is. */
  type(text: string): void {
    this.tmux('send-keys', '-l', '-t', 'screen', text);
  }

  /**
   * The screen once it shows what it is waited for and is still.
   * @param colours with the SGR sequences that draw it
   */
  async settled(words: RegExp, colours = false): Promise<string> {
    const end = performance.now() + LIMIT_MS;
    let since = performance.now();
    for (let before = ''; performance.now() < end; await sleep(50)) {
      const screen = this.capture(false);
      const moving = screen !== before || /replaying|reading…|starting/.test(screen);
      if (moving || !words.test(screen)) since = performance.now();
      else if (performance.now() - since > QUIET_MS) return this.capture(colours);
      before = screen;
    }
    throw new Error(`the screen never showed ${words} and came to rest:\n${this.capture(false)}`);
  }

  close(): void {
    this.tmux('kill-server');
  }

  private capture(colours: boolean): string {
    const text = this.tmux('capture-pane', '-p', '-t', 'screen', ...(colours ? ['-e'] : []));
    return text.replace(/\n+$/, '\n');
  }

  private tmux(...args: string[]): string {
    // every time: a command that is started takes its PATH from here, not from the server
    const options = { encoding: 'utf8', env: this.env } as const;
    return execFileSync('tmux', ['-L', this.socket, ...args], options);
  }
}
