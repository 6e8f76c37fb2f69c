/**
 * Two components in one, as `wasm-tools compose CALLER -d CALLEE` makes it: what the first imports and the second
 * exports is linked, all else is imported. As text, since that is what our dependencies read and write.
 */
import { parse, print } from '@bytecodealliance/jco-transpile/wasm-tools';
import { readComponentNames } from '../../wasm/component/import-names.ts';

/** @param names of the caller's imports that go by another name among the callee's exports: that name */
export async function composed(
  caller: Uint8Array,
  callee: Uint8Array,
  names: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const outer = readComponentNames(caller);
  const inner = readComponentNames(callee);
  const source = (name: string) => names[name] ?? name;
  const linked = outer.imports.filter((name) => inner.exports.includes(source(name)));
  const [outerText, innerText] = [await print(caller), await print(callee)];
  const imports: [Line[], Line[]] = [importsIn(innerText), unlinked(importsIn(outerText), linked)];
  // one that virtualises imports and exports the same interface: two instances of one name
  const passed = (name: string, from = name) => `(with "${name}" (instance $"${from}"))`;
  const given = (name: string) => passed(name, linked.includes(name) ? `inner ${name}` : name);
  const instances = [
    `(instance $inner (instantiate $callee ${inner.imports.map((name) => passed(name)).join(' ')}))`,
    ...linked.map((name) => `(alias export $inner "${source(name)}" (instance $"inner ${name}"))`),
    `(instance $outer (instantiate $caller ${outer.imports.map(given).join(' ')}))`,
  ];
  const exports = outer.exports.flatMap((name) => [
    `(alias export $outer "${name}" (instance $"to ${name}"))`,
    `(export "${name}" (instance $"to ${name}"))`,
  ]);
  return parse(`(component
${merged(imports)}
(component $callee ${bodyOf(innerText)}
(component $caller ${bodyOf(outerText)}
${[...instances, ...exports].join('\n')})`);
}

/** A line of what a component says before its own code; `name` is what it imports there. */
interface Line {
  readonly text: string;
  readonly name: string | undefined;
}

/** Types, what is imported, and what is taken out of that for later types. */
function importsIn(text: string): Line[] {
  const forms = text.split(/\n(?= {2}\()/).slice(1);
  const end = forms.findIndex((form) => /^ {2}\((core|component) /.test(form));
  return forms.slice(0, end).map((form) => ({
    text: form,
    name: /^ {2}\(import "([^"]*)"/.exec(form)?.[1],
  }));
}

/** Without what is linked: its import, the type right before it, and what later types took out of it. */
function unlinked(lines: readonly Line[], linked: readonly string[]): Line[] {
  const isLinked = (line: Line | undefined) => linked.includes(line?.name ?? '');
  return lines.filter((line, i) => {
    const [, taken = ''] = /^ {2}\(alias export \$"?([^\s"]*)/.exec(line.text) ?? [];
    return !isLinked(line) && !isLinked(lines[i + 1]) && !linked.includes(taken);
  });
}

/** Each interface is imported once, with all that either component uses of it. */
function merged([first, second]: readonly [readonly Line[], readonly Line[]]): string {
  const names = (lines: readonly Line[]) => lines.flatMap(({ name }) => name ?? []);
  const instances = new Set([...names(first), ...names(second)]);
  const lists = [first, second].map((lines, i) =>
    lines.map(({ text, name }) => ({ text: renamed(text, `${i} `, instances), name })),
  );
  const out: string[] = [];
  /** Up to the import of that name, and of its type. */
  const take = (list: number, until?: string): string | undefined => {
    const [lines = [], others = []] = [lists[list], lists[1 - list]];
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      const { text, name } = line;
      if (name !== undefined && name === until) return out.pop();
      if (name !== undefined && others.some((other) => other.name === name)) {
        const type = out.pop() ?? '';
        out.push(union(type, take(1 - list, name) ?? ''));
      }
      out.push(text);
    }
    return undefined;
  };
  take(0);
  take(1);
  return out.join('\n');
}

/** The same words name other types in another component. */
function renamed(text: string, by: string, but: ReadonlySet<string | undefined>): string {
  return text.replace(/\$(?:"([^"]+)"|([^\s()"]+))/g, (whole, quoted?: string, plain?: string) =>
    but.has(quoted ?? plain) ? whole : `$"${by}${quoted ?? plain}"`,
  );
}

/** The type of an instance that has the members of both. Types in it go by numbers. */
function union(type: string, other: string): string {
  const members = (text: string) => text.split(/\n(?= {6}\()/).slice(1);
  const nameOf = (member: string) => /^ {6}\(export (?:\(;\d+;\) )?("[^"]*")/.exec(member)?.[1];
  const isType = (member: string) =>
    !/ \(func \(type \S+\)\)\)\s*$/.test(member.replace(/\n {4}\)\s*\)\s*$/, ''));
  const known = new Map<string, number>();
  let types = 0;
  for (const member of members(type)) {
    const name = nameOf(member);
    if (name !== undefined) known.set(name, types);
    if (isType(member)) types++;
  }
  const numbers: number[] = [];
  const added = members(other.replace(/\n {4}\)\n {2}\)\s*$/, '')).flatMap((member) => {
    const same = known.get(nameOf(member) ?? '');
    if (isType(member)) numbers.push(same ?? types++);
    if (same !== undefined) return [];
    return member.replace(/"[^"]*"|\(;\d+;\)|outer \d+|\$\S+|\b\d+\b/g, (token) =>
      /^\d/.test(token) ? String(numbers[Number(token)]) : token.replace(/^\(;\d+;\)$/, ''),
    );
  });
  return type.replace(/\n {4}\)\n {2}\)\s*$/, `\n${added.join('\n')}\n    )\n  )`);
}

/** Without the word and the name that it begins with. */
function bodyOf(text: string): string {
  return text.replace(/^\(component( \$\S+)?/, '');
}
