/** Whether a component can be run: a command of WASI 0.2 whose imports are all provided. */
import { WasiRrError } from '../../errors.ts';
import { escapeText } from '../../wasi/escape.ts';
import { isProvided } from './preview2-interfaces.ts';

const COMMAND = /^wasi:cli\/run@0\.2\./;

/** What a component is that is no such command, and what to do about it. */
const OTHER_WORLDS: readonly (readonly [RegExp, string])[] = [
  [
    /^wasi:cli\/run@/,
    'It is a command of another version of WASI. Build it for WASI 0.2 (the target wasm32-wasip2).',
  ],
  [
    /^wasi:http\/(incoming-)?handler@/,
    'It is an HTTP server, which waits to be called; those cannot be recorded yet.',
  ],
];

const LIBRARY =
  'It is a library, which waits to be called. Compose it with a command (wac plug), and record that.';

/**
 * @param label the component's name
 * @param exports as jco lists them: an interface stands there a second time, in JavaScript's spelling
 * @throws WasiRrError EXPORT_MISSING
 */
export function checkExports(label: string, exports: readonly string[]): void {
  if (exports.some((name) => COMMAND.test(name))) return;
  const interfaces = exports.filter((name) => name.includes(':'));
  const named = interfaces.length > 0 ? interfaces : exports;
  const [, advice = exports.length > 0 ? LIBRARY : 'Build it as a command.'] =
    OTHER_WORLDS.find(([pattern]) => exports.some((name) => pattern.test(name))) ?? [];
  throw new WasiRrError(
    'EXPORT_MISSING',
    `${label} is no command of WASI 0.2: it exports ${named.map((name) => escapeText(name)).join(', ') || 'nothing'}, and not wasi:cli/run@0.2. ${advice}`,
  );
}

/**
 * Lists everything at once: a developer wants to mend all imports, not one a run.
 * @param imports interfaces that core code of the component uses
 * @throws WasiRrError IMPORTS_UNSATISFIED
 */
export function checkImports(label: string, imports: readonly string[]): void {
  const missing = imports.filter((name) => !isProvided(name));
  if (missing.length === 0) return;
  throw new WasiRrError(
    'IMPORTS_UNSATISFIED',
    `${label} imports what wasi-rr does not provide; it provides interfaces of WASI 0.2 only:\n${missing.map((name) => `  ${escapeText(name)}`).join('\n')}\n` +
      'Compose it with a component that exports them (wac plug), and record that.',
  );
}
