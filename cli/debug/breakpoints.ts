/** The commands that set, change and remove what stops a run. */
import {
  type BreakSpec,
  type ConditionOf,
  conditionOf,
  type StopPoint,
  type WatchOn,
} from '../../index.ts';
import { byteNumber } from '../byte-number.ts';
import { type Answer, refuse } from './answer.ts';
import type { DebugCommand } from './commands.ts';
import type { Debugger } from './debugger.ts';
import { undisplay } from './displays.ts';
import { information } from './information.ts';
import { describePoint, jsonPoint } from './points.ts';
import { evaluated } from './values.ts';

/** `PLACE if CONDITION` */
function splitCondition(text: string): { what: string; condition: string | undefined } {
  const [, what = '', condition] = /^(.*?)(?:(?:^|\s+)if\b\s*(.*))?$/s.exec(text) ?? [];
  if (condition === '') throw refuse('a condition is missing behind "if".');
  return { what: what.trim(), condition };
}

async function check(debug: Debugger, of: ConditionOf, condition: string | undefined) {
  if (condition !== undefined) await debug.travel.checkCondition(of, condition, debug.options);
}

function breaking(names: readonly string[], once: boolean, help: string): DebugCommand {
  const run = async (debug: Debugger, rest: string): Promise<Answer> => {
    const { what, condition } = splitCondition(rest);
    const frames = await debug.travel.places(breakSpec(debug, what), debug.options);
    await check(debug, { kind: 'break', pcs: frames.map(({ offset }) => offset) }, condition);
    return made(debug.points.add({ kind: 'breakpoint', frames }, { once, condition }));
  };
  return { names, usage: 'FUNCTION | FILE:LINE | LINE | *BYTE [if CONDITION]', help, run };
}

async function watch(debug: Debugger, rest: string, given: WatchOn): Promise<Answer> {
  const { what, condition } = splitCondition(rest);
  const [, flags = '', place = ''] = /^((?:-\w+\s+)*)(.*)$/.exec(what) ?? [];
  const on = given === 'change' && /-a\b/.test(flags) ? 'write' : given;
  if (place === '') throw refuse('give a variable or an address: watch u->score, watch 0x12310 4.');
  const { address, length, name, type } = await watched(debug, place);
  if (length === 0 || address + length > 2 ** 32) throw refuse('that is no range of memory.');
  await check(debug, { kind: 'watch', length }, condition);
  const point = { kind: 'watchpoint', watch: { address, length, on }, name, type } as const;
  return made(debug.points.add(point, { condition }));
}

/** An address and a length; else the bytes of a variable, or those that a number points to. */
async function watched(debug: Debugger, place: string) {
  const [, first, second = '4'] = /^\*?\s*(\d\w*)(?:\s+(\w+))?$/.exec(place) ?? [];
  if (first !== undefined) {
    return {
      address: byteNumber(first),
      length: byteNumber(second),
      name: undefined,
      type: undefined,
    };
  }
  const [, expression = place, length] = /^(.*\S)\s+(\d\w*)$/.exec(place) ?? [];
  const value = await evaluated(debug, expression);
  if (value.address !== undefined && value.size !== undefined) {
    const size = length === undefined ? value.size : byteNumber(length);
    const type = length === undefined ? value.type : undefined;
    return { address: value.address, length: size, name: expression, type };
  }
  if (value.number === undefined) {
    throw refuse(`${expression} is in no memory, where it could be watched.`);
  }
  const address = Number(BigInt.asUintN(32, value.number));
  return { address, length: byteNumber(length ?? '4'), name: undefined, type: undefined };
}

async function catching(debug: Debugger, rest: string): Promise<Answer> {
  const { what, condition } = splitCondition(rest);
  if (what === 'trap') {
    const text = 'continue always stops at a trap: it is the end of the run (goto end).';
    return { text: [text], json: { note: text } };
  }
  const call = what.replace(/^(syscall|call)\b\s*/, '') || '*';
  const known = [...debug.trace.functions.values()].map(({ name }) => name);
  if (call !== '*' && !known.includes(call)) {
    throw refuse(`the run makes no call "${call}"; it makes ${known.sort().join(', ')}.`);
  }
  await check(debug, { kind: 'call' }, condition);
  return made(debug.points.add({ kind: 'catchpoint', call }, { condition }));
}

function changing(names: readonly string[], help: string, by: Partial<StopPoint>): DebugCommand {
  const run = async (debug: Debugger, rest: string): Promise<Answer> => {
    debug.points.change(numbersOf(rest), by);
    return debug.points.list();
  };
  return { names, usage: '[N…]', help, run };
}

