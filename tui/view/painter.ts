/**
 * Writes frames to the terminal: the rows that differ from those on the screen, each whole, as one
 * synchronized update. Ink does not draw them: it takes a frame apart into cells and puts it together again,
 * which took 16 ms of CPU a key at 120 × 40 cells and 47 ms at 300 × 80, against 3 and 5 ms for everything in
 * this way (Ink 8.0, one Text a row; one Text for all rows was no faster).
 */
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

/** Milliseconds from one frame to the next; the first one after a rest is drawn at once. */
const FRAME_MS = 1000 / 60;

export class Painter {
  private readonly write: (text: string) => void;
  private readonly draw: () => readonly string[];
  private shown: readonly string[] = [];
  private last = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private held = false;

  /** @param draw the frame as it is to be now: a line with codes for each row of the screen */
  constructor(write: (text: string) => void, draw: () => readonly string[]) {
    this.write = write;
    this.draw = draw;
  }

  /** The frame has changed: it is drawn now, or as soon as a frame is due. */
  changed(): void {
    if (this.held || this.timer !== undefined) return;
    const due = this.last + FRAME_MS - performance.now();
    if (due <= 0) this.paint();
    else {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.paint();
      }, due);
    }
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
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private paint(): void {
    const lines = this.draw();
    const all = this.shown.length !== lines.length;
    const parts: string[] = [];
    for (const [row, line] of lines.entries()) {
      if (!all && line === this.shown[row]) continue;
      // what a character takes is the terminal's to say: nothing may be left of the row before
      parts.push(rowStart(row), ERASE_RIGHT, line);
    }
    this.shown = lines;
    this.last = performance.now();
    if (parts.length === 0) return;
    const start = all ? CURSOR_HIDE + rowStart(0) + ERASE_BELOW : '';
    this.write(SYNCHRONIZED_ON + WRAP_OFF + start + parts.join('') + WRAP_ON + SYNCHRONIZED_OFF);
  }
}
