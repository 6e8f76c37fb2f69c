/** Names that may stand behind `.` or `->` of a value, for who types one. */
import { resolved, type Type } from '../dwarf/type.ts';

/** Pointers, and structs without a name or that are inherited, that are looked through. */
const MAX_DEPTH = 8;

export function memberNames(given: Type | undefined, depth = 0): readonly string[] {
  const type = resolved(given);
  if (depth > MAX_DEPTH) return [];
  if (type?.kind === 'pointer') return memberNames(type.target, depth + 1);
  if (type?.kind !== 'structure') return [];
  return type.members.flatMap((member) => {
    const { name, kind } = member;
    if (kind === 'base' || name === undefined) return memberNames(member.type, depth + 1);
    // a field of a Rust tuple
    return [name.replace(/^__(\d+)$/, '$1')];
  });
}
