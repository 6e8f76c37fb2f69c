/** Names that a debugger can give a value for: so far what wasm has, its locals and globals. */
import type { LocalValue } from '../../index.ts';
import { byteNumber } from '../byte-number.ts';
import { refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';

/** `local3` of the selected frame, or a global by name or as `global3`. @throws WasiRrError */
export async function valueNamed(debug: Debugger, name: string): Promise<LocalValue | string> {
  const [, kind, number] = /^(local|global)(\d+)$/.exec(name) ?? [];
  if (kind === 'local') {
    const { locals } = debug.frame;
    if (Number(number) < locals.length) return locals[Number(number)];
    throw refuse(`the frame has ${locals.length} locals: there is no ${name}.`);
  }
  const globals = await debug.travel.globals(debug.mark, debug.options);
  const found = globals.find((one) => one.name === name || `global${one.index}` === name);
  if (found !== undefined) return found.value;
  throw refuse(
    `there is no value "${name}": give local0, local1…, or a global by name or as global0.`,
  );
}

/** A number of bytes, or the value of a name, with `+N` or `-N` behind it. @throws WasiRrError */
export async function addressOf(debug: Debugger, text: string): Promise<number> {
  const [, base = '', sign, offset] =
    /^(.*?)(?:([+-])(\w+))?$/.exec(text.replaceAll(' ', '')) ?? [];
  const from = /^\d/.test(base) ? byteNumber(base) : Number(await valueNamed(debug, base));
  const address = (from >>> 0) + (offset ? Number(`${sign}1`) * byteNumber(offset) : 0);
  if (Number.isInteger(from) && address >= 0 && address < 2 ** 32) return address;
  throw refuse(`"${text}" is no address.`);
}
