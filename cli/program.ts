/** The command line as a whole: which commands there are, and what becomes of what they throw. */
import { Command, CommanderError } from 'commander';
import { TOOL, TRACE_SUFFIX } from '../index.ts';
import { addBookmarks } from './commands/bookmarks.ts';
import { addDemo } from './commands/demo.ts';
import { addFiles } from './commands/files.ts';
import { addGlobals } from './commands/globals.ts';
import { addIndex } from './commands/index.ts';
import { addInfo } from './commands/info.ts';
import { addLog } from './commands/log.ts';
import { addLs } from './commands/ls.ts';
import { addMemory } from './commands/memory.ts';
import { addOutput } from './commands/output.ts';
import { addPrune } from './commands/prune.ts';
import { addQuery } from './commands/query.ts';
import { addRecord } from './commands/record.ts';
import { addReplay } from './commands/replay.ts';
import { addRm } from './commands/rm.ts';
import { addStack } from './commands/stack.ts';
import { addTui } from './commands/tui.ts';
import { addVerify } from './commands/verify.ts';
import { addWrites } from './commands/writes.ts';
import { EXIT } from './exit-status.ts';
import { reportFailure } from './failure.ts';
import { rawArguments } from './raw-arguments.ts';
import { say, stderr, stdout } from './streams.ts';

/** In the order of `--help`. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  addRecord,
  addReplay,
  addTui,
  addLog,
  addVerify,
  addInfo,
  addQuery,
  addMemory,
  addWrites,
  addStack,
  addGlobals,
  addFiles,
  addOutput,
  addBookmarks,
  addLs,
  addRm,
  addPrune,
  addIndex,
  addDemo,
];

const ABOUT = `
A TRACE is a path or the name of a trace in the trace folder; without one, the latest.
The trace folder is $WASI_RR_TRACE_DIR, else $XDG_DATA_HOME/wasi-rr, else ~/.local/share/wasi-rr.
\`wasi-rr FILE.wrr\` alone is \`wasi-rr tui FILE.wrr\`.

Exit codes: the guest's own; 134 after a trap, 124 after --timeout, 128+n after signal n;
125 when wasi-rr itself failed (a bad trace, a divergence); 2 for a usage error.

Try it: wasi-rr demo`;

/** Runs the command that the process was given; sets its exit code. */
export async function main(): Promise<void> {
  const args = rawArguments();
  process.once('uncaughtException', endWith);
  try {
    await program().parseAsync(args[0]?.endsWith(TRACE_SUFFIX) ? ['tui', ...args] : args, {
      from: 'user',
    });
  } catch (thrown) {
    process.exitCode =
      thrown instanceof CommanderError ? usageStatus(thrown) : reportFailure(thrown);
  }
  await stdout.flush();
  if (stdout.failure !== undefined) {
    say(`the output cannot be written: ${stdout.failure.message}.`);
    process.exitCode = EXIT.failed;
  }
  await stderr.flush();
}

/** For what is thrown outside of any command: an exit code of 1 could be taken for the guest's. */
function endWith(thrown: unknown): void {
  const status = reportFailure(thrown);
  void stderr.flush().then(() => process.exit(status));
}

function program(): Command {
  const root = new Command('wasi-rr')
    .description('Record a run of a WASI program once; replay and inspect it as often as you like.')
    .version(TOOL.version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help, with examples')
    .helpCommand('help [command]', 'show help for a command')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.print(text.replace(/\n$/, '')),
      writeErr: (text) => void stderr.print(text.replace(/\n$/, '')),
      outputError: (text) => say(text.replace(/^error: /, '').trimEnd()),
    })
    .addHelpText('after', ABOUT);
  for (const add of COMMANDS) add(root);
  for (const command of root.commands) {
    for (const one of [command, ...command.commands]) {
      one.showHelpAfterError(`Try: wasi-rr ${command.name()} --help`);
    }
  }
  root.showHelpAfterError('Try: wasi-rr --help');
  return root;
}

/** Commander throws for `--help` and `--version` too, with an exit code of 0. */
function usageStatus({ exitCode }: CommanderError): number {
  return exitCode === 0 ? 0 : EXIT.usage;
}
