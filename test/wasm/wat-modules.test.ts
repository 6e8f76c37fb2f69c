/** Modules that are committed as text of TypeScript, against the WAT that they are made from. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compiled, WAT_FILES } from '../../wasm/build-modules.ts';
import { REPOSITORY } from '../cli/command.ts';

test('all of them are known', () => {
  const found = globSync('{wasm,replayer,recorder,traces}/**/*.wat', { cwd: REPOSITORY });
  expect(found.toSorted()).toEqual(WAT_FILES.toSorted());
});

test.each(WAT_FILES)('%s', async (file) => {
  const { path, text } = await compiled(file);
  expect(readFileSync(path, 'utf8')).toBe(text);
});
