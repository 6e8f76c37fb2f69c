/** How far long work is: one line on stderr that rewrites itself and leaves nothing behind. */
import type { OnProgress } from '../index.ts';
import { stderr } from './streams.ts';

/** Milliseconds before anything is shown: most work is done by then. */
const DELAY_MS = 500;
const INTERVAL_MS = 100;

/** Erases the line that the cursor is in, and goes to its start. */
const ERASE = '\r\x1b[K';

export class Progress {
  private readonly label: string;
  private readonly unit: string;
  private next = performance.now() + DELAY_MS;
  private shown = false;
  private over = false;

  /**
   * @param label what is being done, e.g. `replaying x.wrr`
   * @param unit what it is counted in
   */
  constructor(label: string, unit = 'events') {
    this.label = label;
    this.unit = unit;
  }

  /** Shows where the work is; nothing where stderr is no terminal. May be called at any rate. */
  readonly update = (done: number, total: number): void => {
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    this.show(`${this.label}: ${percent} % (${done} of ${total} ${this.unit})`);
  };

  /** The same of a replay for which a program may have to be prepared first. @param events of the run */
  replay(events: number): OnProgress {
    return (event, preparing) => {
      if (preparing === undefined) this.update(event + 1, events);
      else this.show(`preparing the program: ${Math.floor(100 * preparing)} %`);
    };
  }

  private show(text: string): void {
    if (this.over || !stderr.isTerminal || performance.now() < this.next) return;
    this.next = performance.now() + INTERVAL_MS;
    this.shown = true;
    void stderr.write(`${ERASE}${text}`);
  }

  /** Takes the line away, before other output and at the end. */
  clear(): void {
    if (this.shown) void stderr.write(ERASE);
    this.shown = false;
  }

  /** Takes the line away for good: work that was given up may tell once more how far it is. */
  end(): void {
    this.clear();
    this.over = true;
  }
}
