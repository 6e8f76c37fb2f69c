/** `wasi-rr record`: runs a program and records it. */
import { type Command, Option } from 'commander';
import {
  type Address,
  addressText,
  DEFAULT_HOST,
  escapeText,
  type FixedClockOptions,
  HOST_NAMES,
  isSuccess,
  type OnTraceError,
  type Preopen,
  type RecordReport,
  type RedactionOptions,
  type RunOptions,
  record,
  type SeededRandomOptions,
  type ServedRequest,
  WasiRrError,
} from '../../index.ts';
import { endByForce, endBySignal } from '../end-process.ts';
import { EXIT, signalOf, statusOf } from '../exit-status.ts';
import { namedDebugFiles } from '../named-debug-files.ts';
import { optionAs } from '../option-as.ts';
import {
  collecting,
  countOf,
  fixedClock,
  names,
  optionalSeed,
  payloadLimit,
  seconds,
  seededRandom,
} from '../option-values.ts';
import { folder, moduleFor, readOnlyFolder, variable } from '../program-inputs.ts';
import { guestText } from '../raw-arguments.ts';
import { lostText, recordedText } from '../recorded.ts';
import { sayRedacted } from '../redaction.ts';
import { exitingWith } from '../run.ts';
import { sourceOption } from '../source-options.ts';
import { say } from '../streams.ts';
import { valueOnlyAfterEquals } from '../value-after-equals.ts';

interface RecordFlags {
  readonly debugFile?: readonly string[];
  readonly source?: readonly string[];
  readonly output?: string;
  readonly folders?: readonly Preopen[];
  readonly env?: readonly (string | Uint8Array)[];
  readonly redactEnv?: readonly string[];
  readonly redactSecrets?: boolean;
  readonly argv0?: string;
  readonly host?: string;
  readonly timeout?: number;
  readonly keep: 'always' | 'failed';
  readonly payload?: number | 'full';
  readonly paranoid?: boolean;
  readonly sync?: boolean;
  readonly onTraceError: OnTraceError;
  readonly chaos?: number | 'random';
  readonly chaosFaults?: readonly string[];
  readonly clock?: FixedClockOptions;
  readonly random?: SeededRandomOptions;
  readonly untilFails?: number;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly net?: boolean;
  readonly serve?: string;
  readonly viaComponent?: boolean;
  readonly imports?: readonly (readonly [string, string])[];
  readonly tcplisten?: readonly string[];
}

