/** The functions of a unit, and what is nested in one: inlined calls, blocks, variables. */
import { demangle } from '../../wasm/demangle.ts';
import type { CodeLayout } from './code-layout.ts';
import { type Entry, entriesBelow } from './entry.ts';
import { AT, TAG } from './names.ts';
import { type AddressRange, contains, rangesOf } from './ranges.ts';
import type { Unit } from './unit.ts';

export interface FunctionEntry extends AddressRange {
  readonly entry: Entry;
}

export interface UnitFunctions {
  readonly functions: readonly FunctionEntry[];
  /** How many there are whose code is not what it was when the debug information was made. */
  readonly stale: number;
}

/** How deep blocks and inlined calls may be nested; clang's go to some dozens. */
const MAX_DEPTH = 500;

export interface Scope {
  readonly kind: 'function' | 'inlined' | 'block';
  readonly entry: Entry;
  /** Empty: as far as the scope around it reaches. */
  readonly ranges: readonly AddressRange[];
  readonly children: readonly Scope[];
  /** Parameters first, each as declared. */
  readonly variables: readonly Entry[];
}

/** Functions with code, in the order of the file. */
export function functionsOf(unit: Unit, layout: CodeLayout): UnitFunctions {
  const functions: FunctionEntry[] = [];
  let stale = 0;
  for (const { entry } of entriesBelow(unit.root)) {
    if (entry.tag !== TAG.subprogram || !(entry.has(AT.lowPc) || entry.has(AT.ranges))) continue;
    const ranges = rangesOf(entry);
    if (ranges.length === 0) continue;
    const low = Math.min(...ranges.map((range) => range.low));
    const high = Math.max(...ranges.map((range) => range.high));
    if (layout.fits(low, high)) functions.push({ low, high, entry });
    else stale++;
  }
  return { functions, stale };
}

/** @throws RangeError where entries do not hold together, or are nested without end */
export function readScope(entry: Entry, kind: Scope['kind'] = 'function', depth = 0): Scope {
  if (depth > MAX_DEPTH) throw new RangeError('debug information nests blocks without end');
  const children: Scope[] = [];
  const parameters: Entry[] = [];
  const variables: Entry[] = [];
  for (const child of entry.children()) {
    if (child.tag === TAG.formalParameter) parameters.push(child);
    else if (child.tag === TAG.variable) variables.push(child);
    else if (child.tag === TAG.lexicalBlock) children.push(readScope(child, 'block', depth + 1));
    else if (child.tag === TAG.inlinedSubroutine) {
      children.push(readScope(child, 'inlined', depth + 1));
    }
  }
  return {
    kind,
    entry,
    ranges: rangesOf(entry),
    children,
    variables: [...parameters, ...variables],
  };
}

/** The scopes that an address lies in, from the function inwards. */
export function scopesAt(scope: Scope, address: number): Scope[] {
  const path = [scope];
  for (let inner: Scope | undefined = scope; inner !== undefined; ) {
    inner = inner.children.find(
      ({ kind, ranges }) => contains(ranges, address) || (kind === 'block' && ranges.length === 0),
    );
    if (inner !== undefined) path.push(inner);
  }
  return path;
}

/** Name of a function for people: demangled, else as it was declared. */
export function functionName(entry: Entry): string | undefined {
  const linkage =
    entry.originWith(AT.linkageName)?.string(AT.linkageName) ??
    entry.originWith(AT.mipsLinkageName)?.string(AT.mipsLinkageName);
  if (linkage !== undefined) {
    const name = demangle(linkage);
    if (name !== linkage) return name;
  }
  const name = entry.originWith(AT.name)?.name;
  // Zig mangles nothing, and has the path in this name only
  return name === undefined || linkage?.endsWith(`.${name}`) ? linkage : name;
}
