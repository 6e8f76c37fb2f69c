/** What chaos did to a run, in words. */
import type { RecordReport } from '../index.ts';

/** `chaos seed 7: 3 short-read, 1 no-space`; empty for a run without. */
export function describeChaos({ chaos, injected = {} }: RecordReport): string {
  if (chaos === undefined) return '';
  const counts = Object.entries(injected).map(([fault, times]) => `${times} ${fault}`);
  return `chaos seed ${chaos.seed}: ${counts.join(', ') || 'no fault'}`;
}
