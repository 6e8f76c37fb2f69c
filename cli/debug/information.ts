/** `info`: what stops the run, variables of the selected frame, globals, the place in the source. */
import { escapeText, type GlobalValue, type LocalValue, type ShownVariable } from '../../index.ts';
import { frameTexts } from '../frames.ts';
import { type Answer, refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';
import { jsonFrame, valueJson, valueText } from './show.ts';
import { variablesHere } from './values.ts';

const SUBJECTS: Readonly<
  Record<
    string,
    { readonly help: string; readonly run: (debug: Debugger) => Promise<Answer> | Answer }
  >
> = {
  breakpoints: { help: 'what stops the run', run: (debug) => debug.points.list() },
  locals: { help: 'variables of the frame', run: (debug) => locals(debug, 'local') },
  args: { help: 'parameters of the frame', run: (debug) => locals(debug, 'parameter') },
  wasm: { help: 'locals of wasm', run: wasmLocals },
  registers: { help: 'globals of wasm', run: globals },
  globals: { help: 'the same', run: globals },
  frame: { help: 'the selected frame', run: frame },
  line: { help: 'the line and its code', run: line },
  source: { help: 'the source file', run: source },
  display: { help: 'expressions that are displayed', run: displays },
};

export const INFO_SUBJECTS = Object.keys(SUBJECTS).join(' | ');

export async function information(debug: Debugger, what: string): Promise<Answer> {
  const found = Object.entries(SUBJECTS).find(([name]) => what !== '' && name.startsWith(what));
  if (found !== undefined) return found[1].run(debug);
  const known = Object.entries(SUBJECTS).map(([name, { help }]) => `info ${name} (${help})`);
  throw refuse(`${known.join(', ')}.`);
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

async function line(debug: Debugger): Promise<Answer> {
  const { place } = debug;
  if (place?.line === undefined) throw refuse('no line of the source is known here.');
  const { file, line: number } = place;
  const spec = { kind: 'line', file, line: number } as const;
  const code = await debug.travel.places(spec, debug.options);
  const starts = code.map(({ offset }) => `0x${offset.toString(16)}`);
  return {
    text: [`line ${number} of ${escapeText(file)} begins at byte ${starts.join(', ')}`],
    json: { file, line: number, starts: code.map(({ offset }) => offset) },
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

function displays(debug: Debugger): Answer {
  const { all } = debug.displays;
  return {
    text:
      all.length === 0
        ? ['nothing is displayed.']
        : all.map(({ number, text }) => `${number}: ${escapeText(text)}`),
    json: { displays: all },
  };
}
