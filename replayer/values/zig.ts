/** Values of Zig types in Zig's words: `"text"`, `null`, `error(3)`, `.{ .sell = {count = 9} }`. */
import type { StructureType, Type } from '../dwarf/type.ts';
import type { Formatter } from './format.ts';
import { arrayText, MAX_SHOWN, textOfLength } from './texts.ts';
import { type Value, valueAt } from './value.ts';
import { isByte, zigCase, zigSlice, zigText, zigWrapper } from './zig-types.ts';

/** What Zig fills memory with that has no value yet. */
const UNDEFINED = 0xaa;
/** Bytes of an array that are shown as text, if they are some. */
const MAX_TEXT = 1 << 16;

/** @returns undefined for what is shown as in C */
export function formatZig(
  value: Value,
  type: StructureType,
  formatter: Formatter,
  depth: number,
): string | undefined {
  const { machine } = formatter.context;
  const text = zigText(value, type);
  if (
    text !== undefined &&
    isText(machine.memory(text.address, Math.min(text.length, MAX_SHOWN)))
  ) {
    return textOfLength(machine, text.address, text.length);
  }
  const slice = zigSlice(value, type);
  if (slice !== undefined) {
    const { address, element, count } = slice;
    return `{${formatter.elements(valueAt(machine, element, address), element, count, depth)}}`;
  }
  const wrapper = zigWrapper(value, type);
  if (wrapper !== undefined) {
    return wrapper.value ? formatter.format(wrapper.value, depth) : wrapper.name;
  }
  const found = zigCase(value, type);
  if (found === undefined) return undefined;
  const { name, content } = found;
  return content ? `.{ .${name} = ${formatter.format(content, depth + 1)} }` : `.${name}`;
}

/** An array of bytes as text, where it is one: to what it was filled with before. */
export function zigArrayText(
  value: Value,
  element: Type | undefined,
  count: number,
): string | undefined {
  if (!isByte({ element }) || count > MAX_TEXT || count === 0) return undefined;
  const bytes = value.source.read(0, count);
  const fill = bytes[count - 1];
  let end = count;
  if (fill === 0 || fill === UNDEFINED) while (end > 0 && bytes[end - 1] === fill) end--;
  // all of it may be fill: that is no text
  return end > 0 && isText(bytes.subarray(0, end)) ? arrayText(bytes) : undefined;
}

/** Whether bytes are characters that are printed: Zig has no other word for text. */
function isText(bytes: Uint8Array | undefined): boolean {
  if (bytes === undefined) return false;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return !/[^\P{Cc}\t\n\r]/u.test(text);
  } catch {
    return false;
  }
}
