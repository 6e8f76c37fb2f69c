/** The commands of the debugger, with gdb's words, as a table. */
import type { BreakSpec, Motion, StepSize } from '../../index.ts';
import { byteNumber } from '../byte-number.ts';
import { formatFrames } from '../frames.ts';
import { type Answer, refuse } from './answer.ts';
import type { Debugger, Stop } from './debugger.ts';
import { examine, parseFormat } from './examine.ts';
import { information } from './information.ts';
import { listSource } from './list-source.ts';
import { describePoint, jsonPoint, type Point } from './points.ts';
import { frameText, jsonFrame, markText, showStop, valueJson, valueText } from './show.ts';
import { addressOf, valueNamed } from './values.ts';

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

function breaking(names: readonly string[], once: boolean, help: string): DebugCommand {
  const run = async (debug: Debugger, rest: string): Promise<Answer> => {
    const frames = await debug.travel.places(specOf(debug, rest), debug.options);
    return made(debug.points.add({ kind: 'breakpoint', frames }, once));
  };
  return { names, usage: 'FUNCTION | FILE:LINE | LINE | *BYTE', help, run };
}

function selecting(
  names: readonly string[],
  help: string,
  by: (now: number, rest: string) => number,
) {
  const run = async (debug: Debugger, rest: string): Promise<Answer> => {
    debug.select(by(debug.frameNumber, rest));
    return { text: frameText(debug), json: { frame: jsonFrame(debug.frame, debug.frameNumber) } };
  };
  return { names, usage: '[N]', help, run };
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
    run: async ({ mark }) => ({ text: [markText(mark)], json: { mark } }),
  },
  breaking(['break', 'b', 'br'], false, 'stop before this code'),
  breaking(['tbreak', 'tb'], true, 'the same, once'),
  {
    names: ['watch'],
    usage: '[-a] ADDRESS [LENGTH]',
    help: 'stop where these bytes change; with -a at every write',
    run: async (debug, rest) => {
      const [, all, address = '', length = '4'] =
        /^(-a\s+)?\*?\s*(\S+)(?:\s+(\S+))?$/.exec(rest) ?? [];
      if (address === '') throw refuse('give an address: watch 0x12310 4.');
      const watch = {
        address: await addressOf(debug, address),
        length: byteNumber(length),
        every: all !== undefined,
      };
      if (watch.length === 0 || watch.address + watch.length > 2 ** 32) {
        throw refuse('that is no range of memory.');
      }
      return made(debug.points.add({ kind: 'watchpoint', watch }));
    },
  },
  {
    names: ['catch'],
    usage: '[CALL]',
    help: 'stop before calls of the host, such as fd_write; before any without a name',
    run: async (debug, rest) => {
      const call = rest.replace(/^(syscall|call)\b\s*/, '') || '*';
      const known = [...debug.trace.functions.values()].map(({ name }) => name);
      if (call !== '*' && !known.includes(call)) {
        throw refuse(`the run makes no call "${call}"; it makes ${known.sort().join(', ')}.`);
      }
      return made(debug.points.add({ kind: 'catchpoint', call }));
    },
  },
  {
    names: ['delete', 'd'],
    usage: '[N]',
    help: 'remove a breakpoint, or all',
    run: async (debug, rest) => {
      debug.points.delete(rest === '' ? undefined : countOf(rest));
      return debug.points.list();
    },
  },
  {
    names: ['backtrace', 'bt', 'where'],
    usage: '',
    help: 'the stack, innermost first',
    run: async ({ stack }) => ({
      text: formatFrames(stack).map((line) => line.trimStart()),
      json: { stack: stack.map(jsonFrame) },
    }),
  },
  selecting(['frame', 'f'], 'select a frame of the stack, 0 is the innermost', (now, rest) =>
    rest === '' ? now : frameNumber(rest),
  ),
  selecting(['up'], 'select the caller', (now, rest) => now + countOf(rest)),
  selecting(['down'], 'select what was called', (now, rest) => now - countOf(rest)),
  {
    names: ['info', 'i'],
    usage: 'breakpoints | locals | wasm | registers',
    help: 'what stops the run; variables of the frame; locals of wasm; globals of wasm',
    run: information,
  },
  {
    names: ['print', 'p'],
    usage: 'NAME',
    help: 'the value of a variable of the frame, of local0, local1… of wasm, or of a global',
    run: async (debug, rest) => {
      const value = await valueNamed(debug, rest);
      return {
        text: [`${rest} = ${valueText(value)}`],
        json: { name: rest, value: valueJson(value) },
      };
    },
  },
  {
    names: ['x'],
    usage: '/FORMAT ADDRESS',
    help: 'memory: x/4xw 0x12310, x/s local0, x/16xb local1+8; units b h w g, formats x d u o c s',
    run: (debug, rest) => {
      const [, format = '', address] = /^(?:\/(\S*)\s+)?(.+)$/.exec(rest) ?? [];
      if (address === undefined) throw refuse('give an address: x/4xw 0x12310.');
      const parsed = parseFormat(format);
      return addressOf(debug, address).then((at) => examine(debug, parsed, at));
    },
  },
  {
    names: ['list', 'l'],
    usage: '[LINE | FILE:LINE]',
    help: 'lines of the source, where its file is found (--source)',
    repeats: true,
    run: async (debug, rest) => listSource(debug, rest),
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
  const [, word = '', rest = ''] = /^\s*([a-zA-Z-]+)\s*(.*?)\s*$/.exec(line) ?? [];
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

function specOf(debug: Debugger, text: string): BreakSpec {
  if (text === '') return { kind: 'pc', pc: debug.frame.offset };
  if (text.startsWith('*')) return { kind: 'pc', pc: byteNumber(text.slice(1).trim()) };
  const [, file = debug.place?.file, line] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  if (line === undefined) return { kind: 'function', name: text };
  if (file !== undefined) return { kind: 'line', file, line: Number(line) };
  throw refuse('no line is known here: name the file too, as in main.c:12.');
}

function made(point: Point): Answer {
  return { text: describePoint(point), json: { point: jsonPoint(point) } };
}

/** At least 1; 1 without a number. */
function countOf(text: string): number {
  if (text === '') return 1;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw refuse(`"${text}" is no number above 0.`);
}

function frameNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw refuse(`"${text}" is no frame: backtrace numbers them from 0.`);
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
