/**
 * The names that a module and its debug information have: of functions, variables that belong to no function, types
 * and files. For lists of them, and for who types the beginning of one.
 */
import { WasiRrError } from '../../errors.ts';
import { functionDeclaration, variableDeclaration } from '../dwarf/declared.ts';
import type { FrameNames } from './frame-names.ts';
import { hasFunctionName, plainNames } from './function-named.ts';
import type { SourceLines } from './source-lines.ts';

export type SymbolKind = 'function' | 'variable' | 'type' | 'file';

export interface SymbolQuery {
  readonly kind: SymbolKind;
  /** A regular expression that names match; all, unless given. */
  readonly pattern?: string | undefined;
  /** How many are listed at most. */
  readonly limit: number;
}

export interface ListedSymbol {
  /** As it is declared, where that is known; not escaped. */
  readonly text: string;
  readonly name: string;
  /** Undefined for what has no debug information. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** Of a function: byte offset of its body in the module. */
  readonly offset?: number | undefined;
}

export interface SymbolList {
  /** By file and line; those of which neither is known behind the others. */
  readonly symbols: readonly ListedSymbol[];
  readonly more: number;
}

interface NamedFunction {
  readonly name: string;
  readonly offset: number;
}

/** Completions that are given; of more, only how they go on. */
const MAX_COMPLETIONS = 200;

/** Characters of names that are kept as completions: names of templates know no end. */
const MAX_NAME = 300;

export class Symbols {
  private readonly names: FrameNames;
  private readonly lines: SourceLines;
  private functions: readonly NamedFunction[] | undefined;
  /** By kind, in order. */
  private readonly completions = new Map<SymbolKind, readonly string[]>();

  constructor(names: FrameNames, lines: SourceLines) {
    this.names = names;
    this.lines = lines;
  }

  /** @throws WasiRrError OPTION_INVALID for a pattern that is none */
  list({ kind, pattern, limit }: SymbolQuery): SymbolList {
    const matches = matcher(pattern);
    const found = this.found(kind, matches);
    const symbols = found.slice(0, limit).map((symbol) => symbol());
    symbols.sort(byPlace);
    return { symbols, more: Math.max(0, found.length - limit) };
  }

  /**
   * What names of some kinds may be typed that begin so: a function by what follows any part of its path, too.
   * @returns in order; of very many, as far as to where they part
   */
  complete(prefix: string, kinds: readonly SymbolKind[]): readonly string[] {
    const all = kinds.flatMap((kind) => startingWith(this.completionsOf(kind), prefix));
    const found = [...new Set(all)].sort();
    if (found.length <= MAX_COMPLETIONS) return found;
    const parts = new Set(found.map((name) => upToSeparator(name, prefix.length)));
    if (parts.size <= MAX_COMPLETIONS) return [...parts];
    // first and last say what all have in common
    return [...found.slice(0, MAX_COMPLETIONS - 1), found.at(-1) ?? ''];
  }

  /** `int (int, char **)`, of the function that is called so; undefined where none is, or its types are not known. */
  functionType(wanted: string): string | undefined {
    const debug = this.names.source;
    const found = this.allFunctions.find(({ name }) => hasFunctionName(name, wanted));
    if (debug === undefined || found === undefined) return undefined;
    return debug.readable(undefined, () => {
      const entry = debug.functionAt(found.offset);
      return entry && functionDeclaration(entry, '', debug.types);
    });
  }

  /** Each is described when it is listed. */
  private found(kind: SymbolKind, matches: (name: string) => boolean): (() => ListedSymbol)[] {
    switch (kind) {
      case 'function':
        return this.allFunctions
          .filter(({ name }) => matches(name))
          .map((one) => () => this.functionSymbol(one));
      case 'variable':
        return this.variables(matches);
      case 'type':
        return this.types(matches);
      case 'file':
        return this.lines.files.filter(matches).map((file) => () => ({
          ...{ text: file, name: file, file, line: undefined },
        }));
    }
  }

