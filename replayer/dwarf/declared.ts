/** What functions and variables are declared as, in the words of their language. */
import type { Entry } from './entry.ts';
import { AT, TAG } from './names.ts';
import { declaration, signature } from './type-name.ts';
import { languageOf, type Types } from './types.ts';

/** Characters of a list of parameters. */
const MAX_LENGTH = 1000;

/** @param name with its path */
export function functionDeclaration(entry: Entry, name: string, types: Types): string {
  // what is told of its parameters and its result stands where it was declared first
  const declared = [...entry.origins()].at(-1) ?? entry;
  const language = languageOf(declared.unit);
  if (language === 'c') {
    return signature(declared, name, true, (inner) => types.prefixOf(inner));
  }
  const parameters = [...declared.children()]
    .filter(({ tag }) => tag === TAG.formalParameter)
    .map((one) => `${one.name ?? '_'}: ${types.typeOf(one)?.name ?? 'void'}`)
    .join(', ');
  const result = types.typeOf(declared)?.name;
  const text = parameters.length > MAX_LENGTH ? `${parameters.slice(0, MAX_LENGTH)}…` : parameters;
  const returned = result === undefined ? '' : language === 'rust' ? ` -> ${result}` : ` ${result}`;
  return `fn ${name}(${text})${returned}`;
}

/** @param name with its path */
export function variableDeclaration(entry: Entry, name: string, types: Types): string {
  const declared = entry.originWith(AT.type);
  if (declared === undefined) return name;
  if (languageOf(declared.unit) !== 'c')
    return `${name}: ${types.typeOf(declared)?.name ?? 'void'}`;
  return declaration(declared.reference(AT.type), name, (inner) => types.prefixOf(inner));
}
