/**
 * A call as one line, for people who know strace: `formatCall` is the left side, `formatResult` what
 * follows it. Everything they return is safe to print on a terminal.
 */
import type { RecordedCall } from './call.ts';
import { contentsRange, effectOf, readRange } from './call-memory.ts';
import { decodeCall } from './decode.ts';
import { escapeText } from './escape.ts';
import { type CallShape, type Field, shapeOf } from './fields.ts';
import { type FormatOptions, formatPointee, formatScalar, MISSING } from './format-value.ts';
import { errnoDescription, errnoName } from './names.ts';
import { pathArgument } from './path-argument.ts';
import { isScalar, scalarValue } from './scalars.ts';

export type { FormatOptions } from './format-value.ts';

/**
 * @returns e.g. `fd_read(4</users.csv>, "id,name\n1,Ada\n", [4096])`: arguments in order, what the host
 *   gathered or filled in place of the pointers to it. Results that are plain values are left to
 *   `formatResult`.
 */
export function formatCall(call: RecordedCall, options: FormatOptions = {}): string {
  const shape = shapeOf(call.name);
  if (shape === undefined) {
    const args = decodeCall(call).args.map(({ value }) => String(value));
    return `${escapeText(call.name)}(${args.join(', ')})`;
  }
  const shown = shape.all.flatMap((field) => formatField(shape, field, call, options) ?? []);
  return `${call.name}(${shown.join(', ')})`;
}

/**
 * @param options `table` as for `formatCall`: the descriptors before the call
 * @returns `= 16`, `= 4</users.csv>`, `= {argc=3, argv_buf_size=24}`, `= 0` for success without a value,
 *   `= NOENT (No such file or directory)`, `= ?` for a call that never returned
 */
export function formatResult(call: RecordedCall, options: FormatOptions = {}): string {
  const { result } = call;
  if (result === undefined) return `= ${MISSING}`;
  const shape = shapeOf(call.name);
  if (shape === undefined) return `= ${result}`;
  if (result !== 0) {
    const description = errnoDescription(result) ?? 'unknown to WASI';
    return `= ${errnoName(result).toUpperCase()} (${description})`;
  }
  const values = shape.results.filter(isAnswer).map((field) => ({
    name: field.name,
    text: formatAnswer(shape, field, call, options),
  }));
  if (values.length < 2) return `= ${values[0]?.text ?? 0}`;
  return `= {${values.map(({ name, text }) => `${name}=${text}`).join(', ')}}`;
}

/** A plain value that the host returned stands behind the `=`, not among the arguments. */
function isAnswer(field: Field): boolean {
  return field.source === 'effect' && isScalar(field.type);
}

function formatAnswer(
  shape: CallShape,
  field: Field,
  call: RecordedCall,
  options: FormatOptions,
): string {
  const bytes = effectOf(call, field.param);
  if (bytes === undefined || field.source !== 'effect') return MISSING;
  // without the table: it says what the number stood for before
  const text = formatPointee(field.type, { bytes, length: bytes.length }, {});
  const named = field.type === 'fd' ? pathArgument(call, shape) : undefined;
  if (named === undefined || options.table === undefined) return text;
  return `${text}<${escapeText(options.table.resolve(named.directory, named.path))}>`;
}

/** Undefined for what a failed call did not write, and for what `formatResult` shows. */
function formatField(
  shape: CallShape,
  field: Field,
  call: RecordedCall,
  options: FormatOptions,
): string | undefined {
  const { param } = field;
  switch (field.source) {
    case 'arg':
      return formatScalar(field.type, scalarValue(field.type, call.args[param]), options);
    case 'read':
      return formatPointee(field.type, readRange(call, shape.fn, param), options);
    case 'contents':
      return formatPointee(field.type, contentsRange(call, shape.fn, param), options);
    case 'effect': {
      if (isAnswer(field)) return undefined;
      const bytes = effectOf(call, param);
      if (bytes === undefined) return call.result === 0 ? MISSING : undefined;
      return formatPointee(field.type, { bytes, length: bytes.length }, options);
    }
  }
}
