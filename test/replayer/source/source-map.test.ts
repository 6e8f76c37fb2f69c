/** Lines of an AssemblyScript module by its source map, and maps that are something else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { examineDebugFile } from '../../../replayer/source/debug-files.ts';
import { FrameNames } from '../../../replayer/source/frame-names.ts';
import { SourceLines } from '../../../replayer/source/source-lines.ts';
import { SourceMapLines } from '../../../replayer/source/source-map.ts';

const read = (name: string) => readFileSync(join(import.meta.dirname, 'programs', name));
const MODULE = read('digits.wasm');
const MAP = read('digits.wasm.map');
const SOURCE = read('digits.ts').toString();

/** A line that a text stands in, from 1. */
const lineOf = (text: string) => SOURCE.split('\n').findIndex((line) => line.includes(text)) + 1;

describe('digits', () => {
  const names = new FrameNames(MODULE, { sourceMap: MAP });
  const lines = new SourceLines(names);

  test('each function begins at its own line', () => {
    const [file = ''] = lines.files.filter((one) => one.endsWith('digits.ts'));
    for (const [text, name] of [
      ['const value = code - 48', 'digit'],
      ['let total = 0', 'sum'],
      ['store<u8>(buffer, 48 + value / 10)', 'print'],
      ['fd_read(0, iovec', '_start'],
    ] as const) {
      const [code] = lines.codeOf(file, lineOf(text));
      const frame = names.frame(code?.offset ?? 0);
      expect(frame.name?.split('/').at(-1)).toBe(name);
      expect(frame.source).toMatchObject([{ place: { file, line: lineOf(text) }, inlined: false }]);
    }
  });

  test('an offset between two mappings belongs to the one before, and not over a function', () => {
    const map = SourceMapLines.of(MODULE, MAP);
    const rows = [...(map?.rows() ?? [])];
    for (const [i, { offset, place }] of rows.entries()) {
      if (offset + 1 !== rows[i + 1]?.offset) {
        expect(map?.framesAt(offset + 1)[0]?.place).toEqual(place);
      }
    }
    expect(map?.framesAt((rows[0]?.offset ?? 0) - 1)).toEqual([]);
    expect(map?.framesAt(3)).toEqual([]);
    expect(map?.framesAt(MODULE.length + 1000)).toEqual([]);
  });

  test('it holds the source itself', () => {
    const sources = SourceMapLines.of(MODULE, MAP)?.sources();
    expect([...(sources ?? [])].find(([name]) => name.endsWith('digits.ts'))?.[1]).toBe(SOURCE);
  });
});

describe('what a map is', () => {
  const json = (change: object) =>
    Buffer.from(JSON.stringify({ ...JSON.parse(`${MAP}`), ...change }));

  test('one of this module', () => {
    expect(examineDebugFile(MODULE, MAP)).toEqual({ kind: 'source-map' });
  });

  test.each([
    ['maps nothing', json({ mappings: '' }), /maps nothing/],
    // one mapping, of byte 0
    ['of JavaScript', json({ mappings: 'AAAA' }), /maps no byte of the code/],
  ])('%s', (_, map, problem) => {
    expect(examineDebugFile(MODULE, map)?.problem).toMatch(problem);
  });

  test.each([
    ['no version', '{"sources":[],"mappings":"AAAA"}'],
    ['mappings that are no text', '{"version":3,"sources":[],"mappings":7}'],
    ['sources that are no list', '{"version":3,"sources":7,"mappings":"AAAA"}'],
    ['another character', '{"version":3,"sources":["a"],"mappings":"A*"}'],
    ['no object', '[]'],
  ])('%s: whatever it maps, nothing is thrown', (_, text) => {
    const map = SourceMapLines.of(MODULE, Buffer.from(text));
    for (let offset = 0; offset < MODULE.length; offset += 7) map?.framesAt(offset);
    expect([...(map?.rows() ?? [])].every(({ place }) => typeof place.file === 'string')).toBe(
      true,
    );
  });
});
