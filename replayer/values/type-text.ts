/**
 * Writes what a type is made of, in the words of its language: members, enumerators, variants; as gdb's `ptype`
 * does, and with offsets as its `ptype /o`. The text is not escaped for a terminal.
 */
import {
  type EnumerationType,
  type Member,
  resolved,
  type StructureType,
  sizeOf,
  type Type,
  type Variant,
} from '../dwarf/type.ts';

/** Lines of one type: some structs of generated code have thousands of members. */
const MAX_LINES = 2000;
/** Structs without a name in each other. */
const MAX_DEPTH = 8;
/** Pointers to pointers, arrays of arrays. */
const MAX_AROUND = 20;
/** Characters of an enumeration that stands in one line. */
const ONE_LINE = 72;

const INDENT = '    ';

export interface TypeLine {
  readonly text: string;
  /** Of a member: its first byte, in the whole. */
  readonly offset?: number | undefined;
  /** Of a bit field: its first bit in that byte. */
  readonly bit?: number | undefined;
  /** Of a member; of the first line, the whole. */
  readonly size?: number | undefined;
  /** Bytes before it that belong to nothing. */
  readonly hole?: number | undefined;
}

/** The type itself: other names of it are looked through, what it points to is written out. */
export function typeLines(type: Type | undefined): TypeLine[] {
  const { core, prefix, suffix } = unwrapped(type);
  if (core?.kind === 'structure') {
    const body = structureLines(core, 0, 0);
    if (suffix === '' || core.language === 'c') return around(body, prefix, suffix);
    // a pointer of Rust or Zig stands in front of its type
    return [{ text: resolved(type)?.name ?? '' }, ...body];
  }
  if (core?.kind === 'enumeration') return around(enumerationLines(core), prefix, suffix);
  return [{ text: resolved(type)?.name ?? 'void' }];
}

/** What pointers and arrays lead to: `const struct {…} *[4]`. */
function unwrapped(type: Type | undefined) {
  let core: Type | undefined = type;
  let prefix = '';
  let suffix = '';
  for (let left = MAX_AROUND; left > 0 && core !== undefined; left--) {
    if (core.kind === 'alias') {
      if (core.form !== 'typedef' && suffix === '') prefix = `${core.form} ${prefix}`;
      core = core.target;
    } else if (core.kind === 'pointer') {
      suffix = ` ${core.form}${suffix.trimStart()}`;
      core = core.target;
    } else if (core.kind === 'array') {
      suffix = `${suffix === '' ? ' ' : suffix}[${core.count ?? ''}]`;
      core = core.element;
    } else break;
  }
  return { core, prefix, suffix };
}

function around(lines: readonly TypeLine[], prefix: string, suffix: string): TypeLine[] {
  return lines.map((line, i) => ({
    ...line,
    text: `${i === 0 ? prefix : ''}${line.text}${i === lines.length - 1 ? suffix : ''}`,
  }));
}

/** @param from offset of its first byte in the whole */
function structureLines(type: StructureType, from: number, depth: number): TypeLine[] {
  const { variants } = type;
  const lines: TypeLine[] = [];
  const bases = type.members.filter(({ kind }) => kind === 'base');
  const inherited = bases.map((base) => base.type?.name ?? '?').join(', ');
  const form = variants ? 'enum' : type.form;
  const name = isAnonymous(type) ? '' : ` ${type.name}`;
  const derived = inherited === '' ? '' : ` : ${inherited}`;
  lines.push({ text: `${form}${name}${derived} {`, size: type.size });
  if (type.size === undefined) lines.push({ text: `${INDENT}<only declared>` });
  else if (variants) {
    for (const variant of variants.variants) lines.push({ text: INDENT + variantText(variant) });
  } else lines.push(...memberLines(type, from, depth));
  for (const method of type.methods) lines.push({ text: `${INDENT}${method};` });
  lines.push({ text: '}' });
  return lines.length <= MAX_LINES
    ? lines
    : [...lines.slice(0, MAX_LINES), { text: `${INDENT}…` }, { text: '}' }];
}

