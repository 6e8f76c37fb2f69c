/**
 * Writes values as gdb does: `{id = 7, name = "bob", next = 0x1a40}`. What cannot be read says so in its
 * place; what is deep or long is cut with `…`. The text is not escaped for a terminal.
 */
import { type Machine, Unreadable } from '../dwarf/machine.ts';
import {
  type ArrayType,
  type EnumerationType,
  type PointerType,
  resolved,
  type StructureType,
  sizeOf,
  type Type,
} from '../dwarf/type.ts';
import { isCharacter } from './characters.ts';
import type { Collection } from './collection.ts';
import { formatLibcxx } from './libcxx.ts';
import { formatRust } from './rust.ts';
import { character, floatText, inRadix, quotedCharacter, type Radix } from './scalars.ts';
import { arrayText, MAX_SHOWN, REPEATS, utf8Text } from './texts.ts';
import { bitsOf, elementOf, integerOf, memberOf, type Value, valueAt } from './value.ts';
import { formatZig, zigArrayText } from './zig.ts';

export interface FormatContext {
  readonly machine: Machine;
  /** Of the function at an index of the table; undefined where it is not known. */
  readonly functionAt: (index: number) => string | undefined;
}

/** No other language has a `char` of four bytes. */
const RUST_CHARACTER = 'char';

/** Structs in structs that are shown. */
const MAX_DEPTH = 8;
/** Numbers and pointers that are shown of one value. */
const MAX_SCALARS = 1000;
/** Bytes of an array that are looked at for repetitions. */
const MAX_ARRAY_BYTES = 1 << 20;

export function formatValue(value: Value, context: FormatContext, radix?: Radix): string {
  return new Formatter(context, radix).format(value, 0);
}

export class Formatter {
  readonly context: FormatContext;
  private readonly radix: Radix | undefined;
  private left = MAX_SCALARS;

  constructor(context: FormatContext, radix: Radix | undefined) {
    this.context = context;
    this.radix = radix;
  }

  /** @param depth how many structs it stands in */
  format(value: Value, depth: number): string {
    if (this.left-- <= 0) return '…';
    if (value.source.missing !== undefined) return `<${value.source.missing}>`;
    try {
      return this.read(value, depth);
    } catch (thrown) {
      if (thrown instanceof Unreadable) return `<${thrown.message}>`;
      if (thrown instanceof RangeError) return `<cannot be read: ${thrown.message}>`;
      throw thrown;
    }
  }

  private read(value: Value, depth: number): string {
    const type = resolved(value.type);
    switch (type?.kind) {
      case 'base':
      case 'memberPointer':
        return this.scalar(value, type);
      case 'pointer':
        return this.pointer(value, type, depth);
      case 'array':
        return this.array(value, type, depth);
      case 'structure':
        return this.structure(value, type, depth);
      case 'enumeration':
        return this.enumeration(value, type);
      case 'function':
        return `{${type.name}}`;
      case 'other':
        return type.size === undefined || type.size === 0
          ? `<${type.name}>`
          : inRadix(bitsOf(value), type.size, this.radix ?? 'x');
      case undefined:
        return 'void';
    }
  }

  private scalar(value: Value, type: Extract<Type, { kind: 'base' | 'memberPointer' }>): string {
    const { radix } = this;
    const { size } = type;
    // Rust's `()`
    if (size === 0) return type.name;
    const bits = bitsOf(value);
    if (radix !== undefined) return inRadix(bits, size, radix);
    if (type.kind === 'memberPointer') return BigInt.asIntN(8 * size, bits).toString();
    switch (type.encoding) {
      case 'boolean':
        return bits === 0n ? 'false' : bits === 1n ? 'true' : bits.toString();
      case 'signed character':
      case 'unsigned character':
        return character(integerOf(value));
      case 'code unit':
        return type.name === RUST_CHARACTER && type.size === 4
          ? quotedCharacter(Number(bits), true)
          : `${bits} ${quotedCharacter(Number(bits), type.size > 1)}`;
      case 'float':
        return floatText(bits, size) ?? inRadix(bits, size, 'x');
      case 'complex': {
        const half = size / 2;
        const part = (at: number) => floatText(bits >> BigInt(8 * at), half);
        return `${part(0)} + ${part(half)}i`;
      }
      case 'address':
        return inRadix(bits, size, 'x');
      case 'signed':
      case 'unsigned':
      case 'unknown':
        return integerOf(value).toString();
    }
  }

  private pointer(value: Value, type: PointerType, depth: number): string {
    const { machine, functionAt } = this.context;
    const bits = bitsOf(value);
    const address = Number(BigInt.asUintN(32, bits));
    const text = `0x${address.toString(16)}`;
    const target = resolved(type.target);
    if (type.form !== '*') {
      const inner =
        depth === 0 ? this.format(valueAt(machine, type.target, address), 1) : undefined;
      return inner === undefined ? `@${text}` : `@${text}: ${inner}`;
    }
    if (this.radix !== undefined) return inRadix(bits, type.size, this.radix);
    if (target?.kind === 'function') {
      const name = address === 0 ? undefined : functionAt(address);
      return name === undefined ? text : `${text} <${name}>`;
    }
    return address !== 0 && isCharacter(target) && sizeOf(target) === 1
      ? `${text} ${this.textAt(address)}`
      : text;
  }

