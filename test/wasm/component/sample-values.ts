/** Random values of random types, put into memory as the canonical ABI says (component-model/design/mvp/CanonicalABI.md). */
import type { TypeRef, WitType } from '../../../wasm/component/types.ts';
import { type Random, randomFrom } from '../../wasi/random.ts';
import type { Value } from './wave-reader.ts';

const NAMES = ['a', 'b-c', 'none', 'ok', 'err', 'some', 'true', 'nan', 'X1-y', 'inf'] as const;
const PRIMITIVES = [
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
] as const;
const KINDS = [
  'primitive',
  'record',
  'variant',
  'enum',
  'flags',
  'tuple',
  'list',
  'fixed',
  'option',
  'result',
] as const;
const TEXTS = [
  '',
  'a',
  '"',
  "'",
  '\\',
  '\n\t\r',
  '\0\x1b[2J\x7f',
  '\u202e\u200b\ufeff',
  'ä😀\u{e0041}',
  '//',
  '%ok',
] as const;
const POINTS = ['a', '"', "'", '\\', '\n', '\0', '\x7f', '\u202e', '😀', '\u{10ffff}'] as const;
const FLOATS = [
  0,
  -0,
  0.1,
  1e21,
  1e-7,
  -2.5,
  5e-324,
  1.7976931348623157e308,
  Number.NaN,
  1 / 0,
  -1 / 0,
] as const;

/** Size in bytes, and alignment. */
interface Shape {
  readonly size: number;
  readonly align: number;
}

