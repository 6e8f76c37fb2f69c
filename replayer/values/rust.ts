/** Values of Rust types in Rust's words: `Some(5)`, `Point { x: 1 }`, `vec![1, 2]`, `"text"`. */
import { type Member, resolved, type StructureType } from '../dwarf/type.ts';
import type { Collection, Wrapper } from './collection.ts';
import type { Formatter } from './format.ts';
import { rustCollection } from './rust-collections.ts';
import { rustSequence, rustText, shortName, variantOf } from './rust-types.ts';
import { rustWrapper } from './rust-wrappers.ts';
import { textOfLength } from './texts.ts';
import { type Value, valueAt } from './value.ts';

/** @returns undefined for what is shown as in C */
export function formatRust(
  value: Value,
  type: StructureType,
  formatter: Formatter,
  depth: number,
): string | undefined {
  if (type.language !== 'rust' || type.form === 'union') return undefined;
  if (type.variants !== undefined) {
    const { member, content } = variantOf(value, type);
    const inner = resolved(member.type);
    if (inner?.kind !== 'structure') return formatter.member(value, member, depth);
    return fields(member.name ?? '', content, inner.members, formatter, depth);
  }
  const text = rustText(value, type);
  if (text !== undefined) return textOfLength(formatter.context.machine, text.address, text.length);
  const sequence = rustSequence(value, type);
  if (sequence !== undefined) {
    const { address, element, count } = sequence;
    const first = valueAt(formatter.context.machine, element, address);
    const prefix = type.name.startsWith('&') ? '&' : 'vec!';
    return `${prefix}[${formatter.elements(first, element, count, depth)}]`;
  }
  const { machine } = formatter.context;
  const collection = rustCollection(value, type, machine);
  if (collection !== undefined) return collected(collection, formatter, depth);
  const wrapper = rustWrapper(value, type, machine);
  if (wrapper !== undefined) return wrapped(wrapper, formatter, depth);
  const name = shortName(type.name);
  return fields(name, value, type.members, formatter, depth);
}

/** `Name`, `Name(1, 2)`, `(1, 2)` or `Name { x: 1 }`. */
function fields(
  name: string,
  value: Value,
  members: readonly Member[],
  formatter: Formatter,
  depth: number,
): string {
  const isTuple =
    members.length > 0 && members.every((member) => /^__\d+$/.test(member.name ?? ''));
  const title = name.startsWith('(') ? '' : name;
  const texts = members.map((member) => {
    const content = formatter.member(value, member, depth);
    return isTuple ? content : `${member.name}: ${content}`;
  });
  if (isTuple) return `${title}(${texts.join(', ')})`;
  return texts.length === 0 ? title || '()' : `${title} { ${texts.join(', ')} }`.trimStart();
}

/** `HashMap {"ann": 1}`, `VecDeque [1, 2]` */
function collected(collection: Collection, formatter: Formatter, depth: number): string {
  const { name, kind } = collection;
  const content = formatter.entries(collection, depth, (key, text) =>
    key === undefined ? text : `${key}: ${text}`,
  );
  return kind === 'list' ? `${name} [${content}]` : `${name} {${content}}`;
}

/** `Rc(5, strong: 2, weak: 0)` */
function wrapped({ name, notes, value }: Wrapper, formatter: Formatter, depth: number): string {
  const content = value ? formatter.format(value, depth + 1) : 'gone';
  return `${name}(${[content, ...notes].join(', ')})`;
}