/** Signals that end a recording in good order. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const EXAMPLES = `
Options of wasi-rr come before the program; everything after it is the program's own.
The program sees no file, no variable and no argument that is not given here.
Its exit code becomes that of wasi-rr.

Examples:
  wasi-rr record app.wasm --its-own-option
  wasi-rr record --dir . app.wasm input.csv         the current folder, as "."
  wasi-rr record --dir ./data::/ --env LANG app.wasm
  wasi-rr record --keep failed --timeout 10 flaky.wasm
  wasi-rr record --tcplisten 127.0.0.1:8080 server.wasm
  wasi-rr record --serve 127.0.0.1:8080 server.component.wasm
  wasi-rr record -o run.wrr app.wasm < input.txt
  wasi-rr record --chaos --until-fails 100 flaky.wasm
  wasi-rr record --chaos=7 flaky.wasm               the faults of seed 7 once more
  wasi-rr record --clock fixed --random seed app.wasm`;

export function addRecord(program: Command): void {
  const command = program
    .command('record')
    .description('run a program and record everything that it learns from outside')
    .argument('<program.wasm>', 'a core module for WASI Preview 1, or a component for WASI 0.2')
    .argument('[args...]', "the program's arguments")
    .option('-o, --output <file>', 'the trace; must not exist (default: in the trace folder)')
    .addOption(
      optionAs(
        'folders',
        '--dir <host::guest>',
        'a folder that the program may use, and its name for it',
      ).argParser(collecting(folder)),
    )
    .addOption(
      optionAs(
        'folders',
        '--dir-ro <host::guest>',
        'a folder that the program may read but not change',
      ).argParser(collecting(readOnlyFolder)),
    )
    .option(
      '--env <name=value>',
      'a variable; NAME alone takes over its value',
      collecting(variable),
    )
    .option(
      '--redact-env <name>',
      'give the program asterisks for the value of this variable; AWS_* for all such',
      collecting(String),
    )
    .addOption(
      optionAs(
        'redactSecrets',
        '--no-redact-env',
        'give it the values of variables that look secret (…TOKEN, …PASSWORD, …)',
      ),
    )
    .option(
      '--tcplisten <host:port>',
      'an address on which the program may accept connections; port 0: any free one',
      collecting(String),
    )
    .option(
      '--serve <host:port>',
      'serve HTTP requests with a component until Ctrl-C; port 0: any free one',
    )
    .option('--argv0 <name>', "the program's name for itself (default: its file name)")
    .addOption(
      new Option(
        '--host <name>',
        `what answers a core module (default: "${DEFAULT_HOST}")`,
      ).choices([...HOST_NAMES]),
    )
    .option('--timeout <seconds>', 'end the program after this time', seconds)
    .addOption(
      new Option('--keep <which>', 'failed: keep no trace of a run that exits with 0')
        .choices(['always', 'failed'])
        .default('always'),
    )
    .option(
      '--payload <bytes>',
      'bytes kept of what each call writes or passes on unread, or full',
      payloadLimit,
    )
    .option('--paranoid', "check that every write to the guest's memory is recorded; slow")
    .option('--net', 'let a component use sockets and outgoing HTTP')
    .addOption(
      optionAs(
        'imports',
        '--import <interface=module>',
        'a JavaScript module that gives a component an interface: my:pkg/iface=./impl.js',
      ).argParser(collecting(moduleFor)),
    )
    .option('--via-component', 'run a core module as a component of WASI 0.2')
    .option(
      '--debug-file <file>',
      'put debug information into the trace that is not in the module; may be repeated',
      collecting(String),
    )
    .addOption(sourceOption('put the source files found below it into the trace'))
    .option('--sync', 'survive a power loss, not only a killed process')
    .addOption(
      new Option(
        '--on-trace-error <what>',
        'when the trace cannot be written any more (disk full): stop the program, or let it continue',
      )
        .choices(['stop', 'continue'])
        .default('stop'),
    )
    .option(
      '--chaos [seed]',
      'inject faults that a correct program survives; --chaos=SEED repeats those of a seed',
      optionalSeed,
    )
    .option('--chaos-faults <names>', 'only these faults: names, gentle, or all', names)
    .option(
      '--clock <how>',
      'fixed, or fixed=TIME: clocks that show the same in every run, and sleeps that take no time',
      fixedClock,
    )
    .option(
      '--random <how>',
      'seed, or seed=N: random bytes that are the same in every run',
      seededRandom,
    )
    .option(
      '--until-fails <runs>',
      'run until it fails, at most so often; keep that trace',
      countOf,
    )
    .option('-v, --verbose', 'with --until-fails: show what every run prints')
    .option('-q, --quiet', 'say nothing at the end')
    .addHelpText('after', EXAMPLES)
    .passThroughOptions()
    .action(exitingWith(recordCommand));
  valueOnlyAfterEquals(command, '--chaos');
}

async function recordCommand(
  module: string,
  args: readonly string[],
  flags: RecordFlags,
): Promise<number> {
  checkFlags(flags);
  sayRedacted(flags.env ?? [], redaction(flags));
  const interruption = interruptible();
  const options = runOptions(module, args, flags, interruption.signal);
  let report: RecordReport;
  let said: string;
  try {
    if (flags.untilFails !== undefined) {
      const { repeatRecording } = await import('../until-fails.ts');
      const repeated = await repeatRecording(options, flags.untilFails, flags.verbose ?? false);
      ({ report, said } = repeated);
    } else {
      report = await record(options);
      said = recordedText(report, flags.output);
    }
  } catch (thrown) {
    if (thrown instanceof WasiRrError && thrown.code === 'TRACE_WRITE_FAILED') {
      say(lostText(thrown, 'stop'));
      return endByForce(EXIT.traceLost);
    }
    // before the first of several runs
    if (interruption.signal.aborted) return endBySignal(interruption.signal.reason);
    throw thrown;
  } finally {
    interruption.end();
  }
  const { outcome } = report;
  if (report.trace !== undefined && report.traceLost === undefined) {
    const { debugFile = [], source = [] } = flags;
    const named = namedDebugFiles(module);
    if (named.length + debugFile.length + source.length > 0) {
      const { attachTo } = await import('../attached-files.ts');
      attachTo(report.trace, named, debugFile, source);
    }
  }
  if (outcome.kind === 'trap') {
    // loads what reads debug information
    const { formatTrapIn } = await import('../frames.ts');
    say(formatTrapIn(report.trace, outcome.trap));
  }
  if (outcome.kind === 'failed') say(outcome.message);
  if (!flags.quiet) say(said);
  const signal = signalOf(outcome);
  if (signal !== undefined && SIGNALS.includes(signal)) return endBySignal(signal);
  // between two runs
  if (flags.untilFails !== undefined && isSuccess(outcome) && interruption.signal.aborted) {
    return endBySignal(interruption.signal.reason);
  }
  return report.stuck ? endByForce(statusOf(outcome)) : statusOf(outcome);
}

/** @throws WasiRrError OPTION_INVALID */
function checkFlags({ chaos, chaosFaults, untilFails, verbose }: RecordFlags): void {
  if (chaosFaults !== undefined && chaos === undefined) {
    throw new WasiRrError('OPTION_INVALID', '--chaos-faults says which faults --chaos injects.');
  }
  if (verbose && untilFails === undefined) {
    throw new WasiRrError('OPTION_INVALID', '--verbose goes with --until-fails.');
  }
}

