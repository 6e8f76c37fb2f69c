/**
 * Reads values out of core values and memory: the canonical ABI's `lift`, for showing. Where that traps,
 * and where memory is not known, the value is unreadable; nothing is thrown whatever the bytes are.
 */
import type { FlatValues } from './flat-values.ts';
import {
  alignUp,
  type ChoiceType,
  casesOf,
  discriminantSize,
  type Layouts,
  payloadOffset,
} from './layout.ts';
import { flags, primitive } from './primitive-values.ts';
import type { Primitive, StringEncoding, TypeRef, WitType } from './types.ts';
import { UNREADABLE, type WitValue } from './value.ts';

/** Memory as far as it is known. */
export interface LiftMemory {
  /**
   * As many bytes from `address` on as are known, at most `length`.
   * @param isData they are a list of bytes, none that say where others are
   */
  read(address: number, length: number, isData?: boolean): Uint8Array;
  /** The memory as it was when the bytes at an address were written. */
  asOf(address: number): LiftMemory;
}

/** Values of one call that are read. */
const MAX_VALUES = 10_000;
/** Elements of one list. */
const MAX_ITEMS = 256;
/** Bytes of a string that are made text. */
const MAX_TEXT = 1 << 16;

/** The values of one call. */
export class Lift {
  private readonly types: readonly WitType[];
  private readonly layouts: Layouts;
  private memory: LiftMemory;
  private readonly encoding: StringEncoding;
  private left = MAX_VALUES;

  constructor(
    types: readonly WitType[],
    layouts: Layouts,
    memory: LiftMemory,
    encoding: StringEncoding,
  ) {
    this.types = types;
    this.layouts = layouts;
    this.memory = memory;
    this.encoding = encoding;
  }

  /** A value that is passed as core values. */
  flat(ref: TypeRef, values: FlatValues): WitValue {
    if (--this.left < 0) return UNREADABLE;
    if (typeof ref === 'string') {
      if (ref !== 'string')
        return primitive(ref, values.next(this.layouts.of(ref).flat[0] ?? 'i32'));
      return this.string(values.address(), values.address());
    }
    const type = this.types[ref];
    switch (type?.kind) {
      case 'record':
        return {
          kind: 'record',
          fields: type.fields.map(({ name, type: of }) => ({ name, value: this.flat(of, values) })),
        };
      case 'tuple':
        return { kind: 'tuple', items: type.items.map((item) => this.flat(item, values)) };
      case 'flags': {
        const words = Math.max(1, Math.ceil(type.names.length / 32));
        return flags(
          type.names,
          Array.from({ length: words }, () => values.address()),
        );
      }
      case 'list':
        if (type.length === undefined)
          return this.list(type.of, values.address(), values.address());
        return {
          kind: 'list',
          length: type.length,
          items: this.items(type.length, () => this.flat(type.of, values)),
        };
      case 'variant':
      case 'enum':
      case 'option':
      case 'result': {
        const slots = values.slots(this.layouts.of(ref).flat.length);
        return this.choice(type, slots.address(), (payload) => this.flat(payload, slots));
      }
      case 'own':
      case 'borrow':
        return handle(type, values.address());
      case 'stream':
      case 'future':
        return channel(type, values.address());
      default:
        return UNREADABLE;
    }
  }

  /** A value in memory. */
  stored(ref: TypeRef, at: number): WitValue {
    if (--this.left < 0) return UNREADABLE;
    if (typeof ref === 'string') {
      if (ref === 'string') return this.pointed(at, (to, length) => this.string(to, length));
      return this.scalar(at, ref);
    }
    const type = this.types[ref];
    switch (type?.kind) {
      case 'record': {
        const places = this.places(type.fields.map((field) => field.type));
        const fields = type.fields.map(({ name, type: of }, i) => ({
          name,
          value: this.stored(of, at + (places[i] ?? 0)),
        }));
        return { kind: 'record', fields };
      }
      case 'tuple': {
        const places = this.places(type.items);
        const items = type.items.map((item, i) => this.stored(item, at + (places[i] ?? 0)));
        return { kind: 'tuple', items };
      }
      case 'flags': {
        const { size } = this.layouts.of(ref);
        const words = Array.from({ length: Math.ceil(size / 4) }, (_, i) =>
          this.unsigned(at + 4 * i, Math.min(4, size)),
        );
        return words.every((word) => word !== undefined) ? flags(type.names, words) : UNREADABLE;
      }
      case 'list':
        if (type.length !== undefined) return this.elements(type.of, at, type.length);
        return this.pointed(at, (to, length) => this.list(type.of, to, length));
      case 'variant':
      case 'enum':
      case 'option':
      case 'result': {
        const cases = casesOf(type);
        const offset = payloadOffset(cases.map((one) => this.layouts.of(one.type)));
        const which = this.unsigned(at, discriminantSize(cases.length));
        return this.choice(type, which, (payload) => this.stored(payload, at + offset));
      }
      case 'own':
      case 'borrow': {
        const number = this.unsigned(at, 4);
        return number === undefined ? UNREADABLE : handle(type, number);
      }
      case 'stream':
      case 'future': {
        const number = this.unsigned(at, 4);
        return number === undefined ? UNREADABLE : channel(type, number);
      }
      default:
        return UNREADABLE;
    }
  }

