/** `wasi-rr index`: makes the call index of a trace again. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { rebuildIndex } from '../../index.ts';
import { Progress } from '../progress.ts';
import { exitingWith } from '../run.ts';
import { say } from '../streams.ts';
import { tracePath } from '../trace-argument.ts';
import { count } from '../units.ts';

const EXAMPLES = `
The index is the table "calls" that \`wasi-rr query\` reads. A finished trace has it; that of a recorder
that was killed may lack its last calls.

Example:
  wasi-rr index app-3`;

export function addIndex(program: Command): void {
  program
    .command('index')
    .description('make the call index of a trace again')
    .argument('[trace]', 'default: the latest')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(indexCommand));
}

async function indexCommand(name: string | undefined): Promise<number> {
  const path = tracePath(name);
  const progress = new Progress(`indexing ${basename(path)}`);
  try {
    const calls = await rebuildIndex(path, progress.update);
    progress.clear();
    say(`${count(calls, 'call')} of ${path} indexed`);
    return 0;
  } finally {
    progress.clear();
  }
}
