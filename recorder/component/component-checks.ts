/** Whether a component can be run: a command of WASI 0.2 or 0.3 whose imports are all provided. */
import { WasiRrError } from '../../errors.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { ComponentSurface } from '../../wasm/component/surface.ts';
import type { WitFunction } from '../../wasm/component/types.ts';
import { withoutVersion } from './given-imports.ts';
import { isProvided } from './provided-interfaces.ts';

/** What is to be done with a component. */
export type ComponentUse = 'run' | 'serve' | 'calls';

/** Of which the later is taken. */
const COMMANDS = [/^wasi:cli\/run@0\.3\./, /^wasi:cli\/run@0\.2\./];

const SERVERS = [/^wasi:http\/handler@0\.3\./, /^wasi:http\/incoming-handler@0\.2\./];

/** What a component is that is no such command, and what to do about it. */
const OTHER_WORLDS: readonly (readonly [RegExp, string])[] = [
  [
    /^wasi:cli\/run@/,
    'It is a command of another version of WASI. Build it for WASI 0.2 (the target wasm32-wasip2).',
  ],
  [
    /^wasi:http\/(incoming-)?handler@/,
    'It is an HTTP server, which waits for requests. Record it with --serve HOST:PORT.',
  ],
];

const LIBRARY =
  'It is a library, which waits to be called. Compose it with a command (wac plug), and record that; or call it from JavaScript (openRecording).';

/**
 * @param label the component's name
 * @param exports as jco lists them: an interface stands there a second time, in JavaScript's spelling
 * @param use `calls`: its functions are called one by one, that of a command among them
 * @returns the interface that is to be run; '' for none
 * @throws WasiRrError EXPORT_MISSING
 */
export function entryOf(label: string, exports: readonly string[], use: ComponentUse): string {
  const found = (patterns: readonly RegExp[]) =>
    patterns.flatMap((pattern) => exports.find((name) => pattern.test(name)) ?? [])[0];
  const [command, server] = [found(COMMANDS), found(SERVERS)];
  if (use === 'serve') {
    if (server !== undefined) return server;
    throw new WasiRrError(
      'EXPORT_MISSING',
      `${label} is no HTTP server: it exports neither wasi:http/incoming-handler@0.2 nor wasi:http/handler@0.3. ${command === undefined ? 'Build it as a server.' : 'It is a command. Record it without --serve.'}`,
    );
  }
  // some toolchains give a server of 0.3 a command of 0.2, which does nothing
  const isServer = server?.includes('@0.3.') && command?.includes('@0.2.');
  if (command !== undefined && !isServer) return command;
  if (use === 'calls') return '';
  const interfaces = exports.filter((name) => name.includes(':'));
  const named = interfaces.length > 0 ? interfaces : exports;
  const [, advice = exports.length > 0 ? LIBRARY : 'Build it as a command.'] =
    OTHER_WORLDS.find(([pattern]) => exports.some((name) => pattern.test(name))) ?? [];
  throw new WasiRrError(
    'EXPORT_MISSING',
    `${label} is no command of WASI 0.2 or 0.3: it exports ${named.map((name) => escapeText(name)).join(', ') || 'nothing'}, and not wasi:cli/run. ${advice}`,
  );
}

/**
 * @param entry the interface that is to be run
 * @param surface undefined where it could not be read
 * @throws WasiRrError EXPORT_MISSING, EXPORT_UNSUPPORTED
 */
export function checkRun(
  label: string,
  entry: string,
  surface: ComponentSurface | undefined,
): void {
  if (surface === undefined || !entry.startsWith('wasi:cli/run@')) return;
  const { functions, types } = surface.types;
  const func = surface.exports
    .map((one) => functions[one.func])
    .find((one) => one?.interface === entry && one.name === 'run');
  if (func === undefined) {
    throw new WasiRrError(
      'EXPORT_MISSING',
      `${label} exports ${entry} without a function run, so there is nothing to call. Build it as a command.`,
    );
  }
  const { params, result } = func;
  const type = typeof result === 'number' ? types[result] : undefined;
  const bare = type?.kind === 'result' && type.ok === null && type.err === null;
  if (params.length > 0 || !bare) {
    throw new WasiRrError(
      'EXPORT_UNSUPPORTED',
      `${label}: the run of a command takes nothing and gives a result without values, and this one does not. Build it as a command.`,
    );
  }
}

/**
 * Lists everything at once: a developer wants to mend all imports, not one a run.
 * @param imports interfaces that core code of the component uses, without versions
 * @param surface undefined where it could not be read
 * @param given what JavaScript modules give, without versions
 * @throws WasiRrError IMPORTS_UNSATISFIED
 */
export function checkImports(
  label: string,
  imports: readonly string[],
  surface: ComponentSurface | undefined,
  given: ReadonlySet<string>,
): void {
  const provided = (name: string) => isProvided(name) || given.has(withoutVersion(name));
  const missing =
    surface === undefined
      ? imports.filter((name) => !provided(name))
      : missingOf(surface, provided);
  if (missing.length === 0) return;
  const [first = ''] = missing.map((name) => name.replace(/:\s.*/s, ''));
  throw new WasiRrError(
    'IMPORTS_UNSATISFIED',
    `${label} imports what wasi-rr does not provide; it provides interfaces of WASI 0.2 and 0.3 only:\n${missing.map((name) => `  ${escapeText(name)}`).join('\n')}\n` +
      `Compose it with a component that exports them (wac plug), and record that; or give each by a JavaScript module (--import ${escapeText(first)}=./module.js).`,
  );
}

/** Interfaces with the functions that are used of them. */
function missingOf(
  { instances, types }: ComponentSurface,
  provided: (name: string) => boolean,
): string[] {
  const used = instances.flatMap(({ imports }) => imports.filter(({ imported }) => imported));
  const missing = new Map<string, Set<string>>();
  for (const { func } of used) {
    const { interface: from, name } = types.functions[func] as WitFunction;
    const key = from === '' ? name : from;
    if (provided(key)) continue;
    const functions = missing.get(key) ?? new Set();
    if (from !== '') functions.add(name);
    missing.set(key, functions);
  }
  return [...missing].map(([key, functions]) =>
    functions.size === 0 ? key : `${key}: ${[...functions].join(', ')}`,
  );
}