  /** Up to a zero. */
  private textAt(address: number): string {
    const { machine } = this.context;
    const bytes: number[] = [];
    while (bytes.length < MAX_SHOWN) {
      const [byte] = machine.memory(address + bytes.length, 1) ?? [];
      if (byte === undefined) {
        if (bytes.length === 0) return `<cannot read memory at 0x${address.toString(16)}>`;
        break;
      }
      if (byte === 0) return utf8Text(Uint8Array.from(bytes));
      bytes.push(byte);
    }
    return utf8Text(Uint8Array.from(bytes), true);
  }

  private enumeration(value: Value, type: EnumerationType): string {
    if (this.radix !== undefined) return inRadix(bitsOf(value), type.size, this.radix);
    const number = integerOf(value);
    const prefix = type.isScoped ? `${type.name}::` : '';
    const found = type.enumerators.find((one) => one.value === number);
    if (found !== undefined) return prefix + found.name;
    // of flags, the ones that are set
    const names: string[] = [];
    let rest = number;
    for (const { name, value: flag } of type.enumerators) {
      const isFlag = flag > 0n && (flag & (flag - 1n)) === 0n;
      if (!isFlag || (rest & flag) === 0n) continue;
      names.push(prefix + name);
      rest &= ~flag;
    }
    return names.length > 0 && rest === 0n ? `(${names.join(' | ')})` : number.toString();
  }

  private array(value: Value, { element, count, language }: ArrayType, depth: number): string {
    const { address } = value.source;
    if (count === undefined) {
      const where = address === undefined ? '' : `@0x${address.toString(16)}, `;
      return `<${where}of unknown length>`;
    }
    const character = resolved(element);
    if (this.radix === undefined && isCharacter(character)) {
      const size = sizeOf(character) ?? 1;
      return arrayText(codesOf(value, count, size), { isUnicode: size > 1 });
    }
    if (this.radix === undefined && language === 'zig') {
      const text = zigArrayText(value, element, count);
      if (text !== undefined) return text;
    }
    const content = this.elements(value, element, count, depth);
    return language === 'rust' ? `[${content}]` : `{${content}}`;
  }

  /** `1, 2, 0 <repeats 14 times>` */
  elements(value: Value, element: Type | undefined, count: number, depth: number): string {
    if (depth >= MAX_DEPTH) return '…';
    const runs = runsOf(value, element, count);
    const parts: string[] = [];
    let shown = 0;
    let at = 0;
    while (at < count && shown < MAX_SHOWN && this.left > 0) {
      const text = this.format(elementOf(value, element, at), depth + 1);
      const run = runs(at);
      const repeats = run >= REPEATS;
      parts.push(repeats ? `${text} <repeats ${run} times>` : text);
      shown += repeats ? REPEATS : 1;
      at += repeats ? run : 1;
    }
    if (at < count) parts.push('…');
    return parts.join(', ');
  }

  /** @param write one entry of it, by the texts of its key and value */
  entries(
    { count, entries }: Collection,
    depth: number,
    write: (key: string | undefined, text: string) => string,
  ): string {
    if (depth >= MAX_DEPTH) return '…';
    const texts: string[] = [];
    for (const { key, value } of entries()) {
      if (texts.length === MAX_SHOWN || this.left <= 0) break;
      const name = key && this.format(key, depth + 1);
      texts.push(write(name, this.format(value, depth + 1)));
    }
    if (texts.length < count) texts.push('…');
    return texts.join(', ');
  }

  private structure(value: Value, type: StructureType, depth: number): string {
    if (type.size === undefined) return '<its type is only declared>';
    if (depth >= MAX_DEPTH) return '{…}';
    const known =
      formatRust(value, type, this, depth) ??
      formatZig(value, type, this, depth) ??
      formatLibcxx(value, type, this, depth);
    if (known !== undefined) return known;
    const parts: string[] = [];
    for (const member of type.members) {
      if (this.left <= 0) {
        parts.push('…');
        break;
      }
      const text = this.member(value, member, depth);
      if (member.kind === 'base') parts.push(`<${member.type?.name}> = ${text}`);
      else parts.push(member.name === undefined ? text : `${member.name} = ${text}`);
    }
    return `{${parts.join(', ')}}`;
  }

  /** A member, or why it cannot be read. */
  member(value: Value, member: StructureType['members'][number], depth: number): string {
    try {
      return this.format(memberOf(value, member), depth + 1);
    } catch (thrown) {
      if (thrown instanceof Unreadable) return `<${thrown.message}>`;
      throw thrown;
    }
  }
}

/** As many as are shown, and those that follow as far as they may be repetitions. */
function codesOf(value: Value, count: number, size: number): number[] {
  const length = Math.min(count * size, MAX_ARRAY_BYTES);
  const bytes = value.source.read(0, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = (i: number) =>
    size === 4 ? view.getUint32(4 * i, true) : size === 2 ? view.getUint16(2 * i, true) : bytes[i];
  return Array.from({ length: Math.floor(length / size) }, (_, i) => at(i) ?? 0);
}

/** How many elements from one on have the same bytes. */
function runsOf(value: Value, element: Type | undefined, count: number): (from: number) => number {
  const size = sizeOf(element) ?? 0;
  const length = Math.min(size * count, MAX_ARRAY_BYTES);
  if (size === 0) return () => 1;
  let bytes: Buffer;
  try {
    bytes = Buffer.from(value.source.read(0, length));
  } catch (thrown) {
    // parts of it are not known: each is shown by itself
    if (thrown instanceof Unreadable) return () => 1;
    throw thrown;
  }
  return (from) => {
    const first = from * size;
    let next = first + size;
    while (
      next + size <= length &&
      bytes.compare(bytes, next, next + size, first, first + size) === 0
    ) {
      next += size;
    }
    return (next - first) / size;
  };
}
