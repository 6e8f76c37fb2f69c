/**
 * Writes frames to the terminal: the rows that differ from those on the screen, each whole, as one
 * synchronized update. Ink does not draw them: it takes a frame apart into cells and puts it together again,
 * which took 16 ms of CPU a key at 120 × 40 cells and 47 ms at 300 × 80, against 3 and 5 ms for everything in
 * this way (Ink 8.0, one Text a row; one Text for all rows was no faster).
 */
import type { ChangeCause } from '../debugger/debugger.ts';
import {
  CURSOR_HIDE,
  ERASE_BELOW,
  ERASE_RIGHT,
  rowStart,
  SYNCHRONIZED_OFF,
  SYNCHRONIZED_ON,
  WRAP_OFF,
  WRAP_ON,
} from '../terminal/modes.ts';

/**
 * Milliseconds from one frame to the next; the first one after a rest is drawn at once. A frame for input
 * waits for such frames only: what was replayed a moment ago must not hold up the next key.
 */
const FRAME_MS = 1000 / 60;

export class Painter {
  private readonly write: (text: string) => void;
  private readonly draw: () => readonly string[];
  private shown: readonly string[] = [];
  /** When the last frame was drawn, and the last one for input. */
  private last = { work: Number.NEGATIVE_INFINITY, input: Number.NEGATIVE_INFINITY };
  /** The next frame. */
  private planned: { readonly due: number; readonly cause: ChangeCause } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private held = false;

  /** @param draw the frame as it is to be now: a line with codes for each row of the screen */
  constructor(write: (text: string) => void, draw: () => readonly string[]) {
    this.write = write;
    this.draw = draw;
  }

  /**
   * The frame has changed: it is drawn once whoever changes it is done, or as soon as a frame is due. Never
   * before this returns, so that a failure to draw is not taken for one of theirs.
   */
  changed(cause: ChangeCause = 'work'): void {
    if (this.held) return;
    const due = this.last[cause] + FRAME_MS;
    if (this.planned !== undefined && this.planned.due <= due) return;
    clearTimeout(this.timer);
    const plan = { due, cause };
    this.planned = plan;
    const paint = () => {
      if (this.planned === plan) this.paint();
    };
    const wait = due - performance.now();
    if (wait > 0) this.timer = setTimeout(paint, wait);
    else queueMicrotask(paint);
  }

  /** Draws every row: the screen was used by others, or has another size. */
  repaint(): void {
    this.shown = [];
    this.held = false;
    this.paint();
  }

  /** Draws nothing any more, until the next {@link repaint}: the screen is somebody else's. */
  hold(): void {
    this.held = true;
    this.forgetPlan();
  }

  private forgetPlan(): void {
    clearTimeout(this.timer);
    this.planned = undefined;
  }

  private paint(): void {
    const cause = this.planned?.cause ?? 'work';
    this.forgetPlan();
    const lines = this.draw();
    const all = this.shown.length !== lines.length;
    const parts: string[] = [];
    for (const [row, line] of lines.entries()) {
      if (!all && line === this.shown[row]) continue;
      // what a character takes is the terminal's to say: nothing may be left of the row before
      parts.push(rowStart(row), ERASE_RIGHT, line);
    }
    this.shown = lines;
    const now = performance.now();
    this.last = { work: now, input: cause === 'input' ? now : this.last.input };
    if (parts.length === 0) return;
    const start = all ? CURSOR_HIDE + rowStart(0) + ERASE_BELOW : '';
    this.write(SYNCHRONIZED_ON + WRAP_OFF + start + parts.join('') + WRAP_ON + SYNCHRONIZED_OFF);
  }
}
