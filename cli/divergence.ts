/** A divergence, for people. */
import type { DivergenceReport } from '../index.ts';
import { formatFrames } from './frames.ts';

/** Where the replay did something else than the recording, and why that may be. */
export function formatDivergence(divergence: DivergenceReport): string {
  const { event, expected, actual, difference, frames, likelyCause } = divergence;
  return [
    `the replay diverged from the recording at event #${event}`,
    `  recorded    ${expected}`,
    `  replayed    ${actual}`,
    `  difference  ${difference}`,
    `  likely      ${likelyCause}`,
    ...(frames.length === 0 ? [] : ['  guest stack', ...formatFrames(frames)]),
  ].join('\n');
}
