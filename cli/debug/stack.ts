/** The commands that show the stack and select a frame of it. */
import { escapeText, hasFunctionName } from '../../index.ts';
import { frameTexts } from '../frames.ts';
import { type Answer, refuse } from './answer.ts';
import type { DebugCommand } from './commands.ts';
import { countOf } from './counts.ts';
import type { Debugger } from './debugger.ts';
import { frameText, jsonFrame } from './show.ts';

/** Frames that are listed, unless more are asked for: a stack overflow has thousands. */
const MAX_FRAMES = 100;

/** `[full] [N]`: all frames, or the innermost N, or with -N the outermost. */
export async function backtrace(debug: Debugger, rest: string): Promise<Answer> {
  const { isFull, limit } = backtraceOptions(rest);
  const { stack } = debug;
  const wanted = limit ?? MAX_FRAMES;
  const from = wanted < 0 ? Math.max(0, stack.length + wanted) : 0;
  const to = wanted < 0 ? stack.length : Math.min(stack.length, wanted);
  const shown = stack.slice(from, to);
  const variables = isFull ? await debug.travel.frames(debug.mark, debug.options) : [];
  const text = shown.flatMap((frame, i) => {
    const calls = frameTexts(frame);
    const own = variables[from + i]?.variables ?? [];
    return calls.flatMap((call, inner) => [
      `${inner === calls.length - 1 ? `#${from + i}` : ''}`.padEnd(5) + call,
      ...(own[inner] ?? []).map(
        ({ name, value }) => `        ${escapeText(name)} = ${escapeText(value)}`,
      ),
    ]);
  });
  const more = stack.length - to;
  return {
    text: more > 0 ? [...text, `… ${more} more`] : text,
    json: {
      stack: shown.map((frame, i) => ({
        ...jsonFrame(frame, from + i),
        ...(isFull && { variables: variables[from + i]?.variables ?? [] }),
      })),
    },
  };
}

function backtraceOptions(rest: string): { isFull: boolean; limit: number | undefined } {
  const words = rest.split(/\s+/).filter((word) => word !== '');
  let isFull = false;
  let limit: number | undefined;
  for (const word of words) {
    if (/^-?fu?l?l?$/.test(word)) isFull = true;
    else if (/^-?[1-9]\d{0,8}$/.test(word)) limit = Number(word);
    else throw refuse(`"${word}" is not understood: backtrace 5, backtrace -5, backtrace full.`);
  }
  return { isFull, limit };
}

function selecting(
  names: readonly string[],
  usage: string,
  help: string,
  by: (debug: Debugger, rest: string) => number,
): DebugCommand {
  const run = async (debug: Debugger, rest: string): Promise<Answer> => {
    debug.select(by(debug, rest));
    return { text: frameText(debug), json: { frame: jsonFrame(debug.frame, debug.frameNumber) } };
  };
  return { names, usage, help, repeats: true, run };
}

/** Outwards, as far as there are frames. */
function outwards({ frameNumber, stack }: Debugger, rest: string): number {
  const steps = countOf(rest);
  const outermost = stack.length - 1;
  if (frameNumber === outermost) throw refuse('this is the outermost frame: nothing called it.');
  return Math.min(outermost, frameNumber + steps);
}

function inwards({ frameNumber }: Debugger, rest: string): number {
  const steps = countOf(rest);
  if (frameNumber === 0) throw refuse('this is the innermost frame.');
  return Math.max(0, frameNumber - steps);
}

/** By number, or by a function's name or the end of its path, as breakpoints have it. */
function frameNamed({ stack }: Debugger, given: string): number {
  const text = given.replace(/^function\s+/, '');
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const found = stack.findIndex(({ name, source }) =>
    [name, ...source.map((call) => call.name)].some(
      (one) => one !== undefined && hasFunctionName(one, text),
    ),
  );
  if (found >= 0) return found;
  throw refuse(`"${text}" is no frame: backtrace lists them.`);
}

export const STACK_COMMANDS: readonly DebugCommand[] = [
  {
    names: ['backtrace', 'bt', 'where'],
    usage: '[full] [N | -N]',
    help: 'the stack, innermost first; N frames of it, or the outermost N; full: with variables',
    run: backtrace,
  },
  selecting(
    ['frame', 'f'],
    '[N | FUNCTION]',
    'select a frame of the stack, 0 is the innermost',
    (debug, rest) => (rest === '' ? debug.frameNumber : frameNamed(debug, rest)),
  ),
  selecting(['up'], '[N]', 'select the caller', outwards),
  selecting(['down', 'dow'], '[N]', 'select what was called', inwards),
];
