/** The variables that can be named at a place in the code. */
import type { Entry } from './entry.ts';
import { AT, TAG } from './names.ts';
import type { Scope } from './scopes.ts';

export interface Variable {
  readonly name: string;
  readonly kind: 'parameter' | 'local';
  /** With its location; of one that the optimizer removed, its declaration. */
  readonly entry: Entry;
}

/**
 * @param scopes of one call: of its function, then of the blocks in it, from the outside inwards
 * @throws RangeError where entries do not hold together
 */
export function variablesOf(scopes: readonly Scope[]): Variable[] {
  return scopes.flatMap(({ entry, variables }) => {
    const given = [...variables, ...removed(entry, variables)];
    const found = given.flatMap((variable) => {
      const name = variable.originWith(AT.name)?.name;
      const kind = variable.tag === TAG.formalParameter ? 'parameter' : 'local';
      return name === undefined ? [] : [{ name, kind, entry: variable } as const];
    });
    // removed parameters are parameters, too
    return [
      ...found.filter(({ kind }) => kind === 'parameter'),
      ...found.filter(({ kind }) => kind === 'local'),
    ];
  });
}

/** Of an inlined call: what its function declares and nothing is left of. */
function removed(entry: Entry, variables: readonly Entry[]): Entry[] {
  const origin = entry.reference(AT.abstractOrigin);
  if (origin === undefined) return [];
  const left = new Set(variables.map((one) => one.reference(AT.abstractOrigin)?.offset));
  return [...origin.children()].filter(
    ({ tag, offset }) => (tag === TAG.formalParameter || tag === TAG.variable) && !left.has(offset),
  );
}
