/** What a guest did past the last event of its recording, for people and as JSON. */
import { escapeText, type PastStop } from '../index.ts';
import { formatFrames } from './frames.ts';
import { jsonLine } from './json.ts';
import { count } from './units.ts';

/** Lines: how far it got, its stack, and where it spent its time. */
export function formatPast(stop: PastStop): string[] {
  const { stack, hottest, samples } = stop;
  const lines = [stateText(stop), ...formatFrames(stack)];
  if (samples === 0) return lines;
  return [
    ...lines,
    `hottest functions, ${count(samples, 'sample')}:`,
    ...hottest.map(({ frame: { func, name }, share }) => {
      const percent = `${(100 * share).toFixed(1)} %`.padStart(9);
      const place = `function ${func}`;
      return `${percent}  ${name === undefined ? place : `${escapeText(name)} (${place})`}`;
    }),
  ];
}

function stateText({ state, ranMs, call, trap }: PastStop): string {
  const ran = `${Math.round(ranMs)} ms past the end`;
  switch (state) {
    case 'paused':
      return `after ${ran} it still runs, without a call:`;
    case 'called':
      return `it gets no further than this call, to which no answer was recorded: ${escapeText(call?.name ?? '?')}(${call?.args.join(', ') ?? ''})`;
    case 'ended':
      return trap === undefined ? `it returned ${ran}` : `it trapped ${ran}: ${escapeText(trap)}`;
  }
}

/** @param event the last one that was recorded */
export function jsonPast(stop: PastStop, event: number): string {
  const { state, ranMs, stack, hottest, samples, call, trap } = stop;
  const named = ({ func, offset, name, mangled, source }: PastStop['stack'][number]) => ({
    func,
    offset,
    name: name ?? null,
    mangled: mangled ?? null,
    source,
  });
  return jsonLine({
    event,
    state,
    ranMs: Math.round(ranMs),
    stack: stack.map(named),
    hottest: hottest.map(({ frame, share }) => ({ ...named(frame), share })),
    samples,
    call: call ?? null,
    trap: trap ?? null,
  });
}
