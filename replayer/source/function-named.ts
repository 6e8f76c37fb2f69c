/** What users may call a function: its name without parameters, return type and template arguments, or the end of its path. */

/**
 * What a path ends with: of C++ and Rust, of Zig and Go; and the type that it returns, which a function made of a
 * template is written with.
 */
const BEFORE = ['::', '.', ' '];

/** @param name demangled, or as the module or the source has it */
export function hasFunctionName(name: string, wanted: string): boolean {
  if (name === wanted) return true;
  const plain = withoutParameters(name);
  return [plain, withoutGroup(plain, '<', '>')].some(
    (one) => one === wanted || BEFORE.some((before) => one.endsWith(before + wanted)),
  );
}

/** Path parts of a name that are names of their own: `Dog::speak` and `speak` of `zoo::Dog::speak(int)`. */
const MAX_PARTS = 16;

/** What {@link hasFunctionName} knows a function by, without what nobody types. */
export function plainNames(name: string): string[] {
  const plain = withoutGroup(withoutParameters(name), '<', '>');
  const names = [plain];
  let depth = 0;
  for (let at = plain.length - 1; at > 0 && names.length < MAX_PARTS; at--) {
    const sign = plain[at];
    if (sign === '>' || sign === ')') depth++;
    else if (sign === '<' || sign === '(') depth--;
    if (depth !== 0) continue;
    const isPath = sign === '.' || sign === ' ' || (sign === ':' && plain[at - 1] === ':');
    if (isPath && at < plain.length - 1) names.push(plain.slice(at + 1));
  }
  return names;
}

/** `Book::at(int) const` and `at[abi:v1](int)` are `Book::at` and `at`; `run(int)::local` stays as it is. */
function withoutParameters(name: string): string {
  const end = name.lastIndexOf(')');
  const behind = name.slice(end + 1);
  if (end < 0 || !/^[\w &]*$/.test(behind)) return name;
  return withoutGroup(name.slice(0, end + 1), '(', ')').replace(/\[abi:\w+\]$/, '');
}

/** Without what stands in brackets at its end, unless nothing else would be left. */
function withoutGroup(text: string, open: string, close: string): string {
  if (!text.endsWith(close)) return text;
  let depth = 0;
  for (let at = text.length - 1; at > 0; at--) {
    if (text[at] === close) depth++;
    if (text[at] === open && --depth === 0) return text.slice(0, at);
  }
  return text;
}
