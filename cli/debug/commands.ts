/** The commands of the debugger, with gdb's words, as a table. */
import { escapeText, type Motion, type StepSize } from '../../index.ts';
import { frameTexts } from '../frames.ts';
import { type Answer, refuse } from './answer.ts';
import { breakSpec, POINT_COMMANDS } from './breakpoints.ts';
import type { Debugger, Stop } from './debugger.ts';
import { disassemble } from './disassemble.ts';
import { showDisplays } from './displays.ts';
import { examine, parseFormat } from './examine.ts';
import { find, first } from './find.ts';
import { variableHistory } from './history.ts';
import { INFO_SUBJECTS, information } from './information.ts';
import { listSource } from './list-source.ts';
import { frameText, jsonFrame, markText, showStop } from './show.ts';
import { addressOf, evaluated, formatAndExpression, jsonValue, printValue } from './values.ts';

export interface DebugCommand {
  /** The first is the one that help shows. */
  readonly names: readonly string[];
  readonly usage: string;
  readonly help: string;
  /** Whether an empty line does it again. */
  readonly repeats?: boolean;
  /** @returns undefined to quit */
  readonly run: (debug: Debugger, rest: string) => Promise<Answer | undefined>;
}

function stepping(names: readonly string[], size: StepSize, reverse: boolean, help: string) {
  const run = async (debug: Debugger, rest: string): Promise<Answer> => {
    if (size === 'out' && debug.stack.length <= 1) {
      throw refuse('this is the outermost function: nothing of the guest called it.');
    }
    let stop: Stop | undefined;
    const total = countOf(rest);
    for (let done = 0; done < total; ) {
      const { active: points } = debug.points;
      stop = await debug.move({ kind: 'step', size, reverse, points });
      if (stop.reason.kind !== 'moved') break;
      done++;
      debug.onStep(done, total);
    }
    if (stop === undefined) throw refuse('0 steps go nowhere.');
    return showStop(debug, stop);
  };
  return { names, usage: size === 'out' ? '' : '[N]', help, repeats: true, run };
}

function continuing(names: readonly string[], reverse: boolean, help: string): DebugCommand {
  const run = async (debug: Debugger): Promise<Answer> => {
    const { active: points } = debug.points;
    return showStop(debug, await debug.move({ kind: 'continue', reverse, points }));
  };
  return { names, usage: '', help, repeats: true, run };
}

function selecting(
  names: readonly string[],
  usage: string,
  help: string,
  by: (debug: Debugger, rest: string) => number,
) {
  const run = async (debug: Debugger, rest: string): Promise<Answer> => {
    debug.select(by(debug, rest));
    return { text: frameText(debug), json: { frame: jsonFrame(debug.frame, debug.frameNumber) } };
  };
  return { names, usage, help, run };
}

