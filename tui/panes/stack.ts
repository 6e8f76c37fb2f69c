/** The guest's call stack at the selected event; at a trap, where it trapped. */

import type { SourceFrame } from '../../replayer/dwarf/debug-info.ts';
import { type LinePlace, placeText } from '../../replayer/dwarf/line-index.ts';
import { escapeText } from '../../wasi/escape.ts';
import { demangle } from '../../wasm/demangle.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { momentText } from '../debugger/inside.ts';
import { line, type Span, span } from '../text/line.ts';
import { hex } from '../text/units.ts';
import { type ContentLine, messageLines, type TabContent } from './content.ts';

interface Frame {
  readonly func: number;
  readonly offset: number;
  readonly name?: string | undefined;
  readonly source?: readonly SourceFrame[];
  /** Of a component: whose function it is. */
  readonly instance?: { readonly id: number; readonly name: string };
}

export function stackContent(bugger: Debugger, width: number): TabContent {
  const { guest, position, reader } = bugger;
  const { inside } = bugger.state;
  if (inside !== undefined) {
    const { stack, mark, entered, level, call } = inside;
    if (stack.length === 0) return none('');
    return {
      lines: frameLines(stack, { level, call }),
      note: `${countText(stack.length)}, ${momentText(mark, entered)}`,
    };
  }
  const { outcome } = reader.meta;
  // the trace itself knows where it trapped
  if (outcome?.kind === 'trap' && bugger.atTrap && guest.stack?.position !== position) {
    const frames = outcome.trap.frames.map(({ name, module, ...frame }) => {
      // which of several instances of a module it was, the replay tells
      const [instance, other] =
        guest.layout?.instances.filter((one) => one.module === module) ?? [];
      return {
        ...frame,
        name: name === undefined ? undefined : demangle(name),
        ...(instance && !other && { instance }),
      };
    });
    return { lines: frameLines(frames), note: 'where it trapped' };
  }
  const problem = guest.problemAt(position);
  if (guest.stack === undefined || problem !== undefined) {
    return { lines: messageLines(problem ?? guest.waitingText(position), width) };
  }
  const { value } = guest.stack;
  const stale = guest.stack.position === position ? '' : ` (${guest.waitingText(position)})`;
  if (value.length === 0) return none(stale);
  return { lines: frameLines(value), note: `${countText(value.length)}${stale}` };
}

function none(note: string): TabContent {
  return { lines: [{ line: line(span('no guest function is running here', 'dim')) }], note };
}

function countText(frames: number): string {
  return frames === 1 ? '1 frame' : `${frames} frames`;
}

/**
 * Calls that were inlined have lines of their own, before the function that they are in.
 * @param selected the frame and call that is looked at
 */
export function frameLines(
  frames: readonly Frame[],
  selected = { level: 0, call: 0 },
): ContentLine[] {
  return frames.flatMap(({ func, offset, name, source = [], instance }, index) => {
    const lead = (number: string, call: number) => {
      const isSelected = index === selected.level && call === selected.call;
      return span(
        `${isSelected ? '▸' : ' '} ${number.padStart(3)} `,
        isSelected ? 'strong' : 'dim',
      );
    };
    const target = (call: number) => ({ kind: 'frame', level: index, call }) as const;
    const inlined = source.filter((call) => call.inlined);
    const own = source.find((call) => !call.inlined);
    return [
      ...inlined.map((call, at) => ({
        line: line(
          lead('', at),
          span(escapeText(call.name ?? '?'), 'name'),
          placeSpan(call.place),
          span('  inlined', 'dim'),
        ),
        target: target(at),
      })),
      {
        line: line(
          lead(`${index}`, inlined.length),
          span(escapeText(name ?? `function ${func}`), 'name'),
          placeSpan(own?.place),
          span(instance ? `  ${instance.id} ${escapeText(instance.name)}` : '', 'dim'),
          span(`  ${hex(offset)}`, 'number'),
          span(name === undefined ? '' : `  function ${func}`, 'dim'),
        ),
        target: target(inlined.length),
      },
    ];
  });
}

/** Two cells and `src/main.c:12:3`; nothing where the debug information has no place. */
export function placeSpan(place: LinePlace | undefined): Span {
  return place === undefined ? span('') : span(`  ${escapeText(placeText(place))}`, 'path');
}
