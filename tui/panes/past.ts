/** A hang beyond the end of its recording: whether it runs, its stack, and where it spends its time. */

import { escapeText } from '../../wasi/escape.ts';
import type { Past } from '../debugger/past.ts';
import { type Line, line, span } from '../text/line.ts';
import { frameLines, placeSpan } from './stack.ts';

export function pastLines(past: Past): Line[] {
  const { stop, hot, samples } = past;
  const lines: Line[] = [line(span(stateText(past), past.problem ? 'error' : 'strong'))];
  if (samples > 0) {
    lines.push([], line(span(`hottest functions, ${samples} samples`, 'title')));
    const most = [...hot.values()].sort((left, right) => right.samples - left.samples);
    for (const { frame, samples: taken } of most) {
      const percent = `${((100 * taken) / samples).toFixed(1)} %`.padStart(9);
      const own = frame.source.find((call) => !call.inlined);
      lines.push(
        line(span(`${percent}  `, 'number'), span(nameOf(frame), 'name'), placeSpan(own?.place)),
      );
    }
  }
  if (stop !== undefined) {
    lines.push([], line(span('stack', 'title')));
    lines.push(...frameLines(stop.stack).map((one) => one.line));
  }
  return lines;
}

function nameOf({ func, name }: { readonly func: number; readonly name: string | undefined }) {
  return escapeText(name ?? `function ${func}`);
}

function stateText({ state, ranMs, stop, problem }: Past): string {
  const ran = `${Math.round(ranMs)} ms past the end`;
  switch (state) {
    case 'running':
      return `▶ runs on: ${ran}`;
    case 'pausing':
      return `▶ pausing: ${ran}`;
    case 'paused':
      return `‖ paused ${ran}`;
    case 'called':
      return `■ it gets no further than this call, to which no answer was recorded: ${escapeText(stop?.call?.name ?? '?')}(${stop?.call?.args.join(', ') ?? ''})`;
    case 'ended':
      return stop?.trap === undefined
        ? `■ it returned ${ran}`
        : `■ it trapped ${ran}: ${escapeText(stop.trap)}`;
    case 'failed':
      return `✖ ${escapeText(problem ?? '')}`;
  }
}
