/** Records a command again and again until a run fails, and keeps the trace of that run alone. */
import { WasiRrError } from '../errors.ts';
import { removeTrace } from '../traces/folder.ts';
import { isSuccess } from '../traces/outcome.ts';
import { randomSeed, seedOfRun } from './chaos/plan.ts';
import { type RecordReport, type RunOptions, record } from './record.ts';
import { type PrintedOutput, RepeatedStreams } from './repeated-streams.ts';

export interface RepeatOptions extends Omit<RunOptions, 'keep'> {
  /** Runs after which it is given up. */
  readonly runs: number;
  /** Let every run print to the streams that were given; else only {@link onPrinted} tells of it. */
  readonly showOutput?: boolean;
  /** Before each run. @param run from 1 */
  readonly onRun?: (run: number) => void;
  /** What the run that failed has printed; closed afterwards. */
  readonly onPrinted?: (printed: PrintedOutput) => Promise<void>;
}

export interface RepeatReport extends RecordReport {
  /** The last run, from 1: the one that failed, or the number of runs. */
  readonly run: number;
}

/**
 * Every run gets the same input, which is read to its end first. With `chaos`, each has a seed of its own
 * that follows from the first one's. A run that is interrupted counts as failed; one that had not begun
 * when `signal` fired does not count at all.
 * @returns the report of the last run
 * @throws WasiRrError as {@link record}; the reason of `signal` if it is aborted before the first run
 */
export async function recordUntilFails(options: RepeatOptions): Promise<RepeatReport> {
  const { runs, chaos, signal } = options;
  if (!(Number.isSafeInteger(runs) && runs > 0)) {
    throw new WasiRrError('OPTION_INVALID', `the number of runs is at least 1, not ${runs}.`);
  }
  const seed = chaos?.seed ?? randomSeed();
  const streams = new RepeatedStreams();
  try {
    await streams.gather(options.stdin ?? 0, signal);
    for (let run = 1, passed: RepeatReport | undefined; ; run++) {
      options.onRun?.(run);
      const report = { ...(await recordOnce(options, streams, seedOfRun(seed, run))), run };
      if (passed !== undefined && signal?.aborted && report.events === 0) {
        if (report.trace !== undefined) removeTrace(report.trace);
        return passed;
      }
      if (run === runs || !isSuccess(report.outcome)) return report;
      passed = report;
    }
  } finally {
    streams.close();
  }
}

async function recordOnce(
  options: RepeatOptions,
  streams: RepeatedStreams,
  seed: number,
): Promise<RecordReport> {
  const { runs: _, showOutput = false, onRun: __, onPrinted, ...runOptions } = options;
  const { stdin, stdout, stderr, printed, close } = streams.open();
  try {
    const report = await record({
      ...runOptions,
      stdin,
      ...(!showOutput && { stdout, stderr }),
      ...(options.chaos && { chaos: { ...options.chaos, seed } }),
      keep: 'failed',
    });
    if (!isSuccess(report.outcome) && !showOutput) await onPrinted?.(printed);
    return report;
  } finally {
    close();
  }
}
