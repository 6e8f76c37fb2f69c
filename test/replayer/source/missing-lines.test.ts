/** Why there are no lines of the source, where a program was built with debug information. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, print } from '@bytecodealliance/jco-transpile/wasm-tools';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatFrames } from '../../../cli/frames.ts';
import { FrameNames } from '../../../replayer/source/frame-names.ts';
import { compileWat } from '../../guests/wat.ts';

const WASM = join(import.meta.dirname, '../../../examples/wasm/heapsmash-O0g.wasm');

/** Its `main`, which both builds have. */
const MAIN = 15;

let linked: Uint8Array;
/** Written anew by a tool, which makes the code shorter and leaves the debug information as it was. */
let changed: Uint8Array;
let plain: Uint8Array;

beforeAll(async () => {
  linked = readFileSync(WASM);
  changed = await parse(await print(linked));
  plain = await compileWat('(module (func (export "_start") nop))');
});

function startOf(names: FrameNames, func: number): number {
  return names.bodyOf(func)?.from ?? 0;
}

function withSection(module: Uint8Array, name: string, text: string): Uint8Array {
  const of = (words: string) => [words.length, ...Buffer.from(words)];
  const content = [...of(name), ...of(text)];
  return Uint8Array.of(...module, 0, content.length, ...content);
}

describe('a frame', () => {
  test('has lines where the debug information fits', () => {
    const names = new FrameNames(linked);
    const frame = names.frame(startOf(names, MAIN), MAIN);
    expect(frame.source[0]?.place?.file).toBe('src/heapsmash.c');
    expect(frame).not.toHaveProperty('sourceProblem');
  });

  test('says that it does not fit where a tool has changed the code, and has no wrong lines', () => {
    const names = new FrameNames(changed);
    const frame = names.frame(startOf(names, MAIN), MAIN);
    expect(frame.source).toEqual([]);
    expect(frame.sourceProblem).toContain('does not fit the code');
    expect(formatFrames([frame]).at(-1)).toContain('wasm-opt');
  });

  test('says nothing where there is none, or none of its function', () => {
    const none = new FrameNames(plain);
    expect(none.frame(startOf(none, 0), 0)).not.toHaveProperty('sourceProblem');
    const names = new FrameNames(linked);
    const bare = Array.from({ length: 200 }, (_, func) => func).filter((func) => {
      const body = names.bodyOf(func);
      return body !== undefined && names.frame(body.from, func).source.length === 0;
    });
    expect(bare.length).toBeGreaterThan(0);
    for (const func of bare) {
      expect(names.frame(startOf(names, func), func)).not.toHaveProperty('sourceProblem');
    }
  });

  test.each([
    ['external_debug_info', 'app.debug.wasm'],
    ['sourceMappingURL', './app.wasm.map'],
  ])('names the file of %s that the trace does not have', (section, file) => {
    const names = new FrameNames(withSection(plain, section, file));
    const { sourceProblem } = names.frame(startOf(names, 0), 0);
    expect(sourceProblem).toContain(`${file}, which the trace does not have: wasi-rr attach`);
  });

  test('looks at a map that the trace has', () => {
    const map = { version: 3, sources: ['a.ts'], names: [], mappings: '' };
    const sourceMap = Buffer.from(JSON.stringify(map));
    const names = new FrameNames(withSection(plain, 'sourceMappingURL', 'a.map'), { sourceMap });
    expect(names.frame(startOf(names, 0), 0)).not.toHaveProperty('sourceProblem');
  });
});
