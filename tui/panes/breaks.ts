/** Breaks: what stops the run, with how often it has. */
import { placeText } from '../../replayer/dwarf/line-index.ts';
import type { WatchOn } from '../../replayer/timetravel/motions.ts';
import type { StopPoint } from '../../replayer/timetravel/stop-points.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { rangeText } from '../debugger/memory-history.ts';
import { line, span } from '../text/line.ts';
import { hex } from '../text/units.ts';
import type { ContentLine, TabContent } from './content.ts';

/** What bytes do where a watchpoint stops. */
export const WATCHED: Readonly<Record<WatchOn, string>> = {
  change: 'changes',
  write: 'is written',
  read: 'is read',
  access: 'is read or written',
};

export function breaksContent({ state }: Debugger): TabContent {
  if (state.points.length === 0) {
    const hints = [
      'nothing stops the run yet:',
      'b in Source stops at a line, t in Locals and Memory where bytes change;',
      ':break main.c:12 if n > 3, :watch u->score, :rwatch buf, :catch fd_write',
    ];
    return { lines: hints.map((text) => ({ line: line(span(text, 'dim')) })) };
  }
  return { lines: state.points.flatMap(pointLines) };
}

function pointLines(point: StopPoint): ContentLine[] {
  const { number, enabled, condition, hits, ignore } = point;
  const notes = [
    ...(hits > 0 ? [`${hits} ${hits === 1 ? 'hit' : 'hits'}`] : []),
    ...(ignore > 0 ? [`passes over ${ignore}`] : []),
    ...(enabled ? [] : ['off']),
  ];
  const first: ContentLine = {
    line: line(
      span(`${enabled ? '●' : '○'} ${`${number}`.padStart(2)}  `, enabled ? 'fatal' : 'dim'),
      span(whatText(point), 'name'),
      span(notes.length === 0 ? '' : `  ${notes.join(', ')}`, 'dim'),
    ),
    point: number,
  };
  if (condition === undefined) return [first];
  return [first, { line: line(span(`      if ${escapeText(condition)}`, 'text')), point: number }];
}

function whatText(point: StopPoint): string {
  switch (point.kind) {
    case 'breakpoint': {
      const [frame] = point.frames;
      const place = frame?.source[0]?.place;
      const name = frame?.source[0]?.name ?? frame?.name ?? `function ${frame?.func}`;
      const where = place === undefined ? hex(frame?.offset ?? 0) : placeText(place);
      const more = point.frames.length > 1 ? ` and ${point.frames.length - 1} more places` : '';
      return escapeText(`${name} ${where}${more}`);
    }
    case 'watchpoint': {
      const name = point.name === undefined ? '' : `${point.name} `;
      return escapeText(`${name}${rangeText(point.watch)} ${WATCHED[point.watch.on]}`);
    }
    case 'catchpoint':
      return point.call === '*' ? 'any call of the host' : `call of ${escapeText(point.call)}`;
  }
}
