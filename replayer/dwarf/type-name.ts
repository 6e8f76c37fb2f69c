/**
 * Names of types as they are written in the source, as far as the debug information tells: `int (*)(char)`.
 * A type is written around what is declared: half of it comes before, half behind. The rules are LLVM's
 * (DWARFTypePrinter), so that its tools can be compared with.
 */
import type { Entry } from './entry.ts';
import { AT, TAG } from './names.ts';

/** Characters; longer ones are cut. */
const MAX_LENGTH = 1000;
/** Types of types that are written; debug information may go round in circles. */
const MAX_STEPS = 200;

const POINTERS: Readonly<Record<number, string>> = {
  [TAG.pointerType]: '*',
  [TAG.referenceType]: '&',
  [TAG.rvalueReferenceType]: '&&',
};

const QUALIFIERS: Readonly<Record<number, string>> = {
  [TAG.constType]: 'const',
  [TAG.volatileType]: 'volatile',
  [TAG.restrictType]: 'restrict',
  [TAG.atomicType]: '_Atomic',
};

const ANONYMOUS: Readonly<Record<number, string>> = {
  [TAG.structureType]: 'struct {…}',
  [TAG.classType]: 'class {…}',
  [TAG.unionType]: 'union {…}',
  [TAG.enumerationType]: 'enum {…}',
};

/** @param prefixOf what stands before the name of a type in a namespace or class */
export function typeName(entry: Entry | undefined, prefixOf: (entry: Entry) => string): string {
  const writer = new TypeWriter(prefixOf);
  writer.before(entry);
  writer.after(entry);
  return writer.text;
}

/** As {@link typeName}, written around what has the type: `int (*rank)(user *)`. */
export function declaration(
  entry: Entry | undefined,
  name: string,
  prefixOf: (entry: Entry) => string,
): string {
  const writer = new TypeWriter(prefixOf);
  writer.before(entry);
  writer.name(name);
  writer.after(entry);
  return writer.text;
}

/**
 * A function as it is declared: `int area(double) const`.
 * @param entry its own, or that of its declaration
 * @param hasResult whether one is written: not of what makes and ends objects of C++
 */
export function signature(
  entry: Entry,
  name: string,
  hasResult: boolean,
  prefixOf: (entry: Entry) => string,
): string {
  const writer = new TypeWriter(prefixOf);
  const result = entry.reference(AT.type);
  if (hasResult) writer.before(result);
  writer.name(name);
  writer.parameters(entry, true);
  if (hasResult) writer.after(result);
  return isConstMethod(entry) ? `${writer.text} const` : writer.text;
}

/** What `this` points to cannot be changed. */
function isConstMethod(entry: Entry): boolean {
  const [self] = entry.children();
  if (self?.tag !== TAG.formalParameter || !self.flag(AT.artificial)) return false;
  const pointer = self.reference(AT.type);
  const type = pointer && unqualified(pointer).type?.reference(AT.type);
  return type?.tag === TAG.constType;
}

class TypeWriter {
  text = '';
  private readonly prefixOf: (entry: Entry) => string;
  /** Whether what was written last needs a blank before what follows. */
  private isWord = false;
  private steps = 0;

  constructor(prefixOf: (entry: Entry) => string) {
    this.prefixOf = prefixOf;
  }

  before(type: Entry | undefined): void {
    if (type === undefined) {
      this.word('void');
      return;
    }
    if (this.isTooLong()) return;
    const pointer = POINTERS[type.tag];
    if (pointer !== undefined) {
      const inner = type.reference(AT.type);
      this.before(inner);
      if (this.isWord) this.put(' ');
      if (needsParentheses(inner)) this.put('(');
      this.symbol(pointer);
    } else if (QUALIFIERS[type.tag] !== undefined) this.qualified(type);
    else if (type.tag === TAG.subroutineType) {
      this.before(type.reference(AT.type));
      if (this.isWord) this.symbol(' ');
    } else if (type.tag === TAG.arrayType) this.before(type.reference(AT.type));
    else if (type.tag === TAG.ptrToMemberType) this.memberPointer(type);
    else this.word(fullName(type, this.prefixOf));
  }

