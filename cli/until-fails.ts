/** `record --until-fails`: what is shown of many runs. */
import { createReadStream } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { isatty } from 'node:tty';
import {
  describeOutcome,
  escapeText,
  isSuccess,
  type RecordReport,
  type RepeatReport,
  type RunOptions,
  recordUntilFails,
  TRACE_SUFFIX,
} from '../index.ts';
import { describeChaos } from './chaos.ts';
import { Progress } from './progress.ts';
import { say, stderr, stdout } from './streams.ts';
import { count } from './units.ts';

/** Milliseconds after which it is said that the input has not ended. */
const LONG_INPUT_MS = 2000;

/** @param verbose let every run print */
export async function repeatRecording(
  options: RunOptions,
  runs: number,
  verbose: boolean,
): Promise<{ report: RecordReport; said: string }> {
  const { keep: _, ...rest } = options;
  const progress = new Progress('recording', 'runs');
  if (isatty(0)) say('note: the terminal is no input that can be repeated, so each run gets none');
  if (rest.clock && rest.random && !rest.chaos) {
    say('note: with the same time and random bytes every run is the same; add --chaos');
  }
  const patience = setTimeout(() => {
    say('note: reading the input to its end, to give it to every run; for none: < /dev/null');
  }, LONG_INPUT_MS);
  try {
    const report = await recordUntilFails({
      ...rest,
      runs,
      showOutput: verbose,
      onRun: (run) => {
        clearTimeout(patience);
        if (!verbose) progress.update(run - 1, runs);
      },
      onPrinted: async (printed) => {
        progress.clear();
        for await (const chunk of contents(printed.stdout)) await stdout.write(chunk);
        for await (const chunk of contents(printed.stderr)) await stderr.write(chunk);
      },
    });
    return { report, said: summary(report, runs, options) };
  } finally {
    clearTimeout(patience);
    progress.clear();
  }
}

function contents(fd: number): AsyncIterable<Buffer> {
  return createReadStream('', { fd, start: 0, autoClose: false });
}

function summary(report: RepeatReport, runs: number, options: RunOptions): string {
  const { chaos, output, signal } = options;
  const { outcome, run, trace, calls } = report;
  if (isSuccess(outcome)) {
    const end = signal?.aborted ? `, then interrupted by ${String(signal.reason)}` : '';
    return `${count(run, 'run')} passed${end}; no trace is kept of runs that succeed`;
  }
  const how = outcome.kind === 'failed' ? 'failed' : escapeText(describeOutcome(outcome));
  const faults = describeChaos(report);
  const lines = [
    `run ${run} of ${runs}: ${how} after ${count(calls, 'call')}${faults && ` with ${faults}`}`,
  ];
  if (trace === undefined) return lines.join('\n');
  const name = output === undefined ? basename(trace, TRACE_SUFFIX) : relative('', resolve(trace));
  lines.push(
    `  recorded in ${trace}`,
    `  replay it: wasi-rr replay ${name}`,
    `  open it:   wasi-rr tui ${name}`,
  );
  if (report.chaos !== undefined) {
    const only = chaos?.faults ? ` --chaos-faults ${chaos.faults.join(',')}` : '';
    lines.push(`  the same faults again: wasi-rr record --chaos=${report.chaos.seed}${only} …`);
  }
  return lines.join('\n');
}
