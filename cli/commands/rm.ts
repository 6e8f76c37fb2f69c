/** `wasi-rr rm`: removes traces. */
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  listTraces,
  openTrace,
  removeTrace,
  TRACE_SUFFIX,
  traceFolder,
  WasiRrError,
} from '../../index.ts';
import { EXIT } from '../exit-status.ts';
import { reportFailure } from '../failure.ts';
import { exitingWith } from '../run.ts';
import { say } from '../streams.ts';
import { tracePath } from '../trace-argument.ts';
import { count } from '../units.ts';

interface RmFlags {
  readonly all?: boolean;
  readonly yes?: boolean;
}

const EXAMPLES = `
Refuses files that are no traces, and traces that are being recorded; --all leaves those.

Examples:
  wasi-rr rm app-3 app-4
  wasi-rr rm --all --yes        everything in the trace folder`;

export function addRm(program: Command): void {
  program
    .command('rm')
    .description('remove traces')
    .argument('[traces...]', 'paths, or names in the trace folder')
    .option('--all', 'all traces in the trace folder')
    .option('--yes', 'confirms --all')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(rmCommand));
}

function rmCommand(names: readonly string[], flags: RmFlags): number {
  if (flags.all === names.length > 0) {
    throw new WasiRrError('OPTION_INVALID', 'name either traces or --all.');
  }
  if (flags.all) return removeAll(flags.yes ?? false);
  if (names.length === 0) throw new WasiRrError('OPTION_INVALID', 'name the traces to remove.');
  // one that cannot be removed does not keep the others
  let status = 0;
  for (const name of names) {
    try {
      const path = tracePath(name);
      refuseOthers(path);
      removeTrace(path);
      say(`removed ${path}`);
    } catch (thrown) {
      status = Math.max(status, reportFailure(thrown));
    }
  }
  return status;
}

function removeAll(confirmed: boolean): number {
  const folder = traceFolder();
  const traces = listTraces(folder);
  if (traces.length > 0 && !confirmed) {
    say(`this removes ${count(traces.length, 'trace')} in ${folder}. If you mean it, add --yes.`);
    return EXIT.usage;
  }
  let removed = 0;
  let status = 0;
  for (const { path } of traces) {
    try {
      removeTrace(path);
      removed++;
    } catch (thrown) {
      const code = thrown instanceof WasiRrError ? thrown.code : undefined;
      // somebody else has removed it
      if (code === 'TRACE_NOT_FOUND') continue;
      const failure = reportFailure(thrown);
      // that those stay is what was asked for
      if (code !== 'TRACE_IS_BUSY') status = failure;
    }
  }
  say(`removed ${count(removed, 'trace')} from ${folder}`);
  return status;
}

/** @throws WasiRrError unless it is a trace, or what is left of one, or lies where only traces lie */
function refuseOthers(path: string): void {
  const inFolder = dirname(resolve(path)) === resolve(traceFolder());
  if (inFolder && path.endsWith(TRACE_SUFFIX)) return;
  try {
    openTrace(path).close();
  } catch (thrown) {
    const damaged =
      thrown instanceof WasiRrError &&
      ['TRACE_TOO_NEW', 'TRACE_TRUNCATED', 'TRACE_CORRUPT'].includes(thrown.code);
    if (!damaged) throw thrown;
  }
}
