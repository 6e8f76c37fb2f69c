/** A member of a struct, class, union or variant, by its name. */
import { resolved, type StructureType } from '../../dwarf/type.ts';
import { variantOf } from '../rust-types.ts';
import { memberOf, type Value } from '../value.ts';
import { zigCase } from '../zig-types.ts';

/** Structs without a name that a member is looked for in. */
const MAX_ANONYMOUS = 100;

/** Its own, or one of an anonymous struct, a base class, or the variant that it is. */
export function memberNamed(value: Value, type: StructureType, name: string): Value | undefined {
  const given = zigCase(value, type);
  if (given?.name === name) return given.content;
  const open: { value: Value; type: StructureType }[] = [{ value, type }];
  if (type.variants !== undefined) {
    const { content } = variantOf(value, type);
    const inner = resolved(content.type);
    if (inner?.kind === 'structure') open.push({ value: content, type: inner });
  }
  for (let left = MAX_ANONYMOUS; left > 0; left--) {
    const next = open.shift();
    if (next === undefined) return undefined;
    const found = next.type.members.find(
      (one) => one.name === name || (one.name === `__${name}` && /^\d+$/.test(name)),
    );
    if (found !== undefined) return memberOf(next.value, found);
    for (const member of next.type.members) {
      const inner = resolved(member.type);
      if (inner?.kind !== 'structure') continue;
      if (member.name !== undefined && member.kind !== 'base') continue;
      if (member.offset !== undefined)
        open.push({ value: memberOf(next.value, member), type: inner });
    }
  }
  return undefined;
}