function memberLines(type: StructureType, from: number, depth: number): TypeLine[] {
  const lines: TypeLine[] = [];
  /** Behind the last bit of the members so far. */
  let end = 0;
  // where the parts of a virtual base lie is not known
  const isPacked = type.form !== 'union' && type.members.every(isPlaced);
  // Rust lays out its members in another order than they are declared
  const byPlace = [...type.members].sort((a, b) => firstBit(a) - firstBit(b));
  const holes = new Map<Member, number>();
  for (const member of byPlace) {
    const first = firstBit(member);
    const hole = Math.floor(first / 8) - Math.ceil(end / 8);
    if (isPacked && hole > 0 && end > 0) holes.set(member, hole);
    end = Math.max(end, first + bitsIn(member));
  }
  for (const member of type.members) {
    if (member.kind === 'base') continue;
    const { offset, bits } = member;
    const place = {
      hole: holes.get(member),
      ...(bits
        ? { offset: from + Math.floor(bits.offset / 8), bit: bits.offset % 8 }
        : { offset: offset === undefined ? undefined : from + offset }),
      size: sizeOf(member.type),
    };
    // one that a typedef names is named
    const inner = member.type;
    if (inner?.kind === 'structure' && isAnonymous(inner) && depth < MAX_DEPTH) {
      const own = structureLines(inner, from + (offset ?? 0), depth + 1);
      const named = member.name === undefined ? '' : ` ${member.name}`;
      const [first, ...rest] = around(own, '', `${named};`);
      lines.push(
        { ...place, text: INDENT + (first?.text ?? '') },
        ...rest.map((line) => ({ ...line, text: INDENT + line.text })),
      );
    } else lines.push({ ...place, text: INDENT + memberText(member, type) });
  }
  const left = (type.size ?? 0) - Math.ceil(end / 8);
  if (isPacked && left > 0 && end > 0) lines.push({ text: '', hole: left });
  return lines;
}

function isPlaced({ offset, bits }: Member): boolean {
  return offset !== undefined || bits !== undefined;
}

function firstBit({ offset = 0, bits }: Member): number {
  return bits?.offset ?? 8 * offset;
}

function bitsIn({ bits, type }: Member): number {
  return bits?.size ?? 8 * (sizeOf(type) ?? 0);
}

function memberText(member: Member, { language }: StructureType): string {
  const { name, type, bits, declaration } = member;
  if (language !== 'c') return `${tupleField(name)}${type?.name ?? 'void'},`;
  return `${declaration}${bits ? ` : ${bits.size}` : ''};`;
}

/** Fields of a tuple have numbers for names. */
function tupleField(name: string | undefined): string {
  if (name === undefined) return '';
  return `${name.replace(/^__(\d+)$/, '$1')}: `;
}

/** `Circle(f64)`, `Rect {w: f64, h: f64}`, `Empty` */
function variantText({ members }: Variant): string {
  const [member] = members;
  if (member === undefined) return '<nothing>,';
  const content = resolved(member.type);
  const name = member.name ?? '?';
  if (content?.kind !== 'structure') return `${name}(${member.type?.name ?? 'void'}),`;
  const fields = content.members.map(({ name: own, type }) => ({
    own,
    type: type?.name ?? 'void',
  }));
  if (fields.length === 0) return `${name},`;
  if (fields.every(({ own }) => own !== undefined && /^__\d+$/.test(own))) {
    return `${name}(${fields.map(({ type }) => type).join(', ')}),`;
  }
  return `${name} {${fields.map(({ own, type }) => `${own}: ${type}`).join(', ')}},`;
}

function enumerationLines({ name, enumerators, isScoped, language }: EnumerationType): TypeLine[] {
  let next = 0n;
  const words = enumerators.map((one) => {
    const isNext = one.value === next;
    next = one.value + 1n;
    return isNext ? one.name : `${one.name} = ${one.value}`;
  });
  const form = isScoped && language === 'c' ? 'enum class' : 'enum';
  const head = `${form}${/^enum \{…\}$/.test(name) ? '' : ` ${name}`} {`;
  const text = `${head}${words.join(', ')}}`;
  if (text.length <= ONE_LINE) return [{ text }];
  const shown = words.slice(0, MAX_LINES).map((word) => ({ text: `${INDENT}${word},` }));
  const more = words.length - shown.length;
  return [{ text: head }, ...shown, ...(more > 0 ? [{ text: `${INDENT}…` }] : []), { text: '}' }];
}

/** As type-name.ts writes what has no name. */
function isAnonymous({ name }: StructureType): boolean {
  return /^(struct|class|union) \{…\}$/.test(name);
}
