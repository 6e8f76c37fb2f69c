/** Members wherever they stand in an object: libraries wrap what they hold, and move it between versions. */
import { resolved } from '../dwarf/type.ts';
import { memberOf, type Value } from './value.ts';

/** Structs that are looked into. */
const MAX_WRAPPERS = 20;

/** A member by its name, the outermost one; undefined where there is none. */
export function inside(value: Value, name: string): Value | undefined {
  const open = [value];
  for (let left = MAX_WRAPPERS; left > 0; left--) {
    const next = open.shift();
    const type = resolved(next?.type);
    if (next === undefined) return undefined;
    if (type?.kind !== 'structure') continue;
    const found = type.members.find((member) => member.name === name);
    if (found !== undefined) return memberOf(next, found);
    const wrappers = type.members.filter(({ offset }) => offset !== undefined).slice(0, left);
    open.push(...wrappers.map((member) => memberOf(next, member)));
  }
  return undefined;
}
