/** The commands that move: steps, on to places and breakpoints, to events and checkpoints, forwards and backwards. */
import { escapeText, type Mark, type Motion, type Points, type StepSize } from '../../index.ts';
import { type Answer, refuse } from './answer.ts';
import { breakSpec } from './breakpoints.ts';
import type { DebugCommand } from './commands.ts';
import { countOf } from './counts.ts';
import type { Debugger, Stop } from './debugger.ts';
import { finishing } from './finish.ts';
import { markOfChange } from './history.ts';
import { markText, showStop } from './show.ts';
import { until } from './until.ts';

function stepping(
  names: readonly string[],
  size: Exclude<StepSize, 'out'>,
  reverse: boolean,
  help: string,
): DebugCommand {
  const run = async (debug: Debugger, rest: string): Promise<Answer> => {
    let stop: Stop | undefined;
    const total = countOf(rest);
    const out = steppedOut(debug, size, reverse);
    for (let done = 0; done < total; ) {
      const { active: points } = debug.points;
      stop = await debug.move({ kind: 'step', size, reverse, points });
      if (stop.reason.kind !== 'moved') break;
      done++;
      debug.onStep(done, total);
    }
    if (stop === undefined) throw refuse('0 steps go nowhere.');
    const { text, json } = await showStop(debug, stop);
    return { text: [...out, ...text], json };
  };
  return { names, usage: '[N]', help, repeats: true, run };
}

/** A step by line leaves a function that has none, as gdb's does: what it says of that. */
function steppedOut({ stack }: Debugger, size: StepSize, reverse: boolean): string[] {
  const byLine = size === 'line' || size === 'line-over';
  const [frame] = stack;
  if (!byLine || frame === undefined || frame.source[0]?.place?.line !== undefined) return [];
  const name = escapeText(frame.name ?? `function ${frame.func}`);
  const where = reverse ? 'back to its call' : 'until it returns';
  return [`no line is known here in ${name}: ${where}`];
}

function continuing(names: readonly string[], reverse: boolean, help: string): DebugCommand {
  const run = async (debug: Debugger, rest: string): Promise<Answer> => {
    const passed = countOf(rest) - 1;
    if (passed > 0) {
      const { stoppedAt } = debug;
      if (stoppedAt === undefined || !debug.points.has(stoppedAt)) {
        throw refuse('it has not stopped at a breakpoint, which could be passed over so often.');
      }
      debug.points.change([stoppedAt], { ignore: passed });
    }
    const { active: points } = debug.points;
    return showStop(debug, await debug.move({ kind: 'continue', reverse, points }));
  };
  return { names, usage: '[N]', help, repeats: true, run };
}

/** To code, or to what stops the run before. */
async function advance(debug: Debugger, rest: string): Promise<Answer> {
  if (rest === '') throw refuse('say where to: advance set_name, advance main.c:12, advance 12.');
  const frames = await debug.travel.places(breakSpec(debug, rest), debug.options);
  const points = withBreaks(
    debug.points.active,
    frames.map(({ offset }) => offset),
  );
  return showStop(debug, await debug.move({ kind: 'continue', reverse: false, points }));
}

/** Points, and places besides that are nobody's breakpoints. */
export function withBreaks(points: Points, pcs: readonly number[]): Points {
  const rule = { number: 0, on: { kind: 'break', pcs } } as const;
  return {
    ...points,
    breaks: [...points.breaks, ...pcs],
    rules: [...(points.rules ?? []), rule],
  };
}

async function run(debug: Debugger, rest: string): Promise<Answer> {
  if (rest !== '') return showStop(debug, await goTo(debug, rest));
  await debug.move({ kind: 'event', event: -1 });
  const { active: points } = debug.points;
  return showStop(debug, await debug.move({ kind: 'continue', reverse: false, points }));
}

async function start(debug: Debugger): Promise<Answer> {
  await debug.move({ kind: 'event', event: -1 });
  return advance(debug, 'main');
}

