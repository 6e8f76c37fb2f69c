/** Debug information that a module on disk names. Every recording looks for it: reads little, loads nothing. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

/**
 * What lies in the module's own folder: `external_debug_info`,
 * `sourceMappingURL`. A module may come from anywhere, so what it names elsewhere is left alone.
 */
export function namedDebugFiles(module: string): string[] {
  return textsOf(module, ['external_debug_info', 'sourceMappingURL'])
    .filter((name) => !isAbsolute(name) && !name.split('/').includes('..') && !name.includes(':'))
    .map((name) => join(dirname(module), name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/** None of what is no file, or no more: a pipe can be read once, and the program has run since it was read. */
function textsOf(path: string, wanted: readonly string[]): string[] {
  try {
    return statSync(path).isFile() ? customTexts(path, wanted) : [];
  } catch {
    return [];
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
