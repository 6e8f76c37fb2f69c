import { exampleCases } from '../../examples/cases.ts';
import { programOf } from './program.ts';
import { testProgram } from './same-as-plain.ts';

for (const one of exampleCases()) testProgram(programOf(one));