export const COMMANDS: readonly DebugCommand[] = [
  stepping(['step', 's'], 'line', false, 'to the next line, into functions'),
  stepping(['next', 'n'], 'line-over', false, 'to the next line, over calls'),
  stepping(['stepi', 'si'], 'instruction', false, 'to the next instruction'),
  stepping(['nexti', 'ni'], 'instruction-over', false, 'to the next instruction, over calls'),
  stepping(['finish', 'fin'], 'out', false, 'out of the function'),
  stepping(['reverse-step', 'rs'], 'line', true, 'back to the line before, into functions'),
  stepping(['reverse-next', 'rn'], 'line-over', true, 'back to the line before, over calls'),
  stepping(['reverse-stepi', 'rsi'], 'instruction', true, 'back by an instruction'),
  stepping(['reverse-nexti', 'rni'], 'instruction-over', true, 'the same, over calls'),
  stepping(['reverse-finish', 'rf'], 'out', true, 'back to the call of the function'),
  {
    names: ['advance', 'until'],
    usage: 'FUNCTION | FILE:LINE | LINE | *BYTE',
    help: 'on to this code, whatever stops before',
    run: async (debug, rest) => {
      const frames = await debug.travel.places(breakSpec(debug, rest), debug.options);
      const breaks = frames.map(({ offset }) => offset);
      const points = { breaks, calls: [], watches: [] };
      return showStop(debug, await debug.move({ kind: 'continue', reverse: false, points }));
    },
  },
  continuing(['continue', 'c'], false, 'to the next breakpoint, or to the end'),
  continuing(['reverse-continue', 'rc'], true, 'to the breakpoint before, or to the start'),
  {
    names: ['goto'],
    usage: '#N | start | end | failure',
    help: 'to right after event N, or to a place of the run',
    run: async (debug, rest) => showStop(debug, await goTo(debug, rest)),
  },
  {
    names: ['when'],
    usage: '',
    help: 'which event has passed last, and the tick',
    run: async ({ mark, entered }) => ({
      text: [markText(mark, entered)],
      json: { mark, ...(entered !== undefined && { entered }) },
    }),
  },
  ...POINT_COMMANDS,
  {
    names: ['backtrace', 'bt', 'where'],
    usage: '',
    help: 'the stack, innermost first',
    run: async ({ stack }) => ({
      text: stackLines(stack),
      json: { stack: stack.map(jsonFrame) },
    }),
  },
  selecting(
    ['frame', 'f'],
    '[N | FUNCTION]',
    'select a frame of the stack, 0 is the innermost',
    (debug, rest) => (rest === '' ? debug.frameNumber : frameNamed(debug, rest)),
  ),
  selecting(
    ['up'],
    '[N]',
    'select the caller',
    ({ frameNumber }, rest) => frameNumber + countOf(rest),
  ),
  selecting(
    ['down'],
    '[N]',
    'select what was called',
    ({ frameNumber }, rest) => frameNumber - countOf(rest),
  ),
  { names: ['info', 'i'], usage: INFO_SUBJECTS, help: 'what is known of these', run: information },
  {
    names: ['print', 'p'],
    usage: '[/x|d|u|o|t|c] EXPRESSION',
    help: 'its value: u->name, arr[3], *(int *)0x12310, sizeof(user), local0 of wasm, a global',
    run: printValue,
  },
  {
    names: ['history'],
    usage: '[/x] EXPRESSION',
    help: 'how a variable changed: in this call, if it lives in locals of wasm; else all writes to its bytes',
    run: variableHistory,
  },
  {
    names: ['whatis', 'ptype'],
    usage: 'EXPRESSION',
    help: 'its type',
    run: async (debug, rest) => {
      const { expression } = formatAndExpression(rest);
      const value = await evaluated(debug, expression);
      return {
        text: [`type = ${escapeText(value.type)}`],
        json: { name: expression, ...jsonValue(value) },
      };
    },
  },
  {
    names: ['display'],
    usage: '[[/x] EXPRESSION]',
    help: 'show its value here, and wherever the guest stops',
    run: async (debug, rest) => {
      if (rest === '') return showDisplays(debug);
      await evaluated(debug, formatAndExpression(rest).expression);
      return showDisplays(debug, [debug.displays.add(rest)]);
    },
  },
  {
    names: ['undisplay'],
    usage: '[N]',
    help: 'do not display it any more, or nothing',
    run: async (debug, rest) => {
      debug.displays.delete(rest === '' ? undefined : countOf(rest));
      return information(debug, 'display');
    },
  },
  {
    names: ['x'],
    usage: '/FORMAT ADDRESS',
    help: 'memory: x/4xw 0x12310, x/s u->name, x/16xb local1+8; units b h w g, formats x d u o c s',
    run: (debug, rest) => {
      const [, format = '', address] = /^(?:\/(\S*)\s+)?(.+)$/.exec(rest) ?? [];
      if (address === undefined) throw refuse('give an address: x/4xw 0x12310.');
      const parsed = parseFormat(format);
      return addressOf(debug, address).then((at) => examine(debug, parsed, at));
    },
  },
  {
    names: ['find'],
    usage: '"TEXT" | 0x62 0x75…',
    help: 'where memory holds these bytes now',
    run: find,
  },
  {
    names: ['first'],
    usage: '"TEXT" | 0x62 0x75…',
    help: 'go to where memory holds these bytes for the first time in the run',
    run: first,
  },
  {
    names: ['list', 'l'],
    usage: '[LINE | FILE:LINE | FUNCTION]',
    help: 'lines of the source, where its file is found (--source)',
    repeats: true,
    run: listSource,
  },
  {
    names: ['disassemble', 'disas'],
    usage: '[all | FUNCTION]',
    help: 'the code of WebAssembly, around here',
    run: disassemble,
  },
  { names: ['help', 'h'], usage: '', help: 'these commands', run: async () => help() },
  { names: ['quit', 'q', 'exit'], usage: '', help: 'leave', run: async () => undefined },
];

