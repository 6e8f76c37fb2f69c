/** Files that are to be put into a trace: debug information by its content, and the sources that it names. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  type Attachment,
  attach,
  examineDebugFile,
  messageOf,
  openTrace,
  sourceNames,
  type TraceReader,
  WasiRrError,
} from '../index.ts';
import { type PathChange, SourceFiles } from '../tui/source/source-files.ts';
import { say } from './streams.ts';

/**
 * After a recording: what its module names, and what was asked for. A run is not lost for what does not fit: that
 * is told of.
 */
export function attachTo(
  path: string,
  named: readonly string[],
  given: readonly string[],
  folders: readonly string[],
): void {
  const trace = openTrace(path);
  const work = (add: () => readonly Attachment[]) => {
    try {
      attach(path, add());
    } catch (thrown) {
      if (!(thrown instanceof WasiRrError)) throw thrown;
      say(`not put into the trace: ${thrown.message}`);
    }
  };
  try {
    if (trace.meta.flavour === 'component') {
      if (given.length + folders.length > 0) {
        say(
          'not put into the trace: of a component, only debug information in its modules is read.',
        );
      }
      return;
    }
    for (const file of [...named, ...given]) work(() => debugFiles(trace, [file]));
    if (folders.length > 0) work(() => sourcesFor(trace, folders, []).files);
  } finally {
    trace.close();
  }
}

/**
 * @param paths of debug information: a wasm file, a `.dwo`, a `.dwp`, a source map
 * @throws WasiRrError OPTION_INVALID for a file that does not explain the module
 */
export function debugFiles(trace: TraceReader, paths: readonly string[]): Attachment[] {
  const module = trace.module();
  return paths.map((path) => {
    const bytes = contentOf(path);
    const found = examineDebugFile(module, bytes);
    if (found === undefined) {
      throw new WasiRrError(
        'OPTION_INVALID',
        `${path} holds no debug information: it is neither a wasm file with DWARF, nor a .dwo or .dwp, nor a source map.`,
      );
    }
    if (found.problem !== undefined) {
      throw new WasiRrError('OPTION_INVALID', `${path} does not fit: ${found.problem}.`);
    }
    // one of each, but split files
    return { kind: found.kind, name: found.kind === 'split' ? basename(path) : '', bytes };
  });
}

/** Those files that the debug information names which are found below the folders. */
export function sourcesFor(
  trace: TraceReader,
  folders: readonly string[],
  moved: readonly PathChange[],
): { readonly named: number; readonly files: Attachment[] } {
  const names = sourceNames(trace);
  const sources = new SourceFiles(folders, undefined, moved);
  const files = names.flatMap((name): Attachment[] => {
    const path = sources.pathOf(name);
    return path === undefined ? [] : [{ kind: 'source', name, bytes: readFileSync(path) }];
  });
  return { named: names.length, files };
}

function contentOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new WasiRrError('OPTION_INVALID', `${path} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
}
