/** `whatis` and `ptype`: the type of an expression, or one by its name, and what it is made of. */
import { escapeText, type TypeText } from '../../index.ts';
import { type Answer, refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';
import { frameHere } from './values.ts';

type TypeLine = TypeText['lines'][number];

const HEAD = '/* offset   |   size */  ';
const NO_PLACE = ' '.repeat(HEAD.length);

async function described(debug: Debugger, expression: string): Promise<TypeText> {
  const question = { mark: debug.mark, place: frameHere(debug), expression };
  return debug.travel.type(question, debug.options);
}

export async function whatIs(debug: Debugger, rest: string): Promise<Answer> {
  if (rest === '') throw refuse('give an expression or a type: whatis u->next.');
  const { name, size } = await described(debug, rest);
  return {
    text: [`type = ${escapeText(name)}`],
    json: { of: rest, type: name, size: size ?? null },
  };
}

/** `ptype[/o] EXPRESSION | TYPE`: with offsets, too. */
export async function printType(debug: Debugger, rest: string): Promise<Answer> {
  const [, flags = '', expression = ''] = /^(?:\/(\S*)\s*)?(.*)$/s.exec(rest) ?? [];
  if (!/^o?x?$/.test(flags)) throw refuse(`"/${flags}" is not understood: ptype/o has offsets.`);
  if (expression === '') throw refuse('give an expression or a type: ptype u, ptype struct user.');
  const { name, size, lines } = await described(debug, expression);
  const text = flags === '' ? plain(lines) : withOffsets(lines);
  const json = { of: expression, type: name, size: size ?? null, lines: lines.filter(isShown) };
  return { text, json };
}

/** A hole at the end is no line of its own. */
function isShown({ text }: TypeLine): boolean {
  return text !== '';
}

function plain(lines: readonly TypeLine[]): string[] {
  return lines
    .filter(isShown)
    .map(({ text }, i) => `${i === 0 ? 'type = ' : ''}${escapeText(text)}`);
}

/** gdb's columns. */
function withOffsets(lines: readonly TypeLine[]): string[] {
  const last = lines.length - 1;
  const size = lines[0]?.size;
  return lines.flatMap((line, i) => {
    const { text, hole } = line;
    const before = hole === undefined ? [] : [`/* XXX ${String(hole).padStart(2)}-byte hole */`];
    if (text === '') return before;
    const total =
      i === last && i > 0 && size !== undefined
        ? [`${NO_PLACE}    /* total size: ${size} bytes */`]
        : [];
    const place = i === 0 ? HEAD : placeText(line);
    return [...before, ...total, `${place}${i === 0 ? 'type = ' : ''}${escapeText(text)}`];
  });
}

function placeText({ offset, bit, size }: TypeLine): string {
  if (offset === undefined || size === undefined) return NO_PLACE;
  const place = `${offset}${bit === undefined ? '' : `:${bit}`}`;
  return `/* ${place.padStart(8)} | ${String(size).padStart(6)} */  `;
}
