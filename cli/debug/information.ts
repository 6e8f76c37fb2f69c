/** `info`: breakpoints, variables of the selected frame, globals. */
import { escapeText } from '../../index.ts';
import { type Answer, refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';
import { valueJson, valueText } from './show.ts';
import { variablesHere } from './values.ts';

export async function information(debug: Debugger, what: string): Promise<Answer> {
  if (what !== '' && 'breakpoints'.startsWith(what)) return debug.points.list();
  if (what !== '' && 'locals'.startsWith(what)) return locals(debug);
  if (what === 'wasm') return wasmLocals(debug);
  if (what !== '' && ('registers'.startsWith(what) || 'globals'.startsWith(what))) {
    return globals(debug);
  }
  throw refuse(
    'info breakpoints, info locals, info wasm (locals of wasm), or info registers (globals).',
  );
}

/** Those of the source where the debug information has some, else those of wasm. */
async function locals(debug: Debugger): Promise<Answer> {
  const variables = (await variablesHere(debug)).flat();
  if (variables.length > 0) {
    return {
      text: variables.map(({ name, value }) => `${escapeText(name)} = ${escapeText(value)}`),
      json: { variables },
    };
  }
  return wasmLocals(debug);
}

function wasmLocals(debug: Debugger): Answer {
  const { locals: values } = debug.frame;
  return {
    text:
      values.length === 0
        ? ['no locals.']
        : values.map((value, i) => `local${i} = ${valueText(value)}`),
    json: { locals: values.map(valueJson) },
  };
}

async function globals(debug: Debugger): Promise<Answer> {
  const all = await debug.travel.globals(debug.mark, debug.options);
  return {
    text: all.map(({ index, name, value }) => {
      const title = name === undefined ? '' : ` (${escapeText(name)})`;
      return `global${index}${title} = ${valueText(value)}`;
    }),
    json: { globals: all },
  };
}
