/** `wasi-rr verify`: is a trace whole, and does it replay identically? */
import { basename } from 'node:path';
import type { Command } from 'commander';
import {
  checkFile,
  describeOutcome,
  escapeText,
  missingEnd,
  openTrace,
  replay,
  WasiRrError,
} from '../../index.ts';
import { type Paint, paintFor } from '../colour.ts';
import { EXIT } from '../exit-status.ts';
import { jsonLine } from '../json.ts';
import { Progress } from '../progress.ts';
import { exitingWith } from '../run.ts';
import { stdout } from '../streams.ts';
import { tracePath } from '../trace-argument.ts';
import { count } from '../units.ts';

interface Verdict {
  readonly trace: string;
  /** `prefix`: identical as far as it goes, and its end was never recorded. */
  readonly status: 'ok' | 'prefix' | 'failed';
  /** Replayed as recorded. */
  readonly events: number;
  readonly code?: string;
  readonly message?: string;
}

const EXAMPLES = `
Checks the file and every checksum in it, and replays it. Says ok, prefix (identical as far as it goes; the
run was interrupted or the recorder was killed) or FAILED with a code and the reason.
Exits with 0 if no trace failed, else with 125.

Examples:
  wasi-rr verify
  wasi-rr verify *.wrr
  wasi-rr verify --json run.wrr`;

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('check that traces are whole and replay identically')
    .argument('[traces...]', 'default: the latest')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(verifyCommand));
}

async function verifyCommand(
  names: readonly string[],
  flags: { readonly json?: boolean },
): Promise<number> {
  const paths = (names.length === 0 ? [undefined] : names).map(tracePath);
  const paint = paintFor(1);
  let failed = false;
  for (const path of paths) {
    const verdict = await verify(path);
    failed ||= verdict.status === 'failed';
    await stdout.print(flags.json ? jsonLine(verdict) : formatVerdict(verdict, paint));
    await stdout.flush();
  }
  return failed ? EXIT.failed : 0;
}

async function verify(path: string): Promise<Verdict> {
  const progress = new Progress(`verifying ${basename(path)}`);
  try {
    const { damage, end } = check(path);
    const report = await replay({ trace: path, onProgress: progress.update });
    const { events, divergence } = report;
    if (divergence !== undefined) {
      const message = `diverges at event #${divergence.event}: ${divergence.difference}`;
      return { trace: path, status: 'failed', events, code: 'DIVERGENCE', message };
    }
    if (damage !== undefined) {
      const message = `${damage}; they replay as recorded`;
      return { trace: path, status: 'failed', events, code: 'TRACE_TRUNCATED', message };
    }
    if (report.status === 'identical') return { trace: path, status: 'ok', events };
    return { trace: path, status: 'prefix', events, ...(end !== undefined && { message: end }) };
  } catch (thrown) {
    if (!(thrown instanceof WasiRrError)) throw thrown;
    const { code, message, event } = thrown;
    return { trace: path, status: 'failed', events: event ?? 0, code, message };
  } finally {
    progress.clear();
  }
}

/** What a replay does not look at. */
function check(path: string): { damage: string | undefined; end: string | undefined } {
  const trace = openTrace(path);
  try {
    checkFile(trace);
    const { damage, meta } = trace;
    const cutOff = meta.outcome?.kind === 'interrupted' || meta.outcome?.kind === 'failed';
    return { damage, end: cutOff ? describeOutcome(meta.outcome) : missingEnd(trace) };
  } finally {
    trace.close();
  }
}

function formatVerdict({ trace, status, events, code, message }: Verdict, paint: Paint): string {
  const about = escapeText(trace);
  const reason = escapeText(message ?? '');
  switch (status) {
    case 'ok':
      return `${paint('green', 'ok')}      ${about}  ${count(events, 'event')}`;
    case 'prefix':
      return `${paint('yellow', 'prefix')}  ${about}  ${count(events, 'event')}: ${reason}`;
    case 'failed':
      return `${paint('red', 'FAILED')}  ${about}  ${code}: ${reason}`;
  }
}
