/** `wasi-rr tui`: the terminal debugger; where there is no terminal, the log. */
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { completeIndex } from '../../index.ts';
import type { PathChange } from '../../tui/source/source-files.ts';
import { runTui } from '../../tui/tui.ts';
import { leavingWith } from '../run.ts';
import { sourceMapOption, sourceOption } from '../source-options.ts';
import { begunTrace, tracePath } from '../trace-argument.ts';
import { logCommand } from './log.ts';

interface TuiFlags {
  readonly follow?: boolean;
  readonly source?: readonly string[];
  readonly sourceMap?: readonly PathChange[];
}

const EXAMPLES = `
Opens where the run failed. Press ? for the keys, q to quit.
Without a terminal on standard input and output, and on one that cannot be drawn on (TERM=dumb), it prints what
\`wasi-rr log\` prints.

Examples:
  wasi-rr tui
  wasi-rr tui -f           while it is being recorded
  wasi-rr crash.wrr        the same`;

export function addTui(program: Command): void {
  program
    .command('tui')
    .description('walk through a run in the terminal, forwards and backwards')
    .argument('[trace]', 'default: the latest')
    .option('-f, --follow', 'follow a recording in progress')
    .addOption(sourceOption('where source files are (default: .)'))
    .addOption(sourceMapOption())
    .addHelpText('after', EXAMPLES)
    .action(leavingWith(tuiCommand));
}

async function tuiCommand(
  name: string | undefined,
  { follow = false, source: sources = ['.'], sourceMap: moved }: TuiFlags,
): Promise<number> {
  if (!isatty(0) || !isatty(1) || process.env.TERM === 'dumb') return logCommand(name, { follow });
  const path = follow ? await begunTrace(name) : tracePath(name);
  await completeIndex(path);
  return runTui(path, { follow, sources, moved });
}
