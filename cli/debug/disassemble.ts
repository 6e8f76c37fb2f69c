/** `disassemble`: the code of a function, with the instruction where the frame stands. */
import { escapeText } from '../../index.ts';
import { count } from '../units.ts';
import { type Answer, refuse } from './answer.ts';
import { breakSpec } from './breakpoints.ts';
import type { Debugger } from './debugger.ts';

/** Instructions on both sides of the present one that are shown; of a function that is named, all. */
const AROUND = 8;

/** @param what `all`, a function or a place; nothing: around where the frame stands */
export async function disassemble(debug: Debugger, what: string): Promise<Answer> {
  const isHere = what === '' || what === 'all';
  const func = isHere ? debug.frame.func : await functionAt(debug, what);
  const { lines, name, locals, problem } = await debug.travel.disassembly(func, debug.options);
  const now = isHere ? lines.findIndex(({ offset }) => offset === debug.frame.offset) : -1;
  const from = what === '' && now >= 0 ? Math.max(0, now - AROUND) : 0;
  const to = what === '' && now >= 0 ? now + AROUND + 1 : lines.length;
  const shown = lines.slice(from, to);
  const text = shown.map(({ offset, depth, text: own }, i) => {
    const arrow = from + i === now ? '=>' : '  ';
    return `${arrow} 0x${offset.toString(16)}  ${'  '.repeat(depth)}${escapeText(own)}`;
  });
  return {
    text: [
      `${escapeText(name ?? '')} (function ${func}${locals.length === 0 ? '' : `, ${count(locals.length, 'local')}`}):`.trimStart(),
      ...text,
      ...(problem === undefined ? [] : [`the code cannot be read any further: ${problem}`]),
    ],
    json: {
      func,
      name: name ?? null,
      locals,
      instructions: shown,
      at: isHere ? debug.frame.offset : null,
    },
  };
}

async function functionAt(debug: Debugger, what: string): Promise<number> {
  const [place] = await debug.travel.places(breakSpec(debug, what), debug.options);
  if (place === undefined) throw refuse(`there is no code for "${what}".`);
  return place.func;
}

/** `x/5i 0x7a9`: so many from one on, in the function that it is in. */
export async function instructions(
  debug: Debugger,
  count: number,
  from: number,
): Promise<{ answer: Answer; next: number }> {
  const [place] = await debug.travel.places({ kind: 'pc', pc: from }, debug.options);
  if (place === undefined) throw refuse(`there is no code at byte 0x${from.toString(16)}.`);
  const { lines } = await debug.travel.disassembly(place.func, debug.options);
  const first = lines.findIndex(({ offset }) => offset >= from);
  const shown = lines.slice(first, first + count);
  const text = shown.map(({ offset, text: own }) => {
    const arrow = offset === debug.frame.offset ? '=>' : '  ';
    return `${arrow} 0x${offset.toString(16)}:\t${escapeText(own)}`;
  });
  const next = lines[first + count]?.offset ?? from;
  return { answer: { text, json: { func: place.func, instructions: shown } }, next };
}
