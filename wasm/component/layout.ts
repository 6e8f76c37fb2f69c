/**
 * How values lie in memory and in core values: the canonical ABI (component-model/design/mvp/CanonicalABI.md,
 * "Alignment", "Element Size", "Flattening"). Each type is worked out once.
 */
import type { Primitive, TypeRef, WitType } from './types.ts';

export type FlatType = 'i32' | 'i64' | 'f32' | 'f64';

export interface Layout {
  /** Bytes. */
  readonly size: number;
  readonly align: number;
  /** Core values; no more than {@link MAX_FLAT} + 1 are told. */
  readonly flat: readonly FlatType[];
  /** Whether anything of it lies elsewhere in memory. */
  readonly points: boolean;
}

/** More core values than this are passed through memory. */
export const MAX_FLAT = 16;

/** As {@link MAX_FLAT}, where the caller goes on before the function has returned. */
export const MAX_ASYNC_FLAT = 4;

const scalar = (size: number, flat: FlatType): Layout => ({
  size,
  align: size,
  flat: [flat],
  points: false,
});

/** An address and a length. */
const POINTER: Layout = { size: 8, align: 4, flat: ['i32', 'i32'], points: true };
const NOTHING: Layout = { size: 0, align: 1, flat: [], points: false };
const HANDLE = scalar(4, 'i32');

const PRIMITIVES: Readonly<Record<Primitive, Layout>> = {
  bool: scalar(1, 'i32'),
  s8: scalar(1, 'i32'),
  u8: scalar(1, 'i32'),
  s16: scalar(2, 'i32'),
  u16: scalar(2, 'i32'),
  s32: scalar(4, 'i32'),
  u32: scalar(4, 'i32'),
  s64: scalar(8, 'i64'),
  u64: scalar(8, 'i64'),
  f32: scalar(4, 'f32'),
  f64: scalar(8, 'f64'),
  char: scalar(4, 'i32'),
  string: POINTER,
  'error-context': HANDLE,
};

export class Layouts {
  private readonly types: readonly WitType[];
  private readonly known = new Map<number, Layout>();

  constructor(types: readonly WitType[]) {
    this.types = types;
  }

  of(ref: TypeRef | null): Layout {
    if (ref === null) return NOTHING;
    if (typeof ref === 'string') return PRIMITIVES[ref];
    const known = this.known.get(ref);
    if (known !== undefined) return known;
    const layout = this.made(this.types[ref] as WitType);
    this.known.set(ref, layout);
    return layout;
  }

  private made(type: WitType): Layout {
    switch (type.kind) {
      case 'record':
        return sequence(type.fields.map((field) => this.of(field.type)));
      case 'tuple':
        return sequence(type.items.map((item) => this.of(item)));
      case 'flags':
        return flagsLayout(type.names.length);
      case 'list':
        return type.length === undefined ? POINTER : repeated(this.of(type.of), type.length);
      case 'variant':
      case 'enum':
      case 'option':
      case 'result':
        return choice(casesOf(type).map(({ type: payload }) => this.of(payload)));
      default:
        return HANDLE;
    }
  }
}

/** What is a variant in one way or another. */
export type ChoiceType = Extract<WitType, { kind: 'variant' | 'enum' | 'option' | 'result' }>;

/** Its cases, in order. */
export function casesOf(
  type: ChoiceType,
): readonly { readonly name: string; readonly type: TypeRef | null }[] {
  switch (type.kind) {
    case 'variant':
      return type.cases;
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
    case 'enum':
      return type.names.map((name) => ({ name, type: null }));
  }
}

/** Bytes of the number that says which of so many cases it is. */
export function discriminantSize(cases: number): 1 | 2 | 4 {
  return cases <= 1 << 8 ? 1 : cases <= 1 << 16 ? 2 : 4;
}

/** Bytes from the beginning of a variant to what its case holds. */
export function payloadOffset(payloads: readonly Layout[]): number {
  const align = Math.max(1, ...payloads.map((one) => one.align));
  return alignUp(discriminantSize(payloads.length), align);
}

export function alignUp(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

function sequence(parts: readonly Layout[]): Layout {
  let size = 0;
  let align = 1;
  let flat: FlatType[] = [];
  for (const part of parts) {
    size = alignUp(size, part.align) + part.size;
    align = Math.max(align, part.align);
    if (flat.length <= MAX_FLAT) flat = flat.concat(part.flat).slice(0, MAX_FLAT + 1);
  }
  return { size: alignUp(size, align), align, flat, points: parts.some(({ points }) => points) };
}

function repeated(part: Layout, count: number): Layout {
  const flat = new Array(Math.min(count, MAX_FLAT + 1)).fill(part.flat).flat();
  const { align, size, points } = part;
  return { size: size * count, align, flat: flat.slice(0, MAX_FLAT + 1), points };
}

function choice(payloads: readonly Layout[]): Layout {
  const discriminant = discriminantSize(payloads.length);
  const align = Math.max(discriminant, ...payloads.map((one) => one.align));
  const largest = Math.max(0, ...payloads.map((one) => one.size));
  const flat: FlatType[] = [];
  for (const payload of payloads) {
    for (const [i, type] of payload.flat.entries()) flat[i] = joined(flat[i] ?? type, type);
  }
  return {
    size: alignUp(payloadOffset(payloads) + largest, align),
    align,
    flat: (['i32'] as FlatType[]).concat(flat).slice(0, MAX_FLAT + 1),
    points: payloads.some(({ points }) => points),
  };
}

/** The core type that can hold the bits of both. */
function joined(a: FlatType, b: FlatType): FlatType {
  if (a === b) return a;
  const small = (type: FlatType) => type === 'i32' || type === 'f32';
  return small(a) && small(b) ? 'i32' : 'i64';
}

function flagsLayout(count: number): Layout {
  if (count <= 8) return scalar(1, 'i32');
  if (count <= 16) return scalar(2, 'i32');
  const words = Math.ceil(count / 32);
  const flat = new Array<FlatType>(Math.min(words, MAX_FLAT + 1)).fill('i32');
  return { size: 4 * words, align: 4, flat, points: false };
}
