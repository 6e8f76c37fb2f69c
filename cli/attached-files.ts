/** Files that are to be put into a trace: debug information by its content, and the sources that it names. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
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
import { type PathChange, SourceFiles } from './debug/source-files.ts';
import { say } from './streams.ts';

/**
 * After a recording: what its module names in its own folder, and what was asked for. A run is not lost for what
 * does not fit: that is told of.
 */
export function attachTo(
  path: string,
  module: string,
  given: readonly string[],
  folders: readonly string[],
): void {
  const named = namedBy(module);
  if (named.length + given.length + folders.length === 0) return;
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

/**
 * Debug information that a module on disk names and that lies in its folder: `external_debug_info`,
 * `sourceMappingURL`. A module may come from anywhere, so what it names elsewhere is left alone.
 */
function namedBy(module: string): string[] {
  return customTexts(module, ['external_debug_info', 'sourceMappingURL'])
    .filter((name) => !isAbsolute(name) && !name.split('/').includes('..') && !name.includes(':'))
    .map((name) => join(dirname(module), name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
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

/** Strings that custom sections hold; reads the heads of sections only, since modules are large. */
function customTexts(path: string, wanted: readonly string[]): string[] {
  const texts: string[] = [];
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(1024);
    for (let at = 8; ; ) {
      const length = readSync(file, head, 0, head.length, at);
      const size = leb(head, 1, length);
      if (length === 0 || size === undefined) return texts;
      const name = head[0] === 0 ? textAt(head, size.end, length) : undefined;
      if (name !== undefined && wanted.includes(name.text)) {
        const text = textAt(head, name.end, length);
        if (text !== undefined) texts.push(text.text);
      }
      at += size.end + size.value;
    }
  } finally {
    closeSync(file);
  }
}

function textAt(bytes: Buffer, at: number, length: number) {
  const size = leb(bytes, at, length);
  if (size === undefined || size.end + size.value > length) return undefined;
  const end = size.end + size.value;
  return { text: bytes.toString('utf8', size.end, end), end };
}

function leb(bytes: Buffer, at: number, length: number) {
  let value = 0;
  for (let i = 0; i < 5 && at + i < length; i++) {
    const byte = bytes[at + i] as number;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return undefined;
}
