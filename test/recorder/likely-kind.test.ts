/** What a recording is likely to be of, which decides what thread is started early. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { likelyKind } from '../../recorder/likely-kind.ts';

const COMPONENT = join(import.meta.dirname, '../components/fixtures/uninit-O0g.component.wasm');
const MODULE = join(import.meta.dirname, '../../examples/wasm/uninit-O0g.wasm');

test.each([
  ['component', ['-q', COMPONENT, MODULE]],
  ['module', ['-q', MODULE, COMPONENT]],
  ['component', ['--via-component', MODULE]],
  ['module', ['missing.wasm']],
  ['module', [`${import.meta.dirname}/likely-kind.test.ts`, '.wasm']],
  ['module', []],
])('%s: %j', (kind, words) => {
  expect(likelyKind(words)).toBe(kind);
});