/** A random type, and a random value of it in memory: the canonical ABI once more, written for tests alone. */
export class Sample {
  readonly types: WitType[] = [];
  private readonly random: Random;
  private readonly memory = new DataView(new ArrayBuffer(1 << 20));
  private free = 8;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer, 0, this.free);
  }

  /** A new type, of others at most `depth` deep. */
  type(depth: number): TypeRef {
    const { random } = this;
    const kind = depth === 0 ? 'primitive' : random.pick(KINDS);
    const inner = () => this.type(depth - 1);
    const maybe = () => (random.below(3) === 0 ? null : inner());
    const names = <T>(count: number, make: (name: string) => T) =>
      NAMES.slice(random.below(3)).slice(0, count).map(make);
    const some = 1 + random.below(4);
    switch (kind) {
      case 'primitive':
        return random.pick(PRIMITIVES);
      case 'record':
        return this.add({
          kind: 'record',
          fields: names(some, (name) => ({ name, type: inner() })),
        });
      case 'variant':
        return this.add({
          kind: 'variant',
          cases: names(some, (name) => ({ name, type: maybe() })),
        });
      case 'enum':
        return this.add({ kind: 'enum', names: names(some + 3, (name) => name) });
      case 'flags': {
        const count = random.pick([1, 8, 9, 16, 17, 32, 33, 70]);
        return this.add({ kind: 'flags', names: Array.from({ length: count }, (_, i) => `f${i}`) });
      }
      case 'tuple':
        return this.add({ kind: 'tuple', items: Array.from({ length: some }, inner) });
      case 'list': {
        const of = inner();
        // bytes are shown as text, which is no WAVE
        return this.add({ kind: 'list', of: of === 'u8' ? 's8' : of });
      }
      case 'fixed':
        return this.add({ kind: 'list', of: inner(), length: some });
      case 'option':
        return this.add({ kind: 'option', of: inner() });
      case 'result':
        return this.add({ kind: 'result', ok: maybe(), err: maybe() });
    }
  }

  /** Room in memory for a value. */
  place(type: TypeRef): number {
    return this.allocate(this.shape(type));
  }

  /** Puts a random value into memory. @returns the value */
  put(ref: TypeRef, at: number): Value {
    if (typeof ref === 'string') return this.putPrimitive(ref, at);
    const type = this.types[ref] as WitType;
    const { random, memory } = this;
    switch (type.kind) {
      case 'record':
        return Object.fromEntries(
          this.laidOut(
            type.fields.map((one) => one.type),
            at,
          ).map((place, i) => {
            const { name, type: of } = type.fields[i] as { name: string; type: TypeRef };
            return [name, this.put(of, place)];
          }),
        );
      case 'tuple':
        return this.laidOut(type.items, at).map((place, i) =>
          this.put(type.items[i] as TypeRef, place),
        );
      case 'list': {
        const { size, align } = this.shape(type.of);
        const length = type.length ?? random.below(4);
        const from = type.length === undefined ? this.allocate({ size: size * length, align }) : at;
        if (type.length === undefined) this.pointer(at, from, length);
        return Array.from({ length }, (_, i) => this.put(type.of, from + i * size));
      }
      case 'flags': {
        const bits = type.names.length;
        const set = type.names.filter(() => random.below(2) === 1);
        const width = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
        for (const name of set) {
          const bit = type.names.indexOf(name);
          const byte =
            at +
            (width === 4
              ? 4 * Math.floor(bit / 32) + Math.floor((bit % 32) / 8)
              : Math.floor(bit / 8));
          memory.setUint8(byte, memory.getUint8(byte) | (1 << (bit % 8)));
        }
        return set;
      }
      default: {
        const cases = this.cases(type);
        const which = random.below(cases.length);
        memory.setUint8(at, which);
        const { name, type: of } = cases[which] as { name: string; type: TypeRef | null };
        return { case: name, value: of === null ? null : this.put(of, at + this.payloadAt(type)) };
      }
    }
  }

  private putPrimitive(type: string, at: number): Value {
    const { random, memory } = this;
    const integer = BigInt.asUintN(64, new DataView(random.bytes(8).buffer).getBigUint64(0));
    switch (type) {
      case 'bool':
        memory.setUint8(at, random.below(2));
        return memory.getUint8(at) === 1;
      case 's8':
        memory.setInt8(at, Number(integer & 0xffn));
        return memory.getInt8(at);
      case 'u8':
        memory.setUint8(at, Number(integer & 0xffn));
        return memory.getUint8(at);
      case 's16':
        memory.setInt16(at, Number(integer & 0xffffn), true);
        return memory.getInt16(at, true);
      case 'u16':
        memory.setUint16(at, Number(integer & 0xffffn), true);
        return memory.getUint16(at, true);
      case 's32':
        memory.setInt32(at, Number(integer & 0xffffffffn), true);
        return memory.getInt32(at, true);
      case 'u32':
        memory.setUint32(at, Number(integer & 0xffffffffn), true);
        return memory.getUint32(at, true);
      case 's64':
        memory.setBigUint64(at, integer, true);
        return memory.getBigInt64(at, true);
      case 'u64':
        memory.setBigUint64(at, integer, true);
        return integer;
      case 'f32':
        memory.setFloat32(at, random.below(2) ? random.pick(FLOATS) : Number(integer) / 1e7, true);
        return memory.getFloat32(at, true);
      case 'f64':
        memory.setFloat64(at, random.below(2) ? random.pick(FLOATS) : Number(integer) / 1e7, true);
        return memory.getFloat64(at, true);
      case 'char': {
        const character = random.pick(POINTS);
        memory.setUint32(at, character.codePointAt(0) ?? 0, true);
        return character;
      }
      default: {
        const text = random.pick(TEXTS) + random.pick(TEXTS);
        const bytes = Buffer.from(text);
        const from = this.allocate({ size: bytes.length, align: 1 });
        new Uint8Array(this.memory.buffer).set(bytes, from);
        this.pointer(at, from, bytes.length);
        return text;
      }
    }
  }

  private pointer(at: number, address: number, length: number): void {
    this.memory.setUint32(at, address, true);
    this.memory.setUint32(at + 4, length, true);
  }

  private cases(
    type: WitType,
  ): readonly { readonly name: string; readonly type: TypeRef | null }[] {
    switch (type.kind) {
      case 'variant':
        return type.cases;
      case 'enum':
        return type.names.map((name) => ({ name, type: null }));
      case 'option':
        return [
          { name: 'none', type: null },
          { name: 'some', type: type.of },
        ];
      case 'result':
        return [
          { name: 'ok', type: type.ok },
          { name: 'err', type: type.err },
        ];
      default:
        throw new Error(`a ${type.kind} has no cases`);
    }
  }

  private shape(ref: TypeRef): Shape {
    if (typeof ref === 'string') {
      const size =
        { bool: 1, s8: 1, u8: 1, s16: 2, u16: 2, s64: 8, u64: 8, f64: 8 }[ref as 'bool'] ?? 4;
      return ref === 'string' ? { size: 8, align: 4 } : { size, align: size };
    }
    const type = this.types[ref] as WitType;
    switch (type.kind) {
      case 'record':
        return this.sequence(type.fields.map((one) => one.type));
      case 'tuple':
        return this.sequence(type.items);
      case 'list': {
        const { size, align } = this.shape(type.of);
        return type.length === undefined
          ? { size: 8, align: 4 }
          : { size: size * type.length, align };
      }
      case 'flags': {
        const bits = type.names.length;
        if (bits <= 8) return { size: 1, align: 1 };
        return bits <= 16 ? { size: 2, align: 2 } : { size: 4 * Math.ceil(bits / 32), align: 4 };
      }
      default: {
        const payloads = this.cases(type).flatMap((one) =>
          one.type === null ? [] : [this.shape(one.type)],
        );
        const align = Math.max(1, ...payloads.map((one) => one.align));
        return {
          size: up(this.payloadAt(type) + Math.max(0, ...payloads.map((one) => one.size)), align),
          align,
        };
      }
    }
  }

  private payloadAt(type: WitType): number {
    const aligns = this.cases(type).map((one) =>
      one.type === null ? 1 : this.shape(one.type).align,
    );
    return up(1, Math.max(...aligns));
  }

  private sequence(items: readonly TypeRef[]): Shape {
    const align = Math.max(1, ...items.map((one) => this.shape(one).align));
    const places = this.laidOut(items, 0);
    const last = items.at(-1);
    const end = last === undefined ? 0 : (places.at(-1) ?? 0) + this.shape(last).size;
    return { size: up(end, align), align };
  }

  private laidOut(items: readonly TypeRef[], at: number): number[] {
    let end = at;
    return items.map((one) => {
      const { size, align } = this.shape(one);
      const place = up(end, align);
      end = place + size;
      return place;
    });
  }

  private allocate({ size, align }: Shape): number {
    const at = up(this.free, align);
    this.free = at + size;
    return at;
  }

  private add(type: WitType): TypeRef {
    return this.types.push(type) - 1;
  }
}

function up(at: number, align: number): number {
  return Math.ceil(at / align) * align;
}