  private functionSymbol({ name, offset }: NamedFunction): ListedSymbol {
    const debug = this.names.source;
    const entry = debug?.functionAt(offset);
    const place =
      entry && debug ? debug.declaredAt(entry) : this.names.lines?.framesAt(offset).at(-1)?.place;
    const text = debug?.readable(name, () =>
      // a demangled name of C++ has its parameters
      entry && !name.includes('(') ? functionDeclaration(entry, name, debug.types) : name,
    );
    return { text: text ?? name, name, file: place?.file, line: place?.line, offset };
  }

  private variables(matches: (name: string) => boolean): (() => ListedSymbol)[] {
    const debug = this.names.source;
    if (debug === undefined) return [];
    return debug.readable([], () =>
      [...debug.globals.all()]
        .filter(({ name }) => matches(name))
        .map(({ name, entry }) => () => {
          const place = debug.declaredAt(entry);
          const text = debug.readable(name, () => variableDeclaration(entry, name, debug.types));
          return { text, name, file: place?.file, line: place?.line };
        }),
    );
  }

  private types(matches: (name: string) => boolean): (() => ListedSymbol)[] {
    const debug = this.names.source;
    if (debug === undefined) return [];
    return debug.readable([], () =>
      [...debug.namedTypes.all()]
        .filter(([name]) => matches(name))
        .map(([name, entry]) => () => {
          const place = debug.declaredAt(entry);
          return { text: name, name, file: place?.file, line: place?.line };
        }),
    );
  }

  private completionsOf(kind: SymbolKind): readonly string[] {
    let known = this.completions.get(kind);
    if (known === undefined) {
      known = [...new Set(this.typed(kind))].filter(({ length }) => length <= MAX_NAME).sort();
      this.completions.set(kind, known);
    }
    return known;
  }

  private typed(kind: SymbolKind): readonly string[] {
    const debug = this.names.source;
    switch (kind) {
      case 'function':
        return this.allFunctions.flatMap(({ name }) => plainNames(name));
      case 'file':
        return this.lines.files.flatMap((file) => [file, file.slice(file.lastIndexOf('/') + 1)]);
      case 'variable':
        return debug?.readable([], () => [...debug.globals.all()].map(({ name }) => name)) ?? [];
      case 'type':
        return debug?.readable([], () => [...debug.namedTypes.all().keys()]) ?? [];
    }
  }

  /** Those with code, as the module names them, else the source. */
  private get allFunctions(): readonly NamedFunction[] {
    if (this.functions !== undefined) return this.functions;
    const found: NamedFunction[] = [];
    const { names, lines } = this;
    for (const { func, from } of names.functions()) {
      const name = names.nameOf(func)?.name;
      const own = name ?? names.lines?.framesAt(lines.bodyOf(func) ?? from).at(-1)?.name;
      if (own !== undefined) found.push({ name: own, offset: lines.bodyOf(func) ?? from });
    }
    this.functions = found;
    return found;
  }
}

function matcher(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  try {
    const expression = new RegExp(pattern);
    return (name) => expression.test(name);
  } catch {
    throw new WasiRrError('OPTION_INVALID', `"${pattern}" is no regular expression.`);
  }
}

function byPlace(a: ListedSymbol, b: ListedSymbol): number {
  if (a.file === undefined || b.file === undefined) {
    return Number(a.file === undefined) - Number(b.file === undefined) || compare(a.name, b.name);
  }
  return compare(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @param sorted as sort() has it */
function startingWith(sorted: readonly string[], prefix: string): string[] {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < prefix) low = middle + 1;
    else high = middle;
  }
  const found: string[] = [];
  for (let i = low; sorted[i]?.startsWith(prefix); i++) found.push(sorted[i] ?? '');
  return found;
}

/** `api.` of `api.Build`; the whole of what has no parts behind it. */
function upToSeparator(name: string, from: number): string {
  const at = name.slice(from).search(/::|[./]/);
  if (at < 0) return name;
  return name.slice(0, from + at + (name.startsWith('::', from + at) ? 2 : 1));
}
