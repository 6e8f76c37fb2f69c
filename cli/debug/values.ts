/** Names that a debugger can give a value for: variables of the source, locals and globals of wasm. */
import type { LocalValue, ShownVariable } from '../../index.ts';
import { byteNumber } from '../byte-number.ts';
import { refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';

/**
 * Variables of the selected frame, by call: those that were inlined first, the innermost in front. Empty
 * without debug information.
 */
export async function variablesHere(
  debug: Debugger,
): Promise<readonly (readonly ShownVariable[])[]> {
  const frames = await debug.travel.frames(debug.mark, debug.options);
  return frames[debug.frameNumber]?.variables ?? [];
}

/** `local3` of the selected frame, or a global by name or as `global3`. @throws WasiRrError */
export async function valueNamed(debug: Debugger, name: string): Promise<LocalValue | string> {
  const [, kind, number] = /^(local|global)(\d+)$/.exec(name) ?? [];
  if (kind === 'local') {
    const { locals } = debug.frame;
    if (Number(number) < locals.length) return locals[Number(number)];
    throw refuse(`the frame has ${locals.length} locals: there is no ${name}.`);
  }
  for (const variables of await variablesHere(debug)) {
    // an inner one stands behind the one that it hides
    const variable = variables.findLast((one) => one.name === name);
    if (variable !== undefined) return variable.value;
  }
  const globals = await debug.travel.globals(debug.mark, debug.options);
  const found = globals.find((one) => one.name === name || `global${one.index}` === name);
  if (found !== undefined) return found.value;
  throw refuse(
    `there is no value "${name}": give a variable of the frame, local0, local1… of wasm, or a global.`,
  );
}

/** A number of bytes, or the value of a name, with `+N` or `-N` behind it. @throws WasiRrError */
export async function addressOf(debug: Debugger, text: string): Promise<number> {
  const [, base = '', sign, offset] =
    /^(.*?)(?:([+-])(\w+))?$/.exec(text.replaceAll(' ', '')) ?? [];
  const from = /^\d/.test(base) ? byteNumber(base) : numberIn(await valueNamed(debug, base));
  const address = (from >>> 0) + (offset ? Number(`${sign}1`) * byteNumber(offset) : 0);
  if (Number.isInteger(from) && address >= 0 && address < 2 ** 32) return address;
  throw refuse(`"${text}" is no address.`);
}

/** A pointer may have what it points to behind it: `0x12310 "text"`. */
function numberIn(value: LocalValue | string): number {
  return typeof value === 'string' ? Number(/^(\(.*?\) )?(\S+)/.exec(value)?.[2]) : Number(value);
}
