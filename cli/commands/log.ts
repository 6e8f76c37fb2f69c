/** `wasi-rr log`: what the run did, call by call. */
import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import {
  DescriptorTable,
  describeOutcome,
  escapeText,
  followEvents,
  type LogEvent,
  openTrace,
  type TraceReader,
} from '../../index.ts';
import { paintFor } from '../colour.ts';
import { EXIT } from '../exit-status.ts';
import { CallFilter, type CallWishes } from '../log/filter.ts';
import { InjectedFaults } from '../log/injected.ts';
import { jsonEvent } from '../log/json-event.ts';
import { CallSummary } from '../log/summary.ts';
import { TextLines } from '../log/text-lines.ts';
import { eventNumber, wholeNumber } from '../option-values.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { begunTrace, missingEnd, openNamed } from '../trace-argument.ts';

interface LogFlags extends CallWishes {
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly durations?: boolean;
  readonly verbose?: boolean;
  readonly strings?: number;
  readonly summary?: boolean;
  readonly json?: boolean;
  readonly injected?: boolean;
  readonly follow?: boolean;
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
    .option('-f, --follow', 'go on with what is being recorded, until the recording ends')
    .addOption(new Option('-c, --summary', 'one line a function').conflicts('follow'))
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(logCommand));
}

export async function logCommand(name: string | undefined, flags: LogFlags): Promise<number> {
  const trace = flags.follow ? openTrace(await begunTrace(name)) : openNamed(name);
  try {
    const filter = new CallFilter(flags, trace.functions.values());
    if (filter.warning !== undefined) say(`note: ${filter.warning}`);
    const whole = await (flags.summary
      ? printSummary(trace, filter, flags)
      : printEvents(trace, filter, flags));
    await stdout.flush();
    return whole && !stdout.closed ? reportEnd(trace) : 0;
  } finally {
    // what was read before a damaged place
    await stdout.flush();
    trace.close();
  }
}

/** @returns whether the end of the trace was reached */
async function printEvents(
  trace: TraceReader,
  filter: CallFilter,
  flags: LogFlags,
): Promise<boolean> {
  const { from = 0, to = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = flags;
  const { eventCount } = trace;
  const width = flags.follow ? Math.max(eventCount, FOLLOWED_EVENTS) : eventCount;
  const lines = new TextLines(width, paintFor(1), flags);
  const table = new DescriptorTable();
  const faults = new InjectedFaults(trace);
  let left = limit;
  // from the start, whatever is shown: what a descriptor stands for comes from all calls before
  for await (const batch of flags.follow ? followEvents(trace) : wholeLog(trace)) {
    for (const event of batch) {
      const injected = faults.of(event.number);
      const wanted = !flags.injected || injected.length > 0;
      if (wanted && event.number >= from && filter.takes(event, table)) {
        if (left-- <= 0 || stdout.closed) return false;
        const line = flags.json
          ? jsonEvent(event, table, injected)
          : lines.format(event, table, injected);
        const full = stdout.print(line);
        if (full) await full;
      }
      if (event.kind === 'call') table.apply(event, event.number);
      if (event.number >= to && (flags.follow || to < eventCount - 1)) return false;
    }
    if (flags.follow) await stdout.flush();
  }
  const ended = trace.meta.outcome !== undefined && trace.damage === undefined;
  if (ended && !flags.json && !flags.injected && !filter.active) {
    await stdout.print(`+++ ${escapeText(describeOutcome(trace.meta.outcome))} +++`);
  }
  return true;
}

async function* wholeLog(trace: TraceReader): AsyncGenerator<Generator<LogEvent>> {
  yield trace.events();
}

async function printSummary(
  trace: TraceReader,
  filter: CallFilter,
  flags: LogFlags,
): Promise<boolean> {
  const { from = 0, to = Number.POSITIVE_INFINITY } = flags;
  const summary = new CallSummary();
  const table = new DescriptorTable();
  try {
    for (const event of trace.events(0, to + 1)) {
      const counts = event.kind === 'call' || event.kind === 'open';
      if (counts && event.number >= from && filter.takes(event, table)) summary.add(event);
      if (event.kind === 'call') table.apply(event, event.number);
    }
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
