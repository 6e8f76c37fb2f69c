/** `info`: what stops the run, variables of the selected frame, globals, the place in the source. */
import { escapeText, type GlobalValue, type LocalValue, type ShownVariable } from '../../index.ts';
import { frameTexts } from '../frames.ts';
import { type Answer, refuse } from './answer.ts';
import { breakSpec } from './breakpoints.ts';
import type { Debugger } from './debugger.ts';
import { listDisplays } from './displays.ts';
import { instances } from './instances.ts';
import { jsonFrame, markText, valueJson, valueText } from './show.ts';
import { backtrace } from './stack.ts';
import { functions, types, variables } from './symbols.ts';
import { variablesHere } from './values.ts';

const SUBJECTS: Readonly<
  Record<
    string,
    {
      readonly help: string;
      readonly run: (debug: Debugger, rest: string) => Promise<Answer> | Answer;
    }
  >
> = {
  breakpoints: { help: 'what stops the run', run: (debug) => debug.points.list() },
  watchpoints: { help: 'those of memory', run: (debug) => debug.points.list('watchpoint') },
  checkpoints: { help: 'moments to restart at', run: checkpoints },
  locals: { help: 'variables of the frame', run: (debug) => locals(debug, 'local') },
  args: { help: 'parameters of the frame', run: (debug) => locals(debug, 'parameter') },
  wasm: { help: 'locals of wasm', run: wasmLocals },
  registers: { help: 'globals of wasm', run: globals },
  globals: { help: 'the same', run: globals },
  frame: { help: 'the selected frame', run: frame },
  stack: { help: 'all frames', run: backtrace },
  line: { help: 'the line, or another, and its code', run: line },
  source: { help: 'the source file', run: source },
  functions: { help: 'functions by name: info functions ^set_', run: functions },
  variables: { help: 'variables of no function, by name', run: variables },
  types: { help: 'types by name', run: types },
  instances: { help: 'core instances of a component', run: instances },
  display: { help: 'expressions that are displayed', run: listDisplays },
  program: { help: 'how the run ended, and where this is', run: program },
};

export const INFO_NAMES: readonly string[] = Object.keys(SUBJECTS);
export const INFO_SUBJECTS = INFO_NAMES.join(' | ');

/** Columns of a subject. */
const WIDTH = 14;

/** Short forms that gdb knows, of what begins like something else. */
const SAME: Readonly<Record<string, string>> = {
  ...{ s: 'stack', f: 'frame', wat: 'watchpoints', fun: 'functions' },
  ...{ shared: 'instances', sharedlibrary: 'instances', symbols: 'functions' },
};

/** What gdb knows and a recorded run has not. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  threads: 'there is one thread.',
  inferiors: 'there is one program: wasi-rr info tells what was run.',
  proc: 'wasi-rr info tells what was run, and with what.',
  files: 'wasi-rr files tells the open files at a call, and wasi-rr info what was run.',
  signals: 'there are no signals.',
};

export async function information(debug: Debugger, rest: string): Promise<Answer> {
  const [, what = '', more = ''] = /^(\S*)\s*(.*)$/.exec(rest) ?? [];
  const subject = SAME[what] ?? what;
  const found = Object.entries(SUBJECTS).find(([name]) => what !== '' && name.startsWith(subject));
  if (found !== undefined) return found[1].run(debug, more);
  const advice = ELSEWHERE[subject];
  if (advice !== undefined) throw refuse(advice);
  const known = Object.entries(SUBJECTS).map(
    ([name, { help }]) => `  info ${name.padEnd(WIDTH)}${help}`,
  );
  const problem = what === '' ? 'info of what?' : `there is no info "${what}".`;
  throw refuse([`${problem} There are`, ...known].join('\n'));
}

/** Those of the source where the debug information has some, else those of wasm. */
async function locals(debug: Debugger, kind: ShownVariable['kind']): Promise<Answer> {
  const all = (await variablesHere(debug)).flat();
  if (all.length === 0) return wasmLocals(debug);
  // parameters are shown with the locals, as they are in stack --locals
  const variables = kind === 'local' ? all : all.filter((one) => one.kind === kind);
  return {
    text:
      variables.length === 0
        ? ['none.']
        : variables.map(({ name, value }) => `${escapeText(name)} = ${escapeText(value)}`),
    json: { variables },
  };
}

function wasmLocals(debug: Debugger): Answer {
  const { locals: values } = debug.frame;
  return {
    text:
      values.length === 0
        ? ['no locals.']
        : values.map((value: LocalValue, i: number) => `local${i} = ${valueText(value)}`),
    json: { locals: values.map(valueJson) },
  };
}

async function globals(debug: Debugger): Promise<Answer> {
  const all = await debug.travel.globals(debug.mark, debug.options);
  return {
    text: all.map(({ index, name, value }: GlobalValue) => {
      const title = name === undefined ? '' : ` (${escapeText(name)})`;
      return `global${index}${title} = ${valueText(value)}`;
    }),
    json: { globals: all },
  };
}

function frame(debug: Debugger): Answer {
  const { frameNumber, stack } = debug;
  const caller = stack[frameNumber + 1];
  const [own = ''] = frameTexts(debug.frame);
  const callerText = caller === undefined ? [] : [`called by ${frameTexts(caller)[0] ?? ''}`];
  return {
    text: [`frame ${frameNumber} of ${stack.length}: ${own}`, ...callerText],
    json: { frame: jsonFrame(debug.frame, frameNumber), frames: stack.length },
  };
}

/** @param where a line, a function or an instruction; empty: where the frame stands */
async function line(debug: Debugger, where: string): Promise<Answer> {
  const { place } = debug;
  if (where === '' && place?.line === undefined) {
    throw refuse('no line of the source is known here.');
  }
  const spec =
    where === ''
      ? ({ kind: 'line', file: place?.file ?? '', line: place?.line ?? 0 } as const)
      : breakSpec(debug, where);
  const code = await debug.travel.places(spec, debug.options);
  const own = where === '' ? place : code[0]?.source.at(-1)?.place;
  if (own?.line === undefined) throw refuse(`no line of the source is known of "${where}".`);
  const starts = code.map(({ offset }) => `0x${offset.toString(16)}`);
  const verb = spec.kind === 'line' ? 'begins' : 'has code';
  return {
    text: [`line ${own.line} of ${escapeText(own.file)} ${verb} at byte ${starts.join(', ')}`],
    json: { file: own.file, line: own.line, starts: code.map(({ offset }) => offset) },
  };
}

function checkpoints({ checkpoints: all }: Debugger): Answer {
  return {
    text:
      all.size === 0
        ? ['no checkpoints.']
        : [...all].map(([number, mark]) => `${number}: ${markText(mark)}`),
    json: { checkpoints: [...all].map(([number, mark]) => ({ number, mark })) },
  };
}

function program({ outcome, mark, entered, trace }: Debugger): Answer {
  const events = trace.eventCount - 1;
  return {
    text: [
      `how the run ended: ${escapeText(outcome)}`,
      `this is ${markText(mark, entered)}, of ${events} events`,
    ],
    json: { outcome, mark, events },
  };
}

function source(debug: Debugger): Answer {
  const { place } = debug;
  if (place === undefined) throw refuse('no source file is known here.');
  const path = debug.sources.pathOf(place.file);
  const lines = debug.sources.lines(place.file);
  const where =
    path ?? (lines === undefined ? 'not found here: --source names its folder' : 'in the trace');
  return {
    text: [`${escapeText(place.file)}: ${escapeText(where)}`],
    json: { file: place.file, path: path ?? null, found: lines !== undefined },
  };
}
