/**
 * A debugging information entry. Its attributes are decoded when asked for, from the bytes: of most
 * entries nothing is ever read.
 */
import type { Abbreviation } from './abbreviations.ts';
import { fixedSize, type RawValue, readForm, skipForm } from './forms.ts';
import type { Integer } from './input.ts';
import { AT } from './names.ts';
import type { Unit } from './unit.ts';

/** How far an entry may be described by others, which describe it by others. */
const MAX_ORIGINS = 8;

export class Entry {
  readonly unit: Unit;
  /** Offset in `.debug_info`: what identifies it. */
  readonly offset: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  private readonly abbreviation: Abbreviation;
  private readonly values: number;
  private cachedEnd: number | undefined;

  /** @param values where its attributes begin */
  constructor(unit: Unit, offset: number, values: number, abbreviation: Abbreviation) {
    this.unit = unit;
    this.offset = offset;
    this.values = values;
    this.abbreviation = abbreviation;
    this.tag = abbreviation.tag;
    this.hasChildren = abbreviation.hasChildren;
  }

  /** Where its attributes end: its first child stands there, or what follows it. */
  get end(): number {
    this.cachedEnd ??= this.findEnd();
    return this.cachedEnd;
  }

  has(name: number): boolean {
    return this.abbreviation.attributes.some((attribute) => attribute.name === name);
  }

  /** @throws RangeError where it does not hold together */
  attribute(name: number): RawValue | undefined {
    if (!this.has(name)) return undefined;
    const input = this.unit.inputAt(this.values);
    for (const shape of this.abbreviation.attributes) {
      if (shape.name === name) return readForm(input, shape.form, this.unit, shape.constant);
      skipForm(input, shape.form, this.unit);
    }
    return undefined;
  }

  string(name: number): string | undefined {
    const value = this.attribute(name);
    return value && this.unit.text(value);
  }

  get name(): string | undefined {
    return this.string(AT.name);
  }

  /** As it is in the file: whether it has a sign is for who knows its type. */
  integer(name: number): Integer | undefined {
    const value = this.attribute(name);
    return value?.kind === 'constant' ? value.value : undefined;
  }

  number(name: number): number | undefined {
    const value = this.integer(name);
    return value === undefined ? undefined : Number(value);
  }

  flag(name: number): boolean {
    const value = this.attribute(name);
    return value?.kind === 'flag' && value.value;
  }

  address(name: number): number | undefined {
    const value = this.attribute(name);
    return value && this.unit.address(value);
  }

  /** The entry that an attribute refers to. @throws RangeError where there is none */
  reference(name: number): Entry | undefined {
    const value = this.attribute(name);
    if (value?.kind === 'reference') return this.unit.file.entryAt(value.value);
    return value?.kind === 'signature' ? this.unit.file.typeOf(value.value) : undefined;
  }

  /** It, and what it is made of: an abstract instance, a declaration elsewhere. */
  *origins(): Generator<Entry, undefined> {
    let entry: Entry | undefined = this;
    for (let hops = 0; entry !== undefined && hops < MAX_ORIGINS; hops++) {
      yield entry;
      entry = entry.reference(AT.abstractOrigin) ?? entry.reference(AT.specification);
    }
  }

  /** The first of {@link origins} that has an attribute. */
  originWith(name: number): Entry | undefined {
    for (const entry of this.origins()) if (entry.has(name)) return entry;
    return undefined;
  }

  *children(): Generator<Entry, undefined> {
    if (!this.hasChildren) return;
    let offset = this.end;
    for (;;) {
      const child = this.unit.entryAt(offset);
      if (child === undefined) return;
      yield child;
      offset = child.afterTree();
    }
  }

  /** Offset behind it and everything below it. */
  private afterTree(): number {
    if (!this.hasChildren) return this.end;
    const sibling = this.attribute(AT.sibling);
    if (sibling?.kind === 'reference' && sibling.value > this.offset) return sibling.value;
    let offset = this.end;
    for (let depth = 1; depth > 0; ) {
      const entry = this.unit.entryAt(offset);
      if (entry === undefined) {
        offset++;
        depth--;
      } else {
        offset = entry.end;
        if (entry.hasChildren) depth++;
      }
    }
    return offset;
  }

  private findEnd(): number {
    const { unit, values } = this;
    const input = unit.inputAt(values);
    for (const { form } of this.abbreviation.attributes) {
      const size = fixedSize(form, unit);
      if (size === undefined) skipForm(input, form, unit);
      else input.skip(size);
    }
    return input.position;
  }
}

/**
 * Every entry below `entry` in the order of the file, with how deep it lies (1 for a child). `descend`
 * says whether what lies below one is wanted, too; it is gone over in any case.
 */
export function* entriesBelow(entry: Entry): Generator<{ entry: Entry; depth: number }, undefined> {
  if (!entry.hasChildren) return;
  let offset = entry.end;
  for (let depth = 1; depth > 0; ) {
    const below = entry.unit.entryAt(offset);
    if (below === undefined) {
      offset++;
      depth--;
      continue;
    }
    yield { entry: below, depth };
    offset = below.end;
    if (below.hasChildren) depth++;
  }
}
