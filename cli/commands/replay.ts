/** `wasi-rr replay`: runs a trace again, with the same output and exit code. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { messageOf, openTrace, type ReplayReport, replay, WasiRrError } from '../../index.ts';
import { formatDivergence } from '../divergence.ts';
import { EXIT, statusOf } from '../exit-status.ts';
import { formatTrapIn } from '../frames.ts';
import { Progress } from '../progress.ts';
import { openResponses } from '../response-files.ts';
import { exitingWith } from '../run.ts';
import { say, stderr, stdout } from '../streams.ts';
import { tracePath } from '../trace-argument.ts';

interface ReplayFlags {
  readonly module?: string;
  readonly responses?: string;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Nothing but the trace is opened: no file, no clock, no network. Every call, its arguments and every byte
that was passed are compared with the recording. A difference is reported, with exit code 125.

Examples:
  wasi-rr replay                         the latest trace
  wasi-rr replay app-3 > output.txt
  wasi-rr replay --responses out server-1    out/1.http, out/2.http, …
  wasi-rr replay --module fixed.wasm app-3   where does another build behave otherwise?`;

export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('run a trace again: same output, same exit code')
    .argument('[trace]', 'default: the latest')
    .option('--module <file>', 'replay this module in place of the recorded one')
    .option('--responses <folder>', 'write what an HTTP server answered, a file a request')
    .option('-q, --quiet', 'no notes')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(replayCommand));
}

async function replayCommand(name: string | undefined, flags: ReplayFlags): Promise<number> {
  const trace = tracePath(name);
  const module = flags.module === undefined ? undefined : readModule(flags.module);
  const responses =
    flags.responses === undefined ? undefined : openResponses(trace, flags.responses);
  const progress = new Progress(`replaying ${basename(trace)}`);
  let report: ReplayReport;
  try {
    report = await replay({
      trace,
      ...(module && { module }),
      ...(responses && { onResponse: (response) => responses.add(response) }),
      onProgress: progress.update,
      onOutput: (stream, bytes) => {
        progress.clear();
        return (stream === 'stdout' ? stdout : stderr).write(bytes);
      },
    });
  } finally {
    progress.clear();
  }
  if (report.divergence !== undefined) {
    say(formatDivergence(report.divergence));
    return EXIT.failed;
  }
  if (responses && !flags.quiet) say(responses.summary());
  if (!flags.quiet) for (const note of report.notes) say(`note: ${note}`);
  return report.status === 'identical' ? ended(report, trace) : endedEarly(report, trace);
}

function ended({ outcome }: ReplayReport, trace: string): number {
  if (outcome?.kind === 'trap') say(formatTrapIn(trace, outcome.trap));
  return statusOf(outcome);
}

/** A recording without an end gives no exit code, unless what ended it does. */
function endedEarly({ outcome, events, totalEvents }: ReplayReport, path: string): number {
  const far = `${events} of ${totalEvents} recorded events replayed as recorded`;
  const trace = openTrace(path);
  const { damage } = trace;
  trace.close();
  if (outcome?.kind === 'interrupted' && damage === undefined) {
    say(`the recorded run was interrupted by ${outcome.by}; ${far}`);
    return statusOf(outcome);
  }
  if (outcome?.kind === 'failed') say(outcome.message);
  say(`the recording has no end; ${far}`);
  return EXIT.failed;
}

function readModule(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new WasiRrError('MODULE_NOT_FOUND', `${path} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
}
