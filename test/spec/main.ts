/**
 * The official test suite of WebAssembly (github.com/WebAssembly/spec, folder `test`), run from a checkout:
 *
 *   npm run spec -- PATH [--only TEXT] [--variant NAME] [--verbose]
 *
 * Every script runs in two worlds side by side, in one with its modules as they are and in one with all
 * of them rewritten, once for each way of rewriting. Both must show the same after every command: results
 * bit by bit, traps with their places, memories; and the probes must have told of every write.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VARIANTS } from '../replayer/instrument/variants.ts';
import { scriptOptions } from '../script-options.ts';
import { type Command, readScript } from './script.ts';
import { World } from './world.ts';

const USAGE =
  'npm run spec -- PATH [--only TEXT] [--variant NAME] [--verbose]   (PATH/core/*.wast)';

const { values, positionals } = scriptOptions(USAGE, {
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    variant: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
  },
});

const [suite] = positionals;
const scripts =
  suite === undefined
    ? []
    : globSync('{core,legacy}/**/*.wast', { cwd: suite })
        .filter((path) => path.includes(values.only))
        .sort();
if (suite === undefined || scripts.length === 0) {
  console.error(`usage: ${USAGE}`);
  process.exit(2);
}
Error.stackTraceLimit = 20;

const counts = new Map<string, number>();
const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
let failed = 0;

for (const path of scripts) {
  let commands: Command[];
  try {
    commands = await readScript(readFileSync(join(suite, path)));
  } catch (thrown) {
    failed++;
    console.log(`FAIL ${path}: ${String(thrown).slice(0, 400)}`);
    continue;
  }
  for (const command of commands) count(command.kind);
  const complaints = compare(commands);
  failed += complaints.length > 0 ? 1 : 0;
  for (const complaint of complaints.slice(0, 6)) console.log(`FAIL ${path}: ${complaint}`);
}
console.log([...counts].map(([what, many]) => `${many} ${what}`).join(', '));
console.log(`${scripts.length} scripts, ${failed} failures`);
process.exitCode = failed === 0 ? 0 : 1;

function compare(commands: readonly Command[]): string[] {
  const plain = new World();
  const worlds = Object.entries(VARIANTS)
    .filter(([name]) => values.variant === '' || name === values.variant)
    .map(([name, makePlan]) => ({ name, world: new World(makePlan) }));
  const complaints: string[] = [];
  for (const [i, command] of commands.entries()) {
    const before = plain.perform(command);
    if (before === 'not valid here' || before === 'not callable from here') {
      count(before);
      if (values.verbose) console.log(`  command ${i} ${describe(command)} is ${before}`);
    }
    for (const { name, world } of worlds) {
      const complain = (what: string) =>
        complaints.push(`command ${i} ${describe(command)}, ${name}: ${what}`);
      try {
        const after = world.perform(command);
        if (world.halfMade && after.startsWith('null-reference')) count('calls without hooks');
        else if (!World.samePlace(before, after)) complain(`${before}, and then ${after}`);
      } catch (thrown) {
        complain(String((thrown as Error).stack));
        return complaints;
      }
      for (const complaint of world.complaints.splice(0)) complain(complaint);
      if (!sameMemories(plain, world, command)) complain('the memory differs');
    }
  }
  for (const { name, world } of worlds) {
    world.finish();
    for (const complaint of world.complaints) complaints.push(`at the end, ${name}: ${complaint}`);
    if (!sameMemories(plain, world)) complaints.push(`at the end, ${name}: the memory differs`);
  }
  return complaints;
}

function sameMemories(plain: World, world: World, command?: Command): boolean {
  const memories = world.memories(command);
  return plain.memories(command).every((bytes, i) => memories[i]?.equals(bytes));
}

function describe(command: Command): string {
  return command.kind === 'invoke' ? `invoke ${command.name}` : command.kind;
}
