/** Interfaces that JavaScript modules give to a component: which, checked before anything runs. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { WasiRrError } from '../../errors.ts';
import { escapeText } from '../../wasi/escape.ts';

/** One interface, given by a module. */
export interface GivenImport {
  /** Of an interface, without its version, or of a function that stands in none. */
  readonly name: string;
  /** Path of an ES module, absolute. */
  readonly path: string;
}

/**
 * @param imports name of an interface, with or without its version → path of an ES module
 * @throws WasiRrError OPTION_INVALID, MODULE_NOT_FOUND
 */
export function givenImports(imports: Readonly<Record<string, string>>): GivenImport[] {
  const given: GivenImport[] = [];
  for (const [full, module] of Object.entries(imports)) {
    const name = withoutVersion(full);
    if (name === '' || module === '') throw invalid('an import needs a name and a module.');
    // jco's generated programs ask for both under one name
    if (given.some((one) => one.name === name)) {
      throw invalid(
        `the import ${escapeText(name)} is given twice. One module gives all versions of an interface.`,
      );
    }
    const path = resolve(module);
    if (!existsSync(path)) {
      throw new WasiRrError(
        'MODULE_NOT_FOUND',
        `there is no file ${module}, which was to give ${escapeText(full)}.`,
      );
    }
    given.push({ name, path });
  }
  return given;
}

/** @throws WasiRrError OPTION_INVALID for one that the component does not ask for */
export function checkGiven(
  label: string,
  given: readonly GivenImport[],
  imports: readonly string[],
): void {
  const unused = given.filter(({ name }) => !imports.includes(name));
  if (unused.length === 0) return;
  const names = unused.map(({ name }) => escapeText(name)).join(', ');
  const asked = imports.map((name) => `\n  ${escapeText(name)}`).join('') || ' nothing';
  throw invalid(`${label} does not import ${names}. Its core code imports:${asked}`);
}

export function withoutVersion(name: string): string {
  return name.replace(/@.*/s, '');
}

function invalid(message: string): WasiRrError {
  return new WasiRrError('OPTION_INVALID', message);
}
