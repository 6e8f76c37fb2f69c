/** Values of expressions in the selected frame: variables of the source, locals and globals of wasm. */
import { type EvaluatedValue, escapeText, type ShownVariable } from '../../index.ts';
import { byteNumber } from '../byte-number.ts';
import { type Answer, refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';

/** Letters of `print /x`, as the library has them. */
type Radix = NonNullable<Parameters<Debugger['travel']['evaluate']>[0]['radix']>;
const RADIXES: ReadonlySet<string> = new Set<Radix>(['x', 'd', 'u', 'o', 't', 'c']);

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

/** Where expressions are evaluated. */
export function frameHere({ stack, frameNumber }: Debugger) {
  return { level: stack.length === 0 ? 0 : frameNumber, call: 0 };
}

/** @throws WasiRrError OPTION_INVALID for what has no value */
export function evaluated(
  debug: Debugger,
  expression: string,
  radix?: Radix,
  keepAs?: number,
): Promise<EvaluatedValue> {
  const place = frameHere(debug);
  const named = expression.replace(/\$pc\b/g, () => `0x${debug.frame.offset.toString(16)}`);
  const question = { mark: debug.mark, place, expression: named, radix, keepAs };
  return debug.travel.evaluate(question, debug.options);
}

/** `print/x EXPRESSION`; without one, what was shown last. @param rest what stands behind the command */
export async function printValue(debug: Debugger, rest: string): Promise<Answer> {
  const { radix, expression } = formatAndExpression(rest, '$');
  const number = debug.nextValue;
  const value = await evaluated(debug, expression, radix, number);
  debug.showedValue();
  return {
    text: [`$${number} = ${valueLine(value, radix)}`],
    json: { name: expression, history: number, ...jsonValue(value) },
  };
}

/** @param otherwise what is meant where nothing is said */
export function formatAndExpression(
  rest: string,
  otherwise = '',
): { radix?: Radix; expression: string } {
  const [, letter, given = ''] = /^(?:\/(\S+)(?:\s+|$))?(.*)$/s.exec(rest) ?? [];
  const expression = given === '' ? otherwise : given;
  if (expression === '') throw refuse('give an expression: print u->name, print/x local0.');
  // s is gdb's word for the way in which values are shown anyway
  if (letter === undefined || letter === 's') return { expression };
  if (RADIXES.has(letter)) return { radix: letter as Radix, expression };
  throw refuse(`"${letter}" is no format: give one of ${[...RADIXES].join(' ')}, as in print/x n.`);
}

/** A number of wasm has its bits beside it. */
export function valueLine({ value, type, number }: EvaluatedValue, radix?: Radix): string {
  const bits = { i32: 32, i64: 64 }[type];
  if (radix !== undefined || bits === undefined || number === undefined) return escapeText(value);
  return `${value} (0x${BigInt.asUintN(bits, number).toString(16)})`;
}

export function jsonValue({ type, value, address, size, number }: EvaluatedValue): object {
  return {
    type,
    value,
    number: number ?? null,
    address: address ?? null,
    size: size ?? null,
  };
}

/** A number of bytes, or the value of an expression: of an array or a struct, where it is. @throws WasiRrError */
export async function addressOf(debug: Debugger, text: string): Promise<number> {
  if (/^\d\w*$/.test(text)) return byteNumber(text);
  const { number, address } = await evaluated(debug, text);
  const found = number === undefined ? address : Number(BigInt.asUintN(32, number));
  if (found !== undefined) return found;
  throw refuse(`"${text}" is no address.`);
}
