/** Removes traces that are old, or the oldest of too many. What a person might miss stays. */
import { existsSync, statSync } from 'node:fs';
import { WasiRrError } from '../errors.ts';
import { hasBookmarks } from './annotations.ts';
import { whileUnwritten } from './claim.ts';
import { listTraces, removeTrace, type TraceFile } from './folder.ts';
import { isSuccess } from './outcome.ts';
import { TraceReader } from './reader.ts';
import { isBeingRecorded } from './recorder-process.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface PruneLimits {
  /** Removes what was last written to longer ago. */
  readonly keepDays?: number;
  /** Bytes: then removes the oldest until all traces of the folder together are no larger. */
  readonly maxSize?: number;
  /** Only traces of runs that are known to have exited with 0 are removed. */
  readonly keepFailed?: boolean;
}

/** Why a trace stays that the limits would have removed. */
export type KeepReason =
  | 'recording'
  /** Somebody adds to it at this moment, or has done so since the folder was listed. */
  | 'inUse'
  /** Somebody named places in it, and nothing can make those again. */
  | 'bookmarked'
  /** Only with `keepFailed`; it includes runs without an end and traces that are damaged. */
  | 'failed'
  /** No trace, one of a newer version, or one that may not be read. */
  | 'unknown'
  | 'unremovable';

export interface Pruned extends TraceFile {
  /** Undefined where it was removed (in a dry run: would be). */
  readonly kept: KeepReason | undefined;
  /** What went wrong, where something did. */
  readonly problem?: string;
}

type Verdict = Pick<Pruned, 'kept' | 'problem'>;

/**
 * Goes through the folder from the oldest trace on, as long as a limit is exceeded. Each trace is removed when
 * it is asked for, and either is there with all its bytes or is gone: stopping anywhere is harmless, and so
 * is another process that prunes the same folder.
 * @param dryRun remove nothing
 * @throws WasiRrError TRACE_UNREADABLE (the folder)
 */
export function* pruneTraces(
  folder: string,
  limits: PruneLimits,
  dryRun = false,
): Generator<Pruned> {
  const { keepDays = Number.POSITIVE_INFINITY, maxSize = Number.POSITIVE_INFINITY } = limits;
  const traces = listTraces(folder).reverse();
  const oldest = Date.now() - keepDays * DAY_MS;
  let total = traces.reduce((sum, { size }) => sum + size, 0);
  for (const trace of traces) {
    if (trace.modified >= oldest && total <= maxSize) return;
    const verdict = dryRun ? judge(trace, limits) : removeUnlessKept(trace, limits);
    if (verdict?.kept === undefined) total -= trace.size;
    if (verdict !== undefined) yield { ...trace, ...verdict };
  }
}

/** @returns undefined where somebody else has removed it */
function removeUnlessKept(trace: TraceFile, limits: PruneLimits): Verdict | undefined {
  // a look first: what stays anyway is not locked
  const before = judge(trace, limits);
  if (before === undefined || before.kept !== undefined) return before;
  const { path } = trace;
  const done = whileUnwritten(path, (db): Verdict | undefined =>
    db && hasBookmarks(db) ? { kept: 'bookmarked' } : remove(path, before),
  );
  return done === 'inUse' ? { kept: 'inUse' } : done;
}

function remove(path: string, verdict: Verdict): Verdict | undefined {
  try {
    removeTrace(path);
    return verdict;
  } catch (thrown) {
    const failed = judgeFailure(path, thrown, true);
    return failed && { ...failed, kept: 'unremovable' };
  }
}

/** @returns undefined where there is no such trace any more */
function judge(trace: TraceFile, limits: PruneLimits): Verdict | undefined {
  const now = statSync(trace.path, { throwIfNoEntry: false });
  if (now === undefined) return undefined;
  // it may even be another trace, whose recorder found the name free again
  return now.mtimeMs > trace.modified ? { kept: 'inUse' } : judgeContent(trace.path, limits);
}

function judgeContent(path: string, { keepFailed = false }: PruneLimits): Verdict | undefined {
  try {
    const trace = new TraceReader(path);
    try {
      if (isBeingRecorded(trace.meta)) return { kept: 'recording' };
      if ([...trace.query('select 1 from bookmarks limit 1').rows].length > 0) {
        return { kept: 'bookmarked' };
      }
      return { kept: keepFailed && !isSuccess(trace.meta.outcome) ? 'failed' : undefined };
    } finally {
      trace.close();
    }
  } catch (thrown) {
    return judgeFailure(path, thrown, keepFailed);
  }
}

function judgeFailure(path: string, thrown: unknown, keepFailed: boolean): Verdict | undefined {
  if (!(thrown instanceof WasiRrError)) throw thrown;
  // removed by somebody else, perhaps halfway through being opened
  if (!existsSync(path)) return undefined;
  const { code, message: problem } = thrown;
  switch (code) {
    case 'TRACE_IS_BUSY':
      return { kept: 'inUse', problem };
    case 'TRACE_CORRUPT':
    case 'TRACE_TRUNCATED':
      return { kept: keepFailed ? 'failed' : undefined, problem };
    default:
      return { kept: 'unknown', problem };
  }
}
