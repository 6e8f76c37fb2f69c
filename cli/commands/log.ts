/** `wasi-rr log`: what the run did, call by call. */
import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import {
  describeOutcome,
  escapeText,
  followEvents,
  type LogEvent,
  missingEnd,
  openTrace,
  type TraceReader,
} from '../../index.ts';
import { EXIT } from '../exit-status.ts';
import { ComponentView } from '../log/component-view.ts';
import { ModuleView } from '../log/module-view.ts';
import { RequestView } from '../log/request-view.ts';
import { CallSummary } from '../log/summary.ts';
import type { LogView, ViewOptions } from '../log/view.ts';
import { eventNumber, wholeNumber } from '../option-values.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { begunTrace, openNamed } from '../trace-argument.ts';

interface LogFlags extends ViewOptions {
  readonly to?: number;
  readonly limit?: number;
  readonly summary?: boolean;
  readonly follow?: boolean;
  readonly requests?: boolean;
  readonly failed?: boolean;
}

/** Digits of an event number, while it is not known how many events there will be. */
const FOLLOWED_EVENTS = 100_000;

const EXAMPLES = `
Columns: number of the event, seconds since the start, the call, its result. Data in place of pointers is
what passed through them; 4</a.txt> is descriptor 4, open on /a.txt.

Examples:
  wasi-rr log                            the latest trace
  wasi-rr log --errno any                calls that failed
  wasi-rr log --fd 4 -s 200              all about descriptor 4, with more of its data
  wasi-rr log --path users.csv app-3
  wasi-rr log --from 1000 --limit 20
  wasi-rr log -f                         a recording in progress, until it ends
  wasi-rr log -c                         calls, errors, time and bytes by function
  wasi-rr log --failed -c                of an HTTP server: which requests went wrong
  wasi-rr log --json | jq 'select(.durationNs > 1e6)'`;

export function addLog(program: Command): void {
  program
    .command('log')
    .description('the calls of a run, in the manner of strace')
    .argument('[trace]', 'default: the latest')
    .option('--call <names>', 'only calls of these functions, separated by commas')
    .option('--errno <name>', 'only calls that failed so, e.g. noent; any: that failed at all')
    .option('--fd <number>', 'only calls that take or give this descriptor', wholeNumber)
    .option('--path <text>', 'only calls about a path that contains this')
    .option('--from <event>', 'from this event on', eventNumber)
    .option('--to <event>', 'up to and with this event', eventNumber)
    .option('--injected', 'only calls that chaos injected a fault into')
    .option('--limit <lines>', 'at most so many', wholeNumber)
    .option('-T, --durations', 'show how long each call took, in seconds')
    .option('-s, --strings <length>', 'characters of data shown (default: 32)', wholeNumber)
    .option('-v, --verbose', 'whole structures and lists')
    .addOption(
      new Option(
        '--requests',
        'of an HTTP server: its requests, each with its calls; with -c one line each',
      ).conflicts('follow'),
    )
    .addOption(
      new Option(
        '--failed',
        'only requests that were answered with 500 or more, or not by the program',
      )
        .implies({ requests: true })
        .conflicts('follow'),
    )
    .option('--core', 'of a component also what its runtime does: instances, memory for results')
    .option('-f, --follow', 'go on with what is being recorded, until the recording ends')
    .addOption(new Option('-c, --summary', 'one line a function').conflicts('follow'))
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(logCommand));
}

export async function logCommand(name: string | undefined, flags: LogFlags): Promise<number> {
  const trace = flags.follow ? openTrace(await begunTrace(name)) : openNamed(name);
  try {
    const { eventCount, meta } = trace;
    const events = flags.follow ? Math.max(eventCount, FOLLOWED_EVENTS) : eventCount;
    const View = flags.requests
      ? RequestView
      : meta.flavour === 'component'
        ? ComponentView
        : ModuleView;
    const view = new View(trace, flags, events);
    if (view.warning !== undefined) say(`note: ${view.warning}`);
    const whole = await (flags.summary && !flags.requests
      ? printSummary(trace, view, flags)
      : printEvents(trace, view, flags));
    await stdout.flush();
    return whole && !stdout.closed ? reportEnd(trace) : 0;
  } finally {
    // what was read before a damaged place
    await stdout.flush();
    trace.close();
  }
}

/** @returns whether the end of the trace was reached */
async function printEvents(trace: TraceReader, view: LogView, flags: LogFlags): Promise<boolean> {
  const { to = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = flags;
  const last = trace.eventCount - 1;
  let left = limit;
  const print = async (lines: readonly string[]): Promise<boolean> => {
    for (const line of lines) {
      if (left-- <= 0 || stdout.closed) return false;
      const full = stdout.print(line);
      if (full) await full;
    }
    return true;
  };
  for await (const batch of flags.follow ? followEvents(trace) : wholeLog(trace)) {
    for (const event of batch) {
      const lines = view.take(event);
      if (lines.length > 0 && !(await print(lines))) return false;
      if (event.number >= to && (flags.follow || to < last)) {
        await print(view.rest());
        return false;
      }
    }
    if (flags.follow) await stdout.flush();
  }
  if (!(await print(view.rest()))) return false;
  const ended = trace.meta.outcome !== undefined && trace.damage === undefined;
  if (ended && !flags.json && !view.active) {
    await stdout.print(`+++ ${escapeText(describeOutcome(trace.meta.outcome))} +++`);
  }
  return true;
}

async function* wholeLog(trace: TraceReader): AsyncGenerator<Generator<LogEvent>> {
  yield trace.events();
}

async function printSummary(trace: TraceReader, view: LogView, flags: LogFlags): Promise<boolean> {
  const { to = Number.POSITIVE_INFINITY } = flags;
  const summary = new CallSummary();
  try {
    for (const event of trace.events(0, to + 1)) view.count(event, summary);
    view.count(undefined, summary);
  } finally {
    for (const line of flags.json ? summary.json() : summary.table()) await stdout.print(line);
  }
  return to >= trace.eventCount - 1;
}

/** A trace that stops short is said to; one whose recorder was killed is not at fault. */
function reportEnd(trace: TraceReader): number {
  const lacking = existsSync(trace.path)
    ? missingEnd(trace)
    : 'the trace was removed while it was being recorded';
  if (lacking !== undefined) say(lacking);
  return trace.damage === undefined ? 0 : EXIT.failed;
}
