/** `wasi-rr prune`: removes old traces from the trace folder, or the oldest of too many. */
import type { Command } from 'commander';
import {
  escapeText,
  type KeepReason,
  listTraces,
  type Pruned,
  type PruneLimits,
  pruneTraces,
  traceFolder,
  WasiRrError,
} from '../../index.ts';
import { EXIT } from '../exit-status.ts';
import { jsonLine } from '../json.ts';
import { byteSize, days } from '../option-values.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { count, formatBytes, formatDate } from '../units.ts';

interface PruneFlags extends PruneLimits {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const REASONS: Readonly<Record<KeepReason, string>> = {
  recording: 'it is being recorded',
  inUse: 'somebody is writing to it',
  bookmarked: 'it has bookmarks',
  failed: 'its run did not exit with 0',
  unknown: 'it cannot be judged',
  unremovable: 'it cannot be removed',
};

const EXAMPLES = `
Goes from the oldest trace on: first all beyond --keep-days, then as many as --max-size asks for. A trace is
as old as the last change of its file. SIZE is bytes, or has a unit: 500M, 2GiB (powers of 1024), 2GB (of 1000).
What is being recorded stays, and so does a trace with bookmarks, and a file that is no trace.

Examples:
  wasi-rr prune --keep-days 30
  wasi-rr prune --max-size 2G --dry-run
  wasi-rr prune --keep-days 0 --keep-failed     all traces of runs that exited with 0`;

export function addPrune(program: Command): void {
  program
    .command('prune')
    .description('remove old traces from the trace folder, or the oldest of too many')
    .option('--keep-days <days>', 'remove traces that are older', days)
    .option('--max-size <size>', 'remove the oldest until all together are no larger', byteSize)
    .option('--keep-failed', 'remove only traces of runs that exited with 0')
    .option('--dry-run', 'only say what would be removed')
    .option('--json', 'one JSON object a line, for what is removed and what the limits spare')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(pruneCommand));
}

async function pruneCommand(flags: PruneFlags): Promise<number> {
  const { dryRun = false, json = false, maxSize } = flags;
  if (flags.keepDays === undefined && maxSize === undefined) {
    throw new WasiRrError(
      'OPTION_INVALID',
      'say which traces may go: --keep-days DAYS, --max-size SIZE, or both.',
    );
  }
  const folder = traceFolder();
  const removed: Pruned[] = [];
  let status = 0;
  for (const one of pruneTraces(folder, flags, dryRun)) {
    if (one.kept === undefined) removed.push(one);
    if (one.kept === 'unremovable') status = EXIT.failed;
    if (json) await stdout.print(jsonLine(describe(one, dryRun)));
    else if (one.kept === undefined) await stdout.print(removal(one, dryRun));
    else say(`${escapeText(one.name)} stays: ${whyKept(one)}`);
  }
  const freed = sizeOf(removed);
  const left = sizeOf(listTraces(folder)) - (dryRun ? freed : 0);
  const did = dryRun ? 'would remove' : 'removed';
  say(`${did} ${count(removed.length, 'trace')} from ${folder}, ${formatBytes(freed)}`);
  if (maxSize !== undefined && left > maxSize) {
    say(`what stays takes ${formatBytes(left)}, more than the ${formatBytes(maxSize)} asked for`);
  }
  return status;
}

function describe({ name, path, size, modified, kept, problem }: Pruned, dryRun: boolean) {
  return {
    action: kept === undefined ? (dryRun ? 'would-remove' : 'removed') : 'kept',
    ...(kept !== undefined && { reason: kept }),
    name,
    path,
    size,
    modified: new Date(modified).toISOString(),
    ...(problem !== undefined && { problem }),
  };
}

function removal({ name, size, modified }: Pruned, dryRun: boolean): string {
  const when = formatDate(new Date(modified).toISOString());
  const did = dryRun ? 'would remove' : 'removed';
  return `${did} ${escapeText(name)} (${formatBytes(size)}, ${when})`;
}

function whyKept({ kept, problem }: Pruned): string {
  const reason = kept && REASONS[kept];
  return problem === undefined ? `${reason}` : `${reason}: ${problem}`;
}

function sizeOf(traces: readonly { readonly size: number }[]): number {
  return traces.reduce((sum, { size }) => sum + size, 0);
}
