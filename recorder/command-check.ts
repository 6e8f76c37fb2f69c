/** Whether a core module is a command: has one `_start` that can be called, and is nothing else besides. */
import { WasiRrError } from '../errors.ts';
import { escapeText } from '../wasi/escape.ts';
import type { ModuleProgram } from './guest-program.ts';

/**
 * Before anything is created: not even a start section may run in what is no command.
 * @throws WasiRrError EXPORT_MISSING, EXPORT_UNSUPPORTED, MODULE_UNSUPPORTED
 */
export function checkCommand(program: ModuleProgram): void {
  const { name, exports, unsupportedExports } = program;
  const entry = exports.get('_start');
  if (unsupportedExports.has('_start') || entry?.params.length || entry?.results.length) {
    throw new WasiRrError(
      'EXPORT_UNSUPPORTED',
      `${name}: the _start of a command takes and gives nothing, and this one does. Build the module as a WASI command.`,
    );
  }
  if (entry === undefined) {
    throw new WasiRrError(
      'EXPORT_MISSING',
      notACommand([...exports.keys()].map((one) => escapeText(one))),
    );
  }
  if (exports.has('_initialize')) {
    throw new WasiRrError(
      'MODULE_UNSUPPORTED',
      `${name} exports _start and _initialize, so it is neither a command nor a reactor. Build it as one of them.`,
    );
  }
}

function notACommand(exports: readonly string[]): string {
  const what = exports.includes('_initialize')
    ? 'The module is a reactor: it exports _initialize and waits to be called.'
    : `The module exports ${exports.length === 0 ? 'no function' : exports.join(', ')}.`;
  return `there is no _start to run. ${what} Record calls of its exports with openRecording() of the library.`;
}