  private choice(
    type: ChoiceType,
    which: number | undefined,
    payload: (type: TypeRef) => WitValue,
  ): WitValue {
    const chosen = which === undefined ? undefined : casesOf(type)[which];
    if (chosen === undefined) return UNREADABLE;
    const value = chosen.type === null ? undefined : payload(chosen.type);
    return { kind: 'case', name: caseName(type, chosen.name), value };
  }

  /** Offsets of values that lie behind each other. */
  private places(types: readonly TypeRef[]): number[] {
    let offset = 0;
    return types.map((type) => {
      const { align, size } = this.layouts.of(type);
      const start = alignUp(offset, align);
      offset = start + size;
      return start;
    });
  }

  /** Values of one type that lie behind each other. */
  list(of: TypeRef, at: number, length: number): WitValue {
    if (of === 'u8') return { kind: 'bytes', bytes: this.memory.read(at, length, true), length };
    // in one piece, for who wants to know what was read
    this.memory.read(at, Math.min(length, MAX_ITEMS) * this.layouts.of(of).size);
    return this.elements(of, at, length);
  }

  private elements(of: TypeRef, at: number, length: number): WitValue {
    const { size } = this.layouts.of(of);
    return {
      kind: 'list',
      length,
      items: this.items(length, (i) => this.stored(of, at + i * size)),
    };
  }

  private items(length: number, item: (index: number) => WitValue): WitValue[] {
    const count = Math.min(length, MAX_ITEMS, Math.max(0, this.left));
    return Array.from({ length: count }, (_, i) => item(i));
  }

  private pointed(at: number, read: (address: number, length: number) => WitValue): WitValue {
    const to = this.unsigned(at, 4);
    const length = this.unsigned(at + 4, 4);
    if (to === undefined || length === undefined) return UNREADABLE;
    // what it points to was written first, and may have been overwritten: to learn its size only, the
    // adapter for Preview 1 lets all strings of a list be written to the same place
    const { memory } = this;
    this.memory = memory.asOf(at);
    const value = read(to, length);
    this.memory = memory;
    return value;
  }

  /** @param length in the encoding's units; the highest bit says which of two it is */
  private string(at: number, length: number): WitValue {
    const { encoding } = this;
    const wide = encoding === 'utf16' || (encoding === 'latin1+utf16' && length >= 2 ** 31);
    const units = encoding === 'latin1+utf16' && wide ? length - 2 ** 31 : length;
    const size = wide ? 2 * units : units;
    const bytes = this.memory.read(at, Math.min(size, MAX_TEXT));
    const cut = bytes.length < size;
    if (cut && bytes.length === 0) return UNREADABLE;
    const name = wide ? 'utf-16le' : 'utf-8';
    const text =
      encoding === 'latin1+utf16' && !wide
        ? Buffer.from(bytes).toString('latin1')
        : new TextDecoder(name, { ignoreBOM: true }).decode(bytes, { stream: cut });
    return { kind: 'string', text, cut };
  }

  private scalar(at: number, type: Exclude<Primitive, 'string'>): WitValue {
    const { size, flat } = this.layouts.of(type);
    const bytes = this.memory.read(at, size);
    if (bytes.length < size) return UNREADABLE;
    const view = new DataView(bytes.buffer, bytes.byteOffset, size);
    switch (flat[0]) {
      case 'i64':
        return primitive(type, view.getBigUint64(0, true));
      case 'f32':
        return primitive(type, view.getFloat32(0, true));
      case 'f64':
        return primitive(type, view.getFloat64(0, true));
      default:
        return primitive(type, littleEndian(bytes));
    }
  }

  /** @param size 1, 2 or 4 bytes */
  private unsigned(at: number, size: number): number | undefined {
    const bytes = this.memory.read(at, size);
    return bytes.length < size ? undefined : littleEndian(bytes);
  }
}

/** WAVE's words of its own, which are another thing than a case of that name. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'true',
  'false',
  'some',
  'none',
  'ok',
  'err',
  'inf',
  'nan',
]);

function caseName({ kind }: ChoiceType, name: string): string {
  const isOwn = kind === 'variant' || kind === 'enum';
  return isOwn && KEYWORDS.has(name) ? `%${name}` : name;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

function handle(type: { kind: 'own' | 'borrow'; resource: number }, number: number): WitValue {
  return { kind: 'handle', resource: type.resource, own: type.kind === 'own', handle: number };
}

function channel(type: Extract<WitType, { kind: 'stream' | 'future' }>, number: number): WitValue {
  return { kind: 'channel', channel: type.kind, of: type.of ?? null, handle: number };
}