function runOptions(
  module: string,
  args: readonly string[],
  flags: RecordFlags,
  signal: AbortSignal,
): RunOptions {
  const { output, argv0, timeout, payload, chaos, chaosFaults, clock, random } = flags;
  return {
    module,
    args: args.map(guestText),
    env: flags.env ?? [],
    ...redaction(flags),
    preopens: flags.folders ?? [],
    ...(flags.host !== undefined && { host: flags.host }),
    keep: flags.keep,
    paranoid: flags.paranoid ?? false,
    sync: flags.sync ?? false,
    onTraceError: flags.onTraceError,
    ...(flags.onTraceError === 'continue' && {
      onTraceLost: (error) => say(lostText(error, 'continue')),
    }),
    net: flags.net ?? false,
    viaComponent: flags.viaComponent ?? false,
    imports: importsOf(flags.imports ?? []),
    signal,
    tcpListen: flags.tcplisten ?? [],
    ...(flags.serve !== undefined && { serve: flags.serve }),
    ...(!flags.quiet && { onListening: flags.serve === undefined ? sayListening : sayServing }),
    ...(!flags.quiet && { onRequest: sayFailed }),
    ...(argv0 !== undefined && { argv0: guestText(argv0) }),
    ...(output !== undefined && { output }),
    ...(payload !== undefined && { payload }),
    ...(clock && { clock }),
    ...(random && { random }),
    ...(timeout !== undefined && { timeoutMs: timeout * 1000 }),
    ...(chaos !== undefined && {
      chaos: {
        ...(chaos !== 'random' && { seed: chaos }),
        ...(chaosFaults && { faults: chaosFaults }),
      },
    }),
  };
}

/** @throws WasiRrError OPTION_INVALID */
function importsOf(given: readonly (readonly [string, string])[]): Record<string, string> {
  const imports = Object.fromEntries(given);
  if (Object.keys(imports).length === given.length) return imports;
  throw new WasiRrError('OPTION_INVALID', '--import: an interface is given by one module.');
}

function redaction({ redactEnv = [], redactSecrets = true }: RecordFlags): RedactionOptions {
  return { redactEnv, redactSecrets };
}

/** The first signal ends the guest in good order; the next one ends the process at once. */
function interruptible(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const end = () => {
    for (const name of SIGNALS) process.off(name, abort);
  };
  const abort = (name: NodeJS.Signals) => {
    end();
    controller.abort(name);
  };
  for (const name of SIGNALS) process.on(name, abort);
  return { signal: controller.signal, end };
}

function sayListening(addresses: readonly Address[]): void {
  addresses.forEach((address, i) => {
    say(`listening on ${addressText(address)} (descriptor ${3 + i})`);
  });
}

function sayServing([address]: readonly Address[]): void {
  if (address) say(`serving on http://${addressText(address)}; Ctrl-C ends the recording`);
}

/** Characters of a path that are shown. */
const MAX_PATH = 200;

function sayFailed({ id, method, path, failure }: ServedRequest): void {
  if (failure === null) return;
  const shown = path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path;
  say(`request ${id}, ${escapeText(method)} ${escapeText(shown)}: ${escapeText(failure)}`);
}
