import { describe, it } from 'vitest';
import { realCases } from '../../examples/real-cases.ts';
import { programOf } from './program.ts';
import { testProgram } from './same-as-plain.ts';

const cases = realCases();
for (const one of cases) testProgram(programOf(one));
describe.skipIf(cases.length > 0)('programs of the corpus', () => {
  it.skip('needs WASI_RR_CORPUS');
});
