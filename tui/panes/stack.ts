/** The guest's call stack at the selected event; at a trap, where it trapped. */

import { escapeText } from '../../wasi/escape.ts';
import { demangle } from '../../wasm/names.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { line, span } from '../text/line.ts';
import { hex } from '../text/units.ts';
import type { ContentLine, TabContent } from './content.ts';

interface Frame {
  readonly func: number;
  readonly offset: number;
  readonly name?: string | undefined;
}

export function stackContent(bugger: Debugger): TabContent {
  const { guest, position, reader } = bugger;
  const { outcome } = reader.meta;
  // the trace itself knows where it trapped
  const isTrap = position === reader.eventCount - 1 && outcome?.kind === 'trap';
  if (isTrap && guest.stack?.position !== position) {
    const frames = outcome.trap.frames.map(({ name, ...frame }) => ({
      ...frame,
      name: name === undefined ? undefined : demangle(name),
    }));
    return { lines: frameLines(frames), note: 'where it trapped' };
  }
  if (guest.stack === undefined) {
    return { lines: [{ line: line(span(guest.problemAt(position) ?? 'replaying…', 'dim')) }] };
  }
  const { value } = guest.stack;
  const stale = guest.stack.position === position ? '' : ' (replaying…)';
  if (value.length === 0) {
    return {
      lines: [{ line: line(span('no guest function is running here', 'dim')) }],
      note: stale,
    };
  }
  return { lines: frameLines(value), note: `${value.length} frames${stale}` };
}

function frameLines(frames: readonly Frame[]): ContentLine[] {
  return frames.map(({ func, offset, name }, index) => ({
    line: line(
      span(`${index === 0 ? '▸' : ' '} ${`${index}`.padStart(3)} `, 'dim'),
      span(escapeText(name ?? `function ${func}`), 'name'),
      span(`  ${hex(offset)}`, 'number'),
      span(`  function ${func}`, 'dim'),
    ),
  }));
}