export const POINT_COMMANDS: readonly DebugCommand[] = [
  breaking(['break', 'b', 'br'], false, 'stop before this code'),
  breaking(['tbreak', 'tb', 'tbr'], true, 'the same, once'),
  {
    names: ['watch'],
    usage: '[-a] EXPRESSION | ADDRESS [LENGTH] [if CONDITION]',
    help: 'stop where these bytes change; with -a at every write; conditions know $value and $old',
    run: (debug, rest) => watch(debug, rest, 'change'),
  },
  {
    names: ['rwatch'],
    usage: 'EXPRESSION | ADDRESS [LENGTH] [if CONDITION]',
    help: 'stop where these bytes are read, by the guest or by the host',
    run: (debug, rest) => watch(debug, rest, 'read'),
  },
  {
    names: ['awatch'],
    usage: 'EXPRESSION | ADDRESS [LENGTH] [if CONDITION]',
    help: 'stop where these bytes are read or written',
    run: (debug, rest) => watch(debug, rest, 'access'),
  },
  {
    names: ['catch'],
    usage: '[call] [NAME] | trap [if CONDITION]',
    help: 'stop before calls of the host, such as fd_write; before any without a name',
    run: catching,
  },
  {
    names: ['condition'],
    usage: 'N [CONDITION]',
    help: 'stop only where this is true; without a condition, always',
    run: async (debug, rest) => {
      const [, number = '', condition] = /^(\S+)\s*(.+)?$/.exec(rest) ?? [];
      const point = debug.points.get(numberOf(number));
      await check(debug, conditionOf(point), condition);
      debug.points.change([point.number], { condition });
      return debug.points.list();
    },
  },
  {
    names: ['ignore'],
    usage: 'N COUNT',
    help: 'pass over the next hits of a breakpoint, in the direction that one goes',
    run: async (debug, rest) => {
      const [number = '', count = ''] = rest.split(/\s+/);
      const { number: known } = debug.points.get(numberOf(number));
      if (!/^\d{1,9}$/.test(count)) throw refuse(`"${count}" is no number of hits.`);
      debug.points.change([known], { ignore: Number(count) });
      return debug.points.list();
    },
  },
  changing(['enable', 'en'], 'switch breakpoints on, or all', { enabled: true }),
  changing(['disable', 'dis'], 'switch breakpoints off, or all', { enabled: false }),
  {
    names: ['delete', 'd', 'del'],
    usage: '[N…] | display [N…] | checkpoint N',
    help: 'remove breakpoints, or all; or what is displayed; or a checkpoint',
    run: async (debug, rest) => {
      const [, what, numbers = ''] = /^(?:([a-z]+)\b\s*)?(.*)$/.exec(rest) ?? [];
      if (what !== undefined && 'display'.startsWith(what)) return undisplay(debug, numbers);
      if (what !== undefined && 'checkpoint'.startsWith(what)) {
        if (debug.checkpoints.delete(numberOf(numbers))) return information(debug, 'checkpoints');
        throw refuse(`there is no checkpoint ${numbers}.`);
      }
      const isPoints = what === undefined || 'breakpoints'.startsWith(what);
      debug.points.delete(numbersOf(isPoints ? numbers : rest));
      return debug.points.list();
    },
  },
  {
    names: ['clear'],
    usage: '[FUNCTION | FILE:LINE | LINE | *BYTE]',
    help: 'remove the breakpoints at this code, or here',
    run: async (debug, rest) => {
      const frames = await debug.travel.places(breakSpec(debug, rest), debug.options);
      const gone = debug.points.deleteAt(new Set(frames.map(({ offset }) => offset)));
      if (gone.length === 0) throw refuse('no breakpoint is there.');
      return debug.points.list();
    },
  },
];

function made(point: StopPoint): Answer {
  return { text: describePoint(point), json: { point: jsonPoint(point) } };
}

export function breakSpec(debug: Debugger, text: string): BreakSpec {
  if (text === '') return { kind: 'pc', pc: debug.frame.offset };
  if (text.startsWith('*')) return { kind: 'pc', pc: byteNumber(text.slice(1).trim()) };
  const [, file = debug.listed?.file ?? debug.place?.file, line] =
    /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  if (line === undefined) return { kind: 'function', name: text };
  if (file !== undefined) return { kind: 'line', file, line: Number(line) };
  throw refuse('no line is known here: name the file too, as in main.c:12.');
}

function numbersOf(text: string): number[] {
  return text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map(numberOf);
}

function numberOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw refuse(`"${text}" is no number of a breakpoint.`);
}
