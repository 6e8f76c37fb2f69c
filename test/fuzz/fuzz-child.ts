/**
 * Runs cases until time is up: `node fuzz-child.ts FOLDER FIRST SECONDS [TARGET]`. A case is a number: it gives the
 * target and the seed. Its number and the milliseconds that it may take stand in FOLDER/case while it runs, for who
 * watches; findings and the number of cases come as lines of JSON.
 */
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Scratch } from '../recorder/scratch.ts';
import { randomFrom } from '../wasi/random.ts';
import { makeSamples, targets } from './targets.ts';

/** Bytes of memory beyond which a case has used too much: samples take 1 MB, V8 and Node 150 MB. */
const MAX_RSS = 1 << 30;

/** Milliseconds of CPU time, threads of V8 included: a case takes some 5 ms. */
const MAX_MS = 3000;

const [folder = '', first = '0', seconds = '10', only] = process.argv.slice(2);
const scratch = new Scratch('fuzz');
const samples = await makeSamples(scratch);
const chosen = only === undefined ? targets : targets.filter(({ name }) => name === only);
const current = openSync(join(folder, 'case'), 'w');
const report = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);

const end = performance.now() + Number(seconds) * 1000;
const cases: Record<string, number> = {};
let rss = 0;
for (let number = Number(first); performance.now() < end; number++) {
  const target = chosen[number % chosen.length];
  if (target === undefined) throw new Error(`no target ${only}`);
  const { patience = MAX_MS } = target;
  writeSync(current, `${number} ${patience}`.padEnd(30), 0);
  const began = process.cpuUsage();
  try {
    await target.run(samples, randomFrom(number));
  } catch (thrown) {
    const stack = thrown instanceof Error ? thrown.stack : String(thrown);
    report({ finding: stack, target: target.name, case: number });
  }
  const { user, system } = process.cpuUsage(began);
  const took = (user + system) / 1000;
  if (took > patience) report({ finding: `took ${took} ms`, target: target.name, case: number });
  const peak = process.resourceUsage().maxRSS * 1024;
  if (peak > MAX_RSS && peak > rss * 1.1) {
    report({ finding: `took memory up to ${peak} bytes`, target: target.name, case: number });
  }
  rss = Math.max(rss, peak);
  cases[target.name] = (cases[target.name] ?? 0) + 1;
}
report({ cases, peak: rss });
scratch.remove();
