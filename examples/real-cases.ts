/**
 * Larger programs (lua, cmark) that are for running, not for committing. They lie in a corpus folder
 * that is not part of this repository; without it the tests that use them have nothing to do.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { casesOf, type ExampleCase } from './cases.ts';

/**
 * The cases of `$WASI_RR_CORPUS/real/cases.json`; none when WASI_RR_CORPUS is unset or empty.
 *
 * Throws when it is set but holds no such file: a mistyped path must not pass as "no programs".
 */
export function realCases(): ExampleCase[] {
  const corpus = process.env.WASI_RR_CORPUS;
  if (!corpus) return [];
  const file = join(corpus, 'real', 'cases.json');
  if (!existsSync(file)) throw new Error(`WASI_RR_CORPUS is set, but there is no ${file}`);
  return casesOf(file);
}
