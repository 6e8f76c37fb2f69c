/** Types as WIT spells them, in few characters: what has no name of its own and is long goes by its kind. */
import type { TypeRef, WitTypes } from './types.ts';

/** Characters of what stands between angle brackets. */
const MAX_INNER = 12;

/** How deep types are spelt out. */
const MAX_DEPTH = 4;

/** @returns e.g. `u8`, `list<u8>`, `descriptor`, `error-code`, `result<_, error-code>`, `record`. Not escaped. */
export function typeName(
  ref: TypeRef | null,
  words: Pick<WitTypes, 'types' | 'resources'>,
  depth = MAX_DEPTH,
): string {
  if (ref === null) return '_';
  if (typeof ref === 'string') return ref;
  const type = words.types[ref];
  if (type === undefined) return '?';
  if (type.name !== undefined) return type.name;
  const of = (...inner: readonly (TypeRef | null)[]) => {
    if (depth === 0 || inner.length > MAX_INNER) return type.kind;
    const text = inner.map((one) => typeName(one, words, depth - 1)).join(', ');
    return text.length > MAX_INNER ? type.kind : `${type.kind}<${text}>`;
  };
  switch (type.kind) {
    case 'tuple':
      return of(...type.items);
    case 'list':
    case 'option':
      return of(type.of);
    case 'stream':
    case 'future':
      return type.of == null ? type.kind : of(type.of);
    case 'result':
      return type.ok === null && type.err === null
        ? 'result'
        : of(...(type.err === null ? [type.ok] : [type.ok, type.err]));
    case 'own':
      return words.resources[type.resource]?.name || 'handle';
    case 'borrow':
      return `borrow<${words.resources[type.resource]?.name || 'handle'}>`;
    default:
      return type.kind;
  }
}
