import { NPM_PROGRAMS } from './npm-programs.ts';
import { testProgram } from './same-as-plain.ts';

for (const program of NPM_PROGRAMS) testProgram(program);