/**
 * The command that a line begins with, and what stands behind it. A command may be cut where it stays
 * the only one.
 * @throws WasiRrError OPTION_INVALID
 */
export function parseLine(line: string): { command: DebugCommand; rest: string } {
  const [, word = '', rest = ''] = /^\s*([a-zA-Z-]+)\s*(.*?)\s*$/s.exec(line) ?? [];
  const exact = COMMANDS.find(({ names }) => names.includes(word));
  const begun = COMMANDS.filter(({ names: [name = ''] }) => word !== '' && name.startsWith(word));
  const command = exact ?? (begun.length === 1 ? begun[0] : undefined);
  if (command !== undefined) return { command, rest };
  const names = begun.map(({ names: [name] }) => name).join(', ');
  throw refuse(
    begun.length > 1
      ? `"${word}" may be ${names}.`
      : `"${line.trim()}" is no command of the debugger: help lists them.`,
  );
}

async function goTo(debug: Debugger, place: string): Promise<Stop> {
  if (place === 'failure') return debug.begin();
  const motion = motionTo(place);
  const last = debug.trace.eventCount - 1;
  if (motion.kind === 'event' && motion.event > last) {
    throw refuse(`there is no event ${motion.event}: the events of this trace are 0 to ${last}.`);
  }
  return debug.move(motion);
}

function motionTo(place: string): Motion {
  if (place === 'start') return { kind: 'event', event: -1 };
  if (place === 'end') return { kind: 'end' };
  const [, event] = /^#?(\d+)$/.exec(place) ?? [];
  if (event !== undefined) return { kind: 'event', event: Number(event) };
  throw refuse(`"${place}" is no place of the run: give #17, start, end or failure.`);
}

/** At least 1; 1 without a number. */
function countOf(text: string): number {
  if (text === '') return 1;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw refuse(`"${text}" is no number above 0.`);
}

/** By number, or by a function's name or the end of its path. */
function frameNamed({ stack }: Debugger, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const found = stack.findIndex(({ name, source }) =>
    [name, ...source.map((call) => call.name)].some(
      (one) => one === text || one?.endsWith(`::${text}`),
    ),
  );
  if (found >= 0) return found;
  throw refuse(`"${text}" is no frame: backtrace lists them.`);
}

/** Frames that are listed: a stack overflow has thousands. */
const MAX_FRAMES = 100;

/** Calls that were inlined have no number of their own. */
function stackLines(stack: Debugger['stack']): string[] {
  const lines = stack.slice(0, MAX_FRAMES).flatMap((frame, number) => {
    const texts = frameTexts(frame);
    return texts.map((text, i) => `${i === texts.length - 1 ? `#${number}` : ''}`.padEnd(5) + text);
  });
  const more = stack.length - MAX_FRAMES;
  return more > 0 ? [...lines, `… ${more} more`] : lines;
}

function help(): Answer {
  const rows = COMMANDS.map(({ names, usage, help: what }) => ({
    command: `${names.join(', ')} ${usage}`.trimEnd(),
    what,
  }));
  const width = 46;
  return {
    text: rows.map(({ command, what }) => `${command.padEnd(width)} ${what}`),
    json: { commands: rows },
  };
}
