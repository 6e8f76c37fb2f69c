/** `node take-apart.ts COMPONENT.wasm`: prints how many milliseconds it takes to have a component in core modules. */
import { readFileSync } from 'node:fs';
import { takeApart } from '../recorder/component/component-program.ts';

const bytes = readFileSync(process.argv[2] ?? '');
const start = performance.now();
const { cached } = await takeApart('component', bytes);
process.stdout.write(`${performance.now() - start} ${cached ? 'cached' : 'cold'}\n`);
