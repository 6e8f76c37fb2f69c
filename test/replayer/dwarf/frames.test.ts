/** Which calls of the source stand at an address, as llvm-symbolizer has them; the goldens were made of its output. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DebugInfo, type SourceFrame } from '../../../replayer/dwarf/debug-info.ts';
import { callText, HAS_SYMBOLIZER, symbolize } from './symbolizer.ts';

const FOLDERS = ['programs', '../../../examples/wasm'].map((folder) =>
  join(import.meta.dirname, folder),
);
/** Those at -O2 in the examples went through wasm-opt, which left them wrong debug information. */
const MODULES = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.wasm') && !(folder.endsWith('wasm') && name.includes('-O2')))
    .map((name) => join(folder, name)),
);
const GOLDEN = 'golden/frames.txt';

function debugOf(path: string): DebugInfo | undefined {
  return DebugInfo.of(readFileSync(path));
}

/** Every byte of code that the debug information knows, and what it says of it. */
function known(path: string): Map<number, readonly SourceFrame[]> {
  const module = readFileSync(path);
  const debug = debugOf(path);
  const found = new Map<number, readonly SourceFrame[]>();
  if (debug === undefined) return found;
  const { codeStart } = debug.layout;
  for (let address = 0; address < module.length - codeStart; address++) {
    const frames = debug.framesAt(address + codeStart);
    if (frames.length > 0) found.set(address, frames);
  }
  return found;
}

function text(frames: readonly SourceFrame[]): string {
  return frames
    .map(({ name = '', place, inlined }) =>
      callText(inlined ? name : '*', place?.file ?? '', place?.line ?? 0, place?.column ?? 0),
    )
    .join(' < ');
}

function digest(path: string, texts: readonly string[]): string {
  const hash = createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 16);
  const inlined = texts.filter((one) => one.includes(' < ')).length;
  return `${basename(path)} ${texts.length} bytes of code, ${inlined} in inlined calls ${hash}\n`;
}

test('calls are those of the goldens', async () => {
  const lines = MODULES.map((path) => digest(path, [...known(path).values()].map(text)));
  await expect(lines.join('')).toMatchFileSnapshot(GOLDEN);
});

describe.runIf(HAS_SYMBOLIZER)('llvm-symbolizer', () => {
  test.each(MODULES)('%s', (path) => {
    const frames = known(path);
    expect(frames.size).toBeGreaterThan(100);
    const expected = symbolize(path, [...frames.keys()]);
    expect([...frames.values()].map(text)).toEqual(expected);
  });
});

test('a module without debug information has no calls', () => {
  const path = join(import.meta.dirname, '../../../examples/wasm/heapsmash-O2.wasm');
  expect(debugOf(path)?.framesAt(0x6d43) ?? []).toEqual([]);
});
