/** A real terminal: a tmux server of its own, with a shell in it. */
import { execFileSync, spawnSync } from 'node:child_process';

export const HAS_TMUX = spawnSync('tmux', ['-V']).status === 0;

const WAIT_MS = 100_000;

/** What the terminal is in, apart from what it shows. */
export interface Modes {
  readonly alternateScreen: boolean;
  readonly cursorShown: boolean;
  readonly mouse: boolean;
}

export class TmuxTerminal implements Disposable {
  private readonly socket: string;

  constructor(columns: number, rows: number) {
    this.socket = `wasi-rr-test-${process.pid}-${Math.round(performance.now() * 1000)}`;
    const shell = 'exec env PS1="ready> " TERM=screen-256color bash --norc --noprofile -i';
    this.tmux('-f', '/dev/null', 'new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, shell);
  }

  /** Text on the screen. */
  text(): string {
    return this.tmux('capture-pane', '-p');
  }

  /** Sends keys by tmux's names (`Enter`, `C-z`), or text. */
  keys(...keys: readonly string[]): void {
    this.tmux('send-keys', ...keys);
  }

  type(text: string): void {
    this.tmux('send-keys', '-l', text);
  }

  resize(columns: number, rows: number): void {
    this.tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`);
  }

  modes(): Modes {
    const format = '#{alternate_on} #{cursor_flag} #{mouse_any_flag}';
    const [alternate, cursor, mouse] = this.tmux('display-message', '-p', format).trim().split(' ');
    return {
      alternateScreen: alternate === '1',
      cursorShown: cursor === '1',
      mouse: mouse === '1',
    };
  }

  /** Waits until the screen shows something. @throws with the screen, after a long while */
  async until(wanted: string | RegExp): Promise<string> {
    const end = performance.now() + WAIT_MS;
    for (;;) {
      const text = this.text();
      if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) return text;
      if (performance.now() > end) throw new Error(`never shown: ${wanted}\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  [Symbol.dispose](): void {
    spawnSync('tmux', ['-L', this.socket, 'kill-server']);
  }

  private tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.socket, ...args], { encoding: 'utf8' });
  }
}
