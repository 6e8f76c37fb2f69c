/** Child: replays a trace several times in one process. `warm-replays.js TRACE TIMES` prints the times in ms. */
import { replay } from '../index.ts';

const [trace = '', times = '5'] = process.argv.slice(2);
const ms: number[] = [];
for (let i = 0; i < Number(times); i++) {
  const start = performance.now();
  const { status } = await replay({ trace });
  if (status !== 'identical') throw new Error(`the replay of ${trace} ended as ${status}`);
  ms.push(performance.now() - start);
}
process.stdout.write(JSON.stringify(ms));
