/**
 * The terminal while the UI has it: raw input, mouse, suspending, and giving everything back on every
 * way out. Ink has the alternate screen; input is read here, since Ink drops mouse reports.
 */
import type { ReadStream, WriteStream } from 'node:tty';
import { type InputEvent, InputParser } from './keypress.ts';
import {
  ALTERNATE_OFF,
  CURSOR_SHOW,
  copySequence,
  MOUSE_OFF,
  MOUSE_ON,
  PASTE_OFF,
  PASTE_ON,
  RESET_STYLE,
  SYNCHRONIZED_OFF,
  WRAP_ON,
} from './modes.ts';

/** Milliseconds after which an Escape stands for itself: a terminal sends a sequence in one piece. */
const ESCAPE_MS = 25;

export class Terminal {
  private readonly stdin: ReadStream;
  private readonly stdout: WriteStream;
  private readonly onInput: (event: InputEvent) => void;
  private readonly parser = new InputParser();
  private escape: NodeJS.Timeout | undefined;
  private held = false;

  constructor(stdin: ReadStream, stdout: WriteStream, onInput: (event: InputEvent) => void) {
    this.stdin = stdin;
    this.stdout = stdout;
    this.onInput = onInput;
  }

  /** Takes the keyboard and the mouse. */
  take(): void {
    if (this.held) return;
    this.held = true;
    this.stdin.setEncoding('utf8');
    this.stdin.setRawMode(true);
    this.stdin.on('data', this.read);
    this.stdin.resume();
    this.stdout.write(MOUSE_ON + PASTE_ON);
  }

  /** Gives them back; the screen is Ink's to give back. */
  release(): void {
    if (!this.held) return;
    this.held = false;
    clearTimeout(this.escape);
    this.stdin.off('data', this.read);
    this.stdin.pause();
    if (!this.stdin.destroyed) this.stdin.setRawMode(false);
    if (!this.stdout.destroyed) this.stdout.write(PASTE_OFF + MOUSE_OFF);
  }

  /** Gives everything back at once, whatever state Ink is in: for a crash. */
  restore(): void {
    this.release();
    this.stdout.write(SYNCHRONIZED_OFF + WRAP_ON + RESET_STYLE + ALTERNATE_OFF + CURSOR_SHOW);
  }

  copy(text: string): void {
    this.stdout.write(copySequence(text));
  }

  private readonly read = (chunk: string | Buffer): void => {
    clearTimeout(this.escape);
    this.deliver(this.parser.push(String(chunk)));
    if (!this.parser.isPending) return;
    this.escape = setTimeout(() => this.deliver(this.parser.flush()), ESCAPE_MS);
  };

  private deliver(events: readonly InputEvent[]): void {
    for (const event of events) {
      if (this.held) this.onInput(event);
    }
  }
}