function checkpoint(debug: Debugger): Answer {
  const number = debug.keepMark();
  const text = `checkpoint ${number}: ${markText(debug.mark, debug.entered)}`;
  return { text: [text], json: { checkpoint: number, mark: debug.mark } };
}

async function restart(debug: Debugger, rest: string): Promise<Answer> {
  const mark: Mark | undefined = debug.checkpoints.get(countOf(rest));
  if (mark === undefined) throw refuse(`there is no checkpoint ${countOf(rest)}.`);
  return showStop(debug, await debug.move({ kind: 'mark', mark }));
}

async function goTo(debug: Debugger, place: string): Promise<Stop> {
  if (place === 'failure') return debug.begin();
  const [, change] = /^change\s+(\d{1,9})$/.exec(place) ?? [];
  if (change !== undefined) {
    return debug.move({ kind: 'mark', mark: markOfChange(debug, Number(change)) });
  }
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
  throw refuse(`"${place}" is no place of the run: give #17, start, end, failure or change 3.`);
}

export const MOTION_COMMANDS: readonly DebugCommand[] = [
  stepping(['step', 's'], 'line', false, 'to the next line, into functions'),
  stepping(['next', 'n'], 'line-over', false, 'to the next line, over calls'),
  stepping(['stepi', 'si'], 'instruction', false, 'to the next instruction'),
  stepping(['nexti', 'ni'], 'instruction-over', false, 'to the next instruction, over calls'),
  {
    names: ['finish', 'fin'],
    usage: '',
    help: 'out of the function of the selected frame, and what it returns',
    repeats: true,
    run: finishing(false),
  },
  stepping(['reverse-step', 'rs'], 'line', true, 'back to the line before, into functions'),
  stepping(['reverse-next', 'rn'], 'line-over', true, 'back to the line before, over calls'),
  stepping(['reverse-stepi', 'rsi'], 'instruction', true, 'back by an instruction'),
  stepping(['reverse-nexti', 'rni'], 'instruction-over', true, 'the same, over calls'),
  {
    names: ['reverse-finish', 'rf'],
    usage: '',
    help: 'back to the call of the function of the selected frame',
    repeats: true,
    run: finishing(true),
  },
  {
    names: ['until', 'u'],
    usage: '[FUNCTION | FILE:LINE | LINE | *BYTE]',
    help: 'to the next line, but never back in a loop: out of it; with a place, as advance',
    repeats: true,
    run: (debug, rest) => (rest === '' ? until(debug) : advance(debug, rest)),
  },
  {
    names: ['advance'],
    usage: 'FUNCTION | FILE:LINE | LINE | *BYTE',
    help: 'on to this code, or to a breakpoint before it',
    run: advance,
  },
  continuing(
    ['continue', 'c', 'fg'],
    false,
    'to the next breakpoint, or to the end; with N to the Nth hit of this one',
  ),
  continuing(['reverse-continue', 'rc'], true, 'to the breakpoint before, or to the start'),
  {
    names: ['goto'],
    usage: '#N | start | end | failure | change N',
    help: 'to right after event N, to a place of the run, or to a change that history listed',
    run: async (debug, rest) => showStop(debug, await goTo(debug, rest)),
  },
  {
    names: ['run', 'r'],
    usage: '[#N]',
    help: 'from the start to the first breakpoint; with N, goto',
    run,
  },
  { names: ['start'], usage: '', help: 'from the start to main', run: start },
  {
    names: ['checkpoint'],
    usage: '',
    help: 'remember this moment, for restart',
    run: async (debug) => checkpoint(debug),
  },
  { names: ['restart'], usage: 'N', help: 'to the moment of a checkpoint', run: restart },
  {
    names: ['when'],
    usage: '',
    help: 'which event has passed last, and the tick',
    run: async ({ mark, entered }) => ({
      text: [markText(mark, entered)],
      json: { mark, ...(entered !== undefined && { entered }) },
    }),
  },
];
