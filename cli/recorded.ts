/** What `record` says of a run, and of a trace that could not be written to its end. */
import {
  describeOutcome,
  escapeText,
  isSuccess,
  type OnTraceError,
  type RecordReport,
  type WasiRrError,
} from '../index.ts';
import { describeChaos } from './chaos.ts';
import { count } from './units.ts';

/** At the moment when the trace cannot be written any more. */
export function lostText({ message }: WasiRrError, onTraceError: OnTraceError): string {
  return onTraceError === 'stop'
    ? `${message} The program was ended; --on-trace-error continue lets it run on.`
    : `${message} The program runs on without being recorded.`;
}

/** @param output as it was given */
export function recordedText(report: RecordReport, output: string | undefined): string {
  const { outcome, calls, trace, traceLost } = report;
  const how = outcome.kind === 'failed' ? 'failed' : escapeText(describeOutcome(outcome));
  const faults = describeChaos(report);
  if (traceLost !== undefined && trace !== undefined) {
    return `${how}; its trace could not be written to the end, and holds the first ${count(calls, 'call')}: ${trace}`;
  }
  const run = `${how} after ${count(calls, 'call')}${faults && ` with ${faults}`}`;
  if (trace === undefined) return `${run}; no trace is kept of a run that succeeds`;
  const recorded = `${run}, recorded in ${trace}`;
  if (isSuccess(outcome)) return recorded;
  return `${recorded}; look into it with: wasi-rr log${output === undefined ? '' : ` ${output}`}`;
}
