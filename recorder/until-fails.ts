/** Records a command again and again until a run fails, and keeps the trace of that run alone. */
import { WasiRrError } from '../errors.ts';
import { isSuccess } from '../traces/outcome.ts';
import { randomSeed, seedOfRun } from './chaos/plan.ts';
import { type RecordReport, type RunOptions, record } from './record.ts';
import { type PrintedFiles, RepeatedStreams } from './repeated-streams.ts';

export interface RepeatOptions extends Omit<RunOptions, 'keep'> {
  /** Runs after which it is given up. */
  readonly runs: number;
  /** Let every run print to the streams that were given; else only {@link onPrinted} tells of it. */
  readonly showOutput?: boolean;
  /** Before each run. @param run from 1 */
  readonly onRun?: (run: number) => void;
  /** What the run that failed has printed; the files are gone afterwards. */
  readonly onPrinted?: (files: PrintedFiles) => Promise<void>;
}

export interface RepeatReport extends RecordReport {
  /** The last run, from 1: the one that failed, or the number of runs. */
  readonly run: number;
}

/**
 * Every run gets the same input, which is read to its end first. With `chaos`, each has a seed of its own
 * that follows from the first one's. A run that is interrupted counts as failed.
 * @returns the report of the last run
 * @throws WasiRrError as {@link record}; the reason of `signal` if it is aborted before the first run
 */
export async function recordUntilFails(options: RepeatOptions): Promise<RepeatReport> {
  const { runs, showOutput = false, onRun, onPrinted, ...runOptions } = options;
  if (!(Number.isSafeInteger(runs) && runs > 0)) {
    throw new WasiRrError('OPTION_INVALID', `the number of runs is at least 1, not ${runs}.`);
  }
  const { chaos } = options;
  const seed = chaos?.seed ?? randomSeed();
  const streams = new RepeatedStreams();
  try {
    await streams.gather(options.stdin ?? 0, options.signal);
    for (let run = 1; ; run++) {
      onRun?.(run);
      const given = streams.open();
      let report: RecordReport;
      try {
        report = await record({
          ...runOptions,
          ...(showOutput ? { stdin: given.stdin } : given),
          ...(chaos && { chaos: { ...chaos, seed: seedOfRun(seed, run) } }),
          keep: 'failed',
        });
      } finally {
        streams.close(given);
      }
      if (!isSuccess(report.outcome)) {
        if (!showOutput) await onPrinted?.(streams.printed);
        return { ...report, run };
      }
      if (run === runs || options.signal?.aborted) return { ...report, run };
    }
  } finally {
    streams.remove();
  }
}