  after(type: Entry | undefined, method = false): void {
    if (type === undefined || this.isTooLong()) return;
    if (type.tag === TAG.subroutineType) {
      this.parameters(type, method);
      this.after(type.reference(AT.type));
    } else if (type.tag === TAG.arrayType) {
      for (const range of type.children()) {
        if (range.tag === TAG.subrangeType) this.put(`[${elementCount(range) ?? ''}]`);
      }
      this.after(type.reference(AT.type));
    } else if (QUALIFIERS[type.tag] !== undefined) {
      this.after(unqualified(type).type);
    } else if (POINTERS[type.tag] !== undefined || type.tag === TAG.ptrToMemberType) {
      const inner = type.reference(AT.type);
      if (needsParentheses(inner)) this.put(')');
      this.after(inner, type.tag === TAG.ptrToMemberType);
    }
  }

  /** `const int`, but `char *const`. */
  private qualified(entry: Entry): void {
    const { words, type } = unqualified(entry);
    let core = type;
    for (let left = MAX_STEPS; core?.tag === TAG.arrayType && left > 0; left--) {
      core = core.reference(AT.type);
    }
    const isFunction = type?.tag === TAG.subroutineType;
    const isPointer =
      core !== undefined && (POINTERS[core.tag] === '*' || core.tag === TAG.ptrToMemberType);
    if (!isPointer && !isFunction) this.put(`${words.join(' ')} `);
    this.before(type);
    if (isPointer && !isFunction) this.word(words.join(' '));
  }

  private memberPointer(type: Entry): void {
    const inner = type.reference(AT.type);
    this.before(inner);
    if (needsParentheses(inner)) this.put('(');
    else if (this.isWord) this.put(' ');
    const container = type.reference(AT.containingType);
    if (container !== undefined) {
      this.before(container);
      this.put('::');
    }
    this.symbol('*');
  }

  /** Behind a type, but for the blank that a pointer needs none of. */
  name(text: string): void {
    if (this.isWord) this.put(' ');
    this.word(text);
  }

  parameters(type: Entry, method: boolean): void {
    this.put('(');
    let count = 0;
    let isFirst = true;
    for (const child of type.children()) {
      const isThis = method && isFirst && child.flag(AT.artificial);
      isFirst = false;
      const isMore = child.tag === TAG.unspecifiedParameters;
      if (isThis || (child.tag !== TAG.formalParameter && !isMore)) continue;
      if (count++ > 0) this.put(', ');
      if (this.isTooLong()) return;
      const parameter = isMore ? undefined : child.reference(AT.type);
      if (isMore) this.put('...');
      else {
        this.before(parameter);
        this.after(parameter);
      }
    }
    this.put(')');
  }

  private word(text: string): void {
    this.put(text);
    this.isWord = true;
  }

  private symbol(text: string): void {
    this.put(text);
    this.isWord = false;
  }

  private put(text: string): void {
    if (this.text.length > MAX_LENGTH) return;
    this.text += text.slice(0, MAX_LENGTH + 1 - this.text.length);
    if (this.text.length > MAX_LENGTH) this.text = `${this.text.slice(0, MAX_LENGTH)}…`;
  }

  private isTooLong(): boolean {
    if (++this.steps === MAX_STEPS) this.put('…');
    return this.steps >= MAX_STEPS;
  }
}

function fullName(type: Entry, prefixOf: (entry: Entry) => string): string {
  const { name } = type;
  return name === undefined ? (ANONYMOUS[type.tag] ?? '(anonymous)') : prefixOf(type) + name;
}

/** Qualifiers in the order of the language, and what they qualify. */
function unqualified(entry: Entry): {
  readonly words: readonly string[];
  readonly type: Entry | undefined;
} {
  const words = new Set<string>();
  let type: Entry | undefined = entry;
  for (let left = MAX_STEPS; type !== undefined && left > 0; left--) {
    const word = QUALIFIERS[type.tag];
    if (word === undefined) break;
    words.add(word);
    type = type.reference(AT.type);
  }
  return { words: Object.values(QUALIFIERS).filter((word) => words.has(word)), type };
}

function needsParentheses(entry: Entry | undefined): boolean {
  const type = entry && unqualified(entry).type;
  return type?.tag === TAG.subroutineType || type?.tag === TAG.arrayType;
}

/** How many elements a dimension of an array has; undefined where the debug information does not say. */
export function elementCount(range: Entry): number | undefined {
  const count = range.integer(AT.count);
  if (count !== undefined) return Number(count);
  const upper = range.integer(AT.upperBound);
  if (upper === undefined) return undefined;
  const length = Number(upper) - (range.number(AT.lowerBound) ?? 0) + 1;
  // clang has an upper bound of -1 for arrays without elements, in as many bytes as it likes
  return length > 0 && length < 2 ** 32 ? length : 0;
}
