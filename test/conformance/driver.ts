/**
 * A library component, driven by a test program of jco's (test/fixtures/runtime/NAME.ts): that has the functions that
 * the component imports, calls those that it exports, and asserts what they give. To the recorder it looks like a
 * generated program with one command, which runs the test.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  type ComponentProgram,
  programOf,
  takeApart,
} from '../../recorder/component/component-program.ts';

/** The interface with the one command. */
const ENTRY = 'driver';

/**
 * @param wasm path of the component
 * @param test path of the program, in TypeScript
 * @param driver path of a file to write, which has to stay while it runs
 */
export async function drivenProgram(
  wasm: string,
  test: string,
  driver: string,
): Promise<ComponentProgram> {
  const apart = await takeApart(wasm, readFileSync(wasm));
  const names = apart.exports.filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
  const aliases = apart.exports.flatMap((name): [string, string][] => {
    const short = shortName(name);
    return names.includes(short) && short !== name ? [[name, short]] : [];
  });
  writeFileSync(driver, driverText(apart.program, test, names, aliases));
  const program = await programOf(
    wasm,
    { ...apart, program: driver },
    { entry: ENTRY, given: [], adapted: false },
  );
  return withoutImports(program);
}

/** What it imports comes with what drives it, which is loaded later: the recorder is not to look for it. */
export function withoutImports(program: ComponentProgram): ComponentProgram {
  const { surface } = program;
  const instances = surface?.instances.map((instance) => ({
    ...instance,
    imports: instance.imports.map((one) => ({ ...one, imported: false })),
  }));
  return { ...program, surface: surface && { ...surface, instances: instances ?? [] } };
}

/** Imports that jco is told to take from the program's own exports: `--map NAME=../FILE.js#EXPORT`. */
function mapped(test: string): [name: string, member: string | undefined][] {
  const [flags = ''] = /^\/\/ Flags:.*/m.exec(readFileSync(test, 'utf8')) ?? [];
  return [...flags.matchAll(/(\S+)=\.\.\/([\w-]+)\.js(?:#(\w+))?/g)]
    .filter(([, , file]) => file !== 'helpers')
    .map(([, name = '', , member]) => [name, member]);
}

/** jco exports an interface by its name and by the last part of that: `a:b/an-interface@1.0.0` is `anInterface` too. */
function shortName(name: string): string {
  const last = name.replace(/@.*$/, '').replace(/^.*\//, '');
  return last.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function driverText(
  program: string,
  test: string,
  names: readonly string[],
  aliases: readonly (readonly [name: string, of: string])[],
): string {
  const text = JSON.stringify;
  const fixture = text(pathToFileURL(test).href);
  const component = `
import * as fixture from ${fixture};
const driver = globalThis[Symbol.for('driver')];
export const instantiate = (_, imports) => driver.instantiate(imports);
export const $init = Promise.resolve();
const lazy = (name) => new Proxy(function () {}, {
  get: (_, key) => driver.library(fixture)[name][key],
  apply: (_, self, args) => driver.library(fixture)[name](...args),
});
${names.map((name) => `export const ${name} = lazy(${text(name)});`).join('\n')}
${aliases.map(([name, of]) => `export { ${of} as ${text(name)} };`).join('\n')}`;
  return `
import { registerHooks } from 'node:module';
const maps = ${text(mapped(test))};
export async function instantiate(getModule, host, instantiateCore) {
  const { instantiate: real } = await import(${text(pathToFileURL(program).href)});
  const made = (imports) => real(getModule, { ...host, ...imports }, instantiateCore);
  const importsOf = (fixture) => Object.fromEntries(maps.map(([name, member]) =>
    [name, member === null ? fixture : { default: fixture[member], [member]: fixture[member] }]));
  let library;
  globalThis[Symbol.for('driver')] = {
    instantiate: made,
    library: (fixture) => (library ??= made(importsOf(fixture))),
  };
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier.includes('/js-test-components/')) return { url: 'driver:component', shortCircuit: true };
      if (specifier.startsWith('@bytecodealliance/')) context = { ...context, parentURL: ${text(import.meta.url)} };
      return next(specifier === './helpers.js' ? './helpers.ts' : specifier, context);
    },
    load: (url, context, next) => url === 'driver:component'
      ? { format: 'module', source: ${text(component)}, shortCircuit: true }
      : next(url, context),
  });
  return { ${ENTRY}: { run: () => import(${fixture}) } };
}`;
}
