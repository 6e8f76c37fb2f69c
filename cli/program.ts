/** The command line as a whole: which commands there are, and what becomes of what they throw. */
import { Command, CommanderError } from 'commander';
import { TOOL, TRACE_SUFFIX } from '../index.ts';
import { EXIT } from './exit-status.ts';
import { reportFailure } from './failure.ts';
import { rawArguments } from './raw-arguments.ts';
import { say, stderr, stdout } from './streams.ts';

type AddCommand = (program: Command) => void;

/** In the order of `--help`. Each is loaded only where it is needed: all take 60 ms more than one. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  record: async () => (await import('./commands/record.ts')).addRecord,
  replay: async () => (await import('./commands/replay.ts')).addReplay,
  tui: async () => (await import('./commands/tui.ts')).addTui,
  debug: async () => (await import('./commands/debug.ts')).addDebug,
  log: async () => (await import('./commands/log.ts')).addLog,
  verify: async () => (await import('./commands/verify.ts')).addVerify,
  info: async () => (await import('./commands/info.ts')).addInfo,
  query: async () => (await import('./commands/query.ts')).addQuery,
  memory: async () => (await import('./commands/memory.ts')).addMemory,
  writes: async () => (await import('./commands/writes.ts')).addWrites,
  profile: async () => (await import('./commands/profile.ts')).addProfile,
  coverage: async () => (await import('./commands/coverage.ts')).addCoverage,
  stack: async () => (await import('./commands/stack.ts')).addStack,
  globals: async () => (await import('./commands/globals.ts')).addGlobals,
  files: async () => (await import('./commands/files.ts')).addFiles,
  output: async () => (await import('./commands/output.ts')).addOutput,
  snapshots: async () => (await import('./commands/snapshots.ts')).addSnapshots,
  attach: async () => (await import('./commands/attach.ts')).addAttach,
  bookmarks: async () => (await import('./commands/bookmarks.ts')).addBookmarks,
  ls: async () => (await import('./commands/ls.ts')).addLs,
  rm: async () => (await import('./commands/rm.ts')).addRm,
  prune: async () => (await import('./commands/prune.ts')).addPrune,
  index: async () => (await import('./commands/index.ts')).addIndex,
  demo: async () => (await import('./commands/demo.ts')).addDemo,
};

const ABOUT = `
A TRACE is a path or the name of a trace in the trace folder; without one, the latest.
The trace folder is $WASI_RR_TRACE_DIR, else $XDG_DATA_HOME/wasi-rr, else ~/.local/share/wasi-rr.
\`wasi-rr FILE.wrr\` alone is \`wasi-rr tui FILE.wrr\`.

Exit codes: the guest's own; 134 after a trap, 124 after --timeout, 128+n after signal n;
123 when a trace could not be written on (disk full) and the program was ended;
125 when wasi-rr itself failed (a bad trace, a divergence); 2 for a usage error.

Try it: wasi-rr demo`;

/** Runs the command that the process was given; sets its exit code. */
export async function main(): Promise<void> {
  const given = rawArguments();
  const args = given[0]?.endsWith(TRACE_SUFFIX) ? ['tui', ...given] : given;
  process.once('uncaughtException', endWith);
  try {
    await program(await commandsFor(args[0])).parseAsync(args, { from: 'user' });
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

/** The command that was named; all of them for `--help`, and for a name that is none. */
async function commandsFor(name: string | undefined): Promise<AddCommand[]> {
  if (name === '--version' || name === '-V') return [];
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return Promise.all((named ? [named] : Object.values(COMMANDS)).map((load) => load()));
}

/** For what is thrown outside of any command: an exit code of 1 could be taken for the guest's. */
function endWith(thrown: unknown): void {
  const status = reportFailure(thrown);
  void stderr.flush().then(() => process.exit(status));
}

function program(commands: readonly AddCommand[]): Command {
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
  for (const add of commands) add(root);
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
