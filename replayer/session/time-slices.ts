/** Long work on the main thread in slices, so that a UI stays alive, can show progress and cancel. */
import { setImmediate as immediate } from 'node:timers/promises';
import type { RequestOptions } from '../requests/request-link.ts';

/** Milliseconds of work between two turns of the event loop: less than a frame of a terminal. */
const SLICE_MS = 8;

const PROGRESS_MS = 200;

/** Gives the event loop its turns; one for each piece of long work. */
export class TimeSlices {
  private readonly options: RequestOptions;
  private sliceEnd = performance.now() + SLICE_MS;
  private nextReport = performance.now() + PROGRESS_MS;

  constructor(options: RequestOptions) {
    this.options = options;
  }

  /** Whether {@link turn} is due. */
  get over(): boolean {
    return performance.now() >= this.sliceEnd;
  }

  /**
   * @param event that the work has come to
   * @throws the reason of the signal
   */
  async turn(event: number): Promise<void> {
    const { signal, onProgress } = this.options;
    await immediate();
    signal?.throwIfAborted();
    const now = performance.now();
    this.sliceEnd = now + SLICE_MS;
    if (now < this.nextReport) return;
    this.nextReport = now + PROGRESS_MS;
    onProgress?.(event);
  }
}
