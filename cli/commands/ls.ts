/** `wasi-rr ls`: the traces of the trace folder. */
import type { Command } from 'commander';
import {
  describeOutcome,
  escapeText,
  listTraces,
  type Outcome,
  openTrace,
  stateOf,
  type TraceFile,
  type TraceState,
  traceFolder,
  WasiRrError,
} from '../../index.ts';
import { jsonLine } from '../json.ts';
import { countOf } from '../option-values.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { type Column, formatTable } from '../table.ts';
import { count, formatBytes, formatDate } from '../units.ts';

interface Entry {
  readonly name: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly state: TraceState | 'unreadable';
  readonly started?: string;
  readonly program?: string;
  readonly outcome?: Outcome | null;
  /** Absent where the recording has no end. */
  readonly calls?: number;
  /** As far as they can be read. */
  readonly events?: number;
  /** Why it is unreadable or damaged. */
  readonly problem?: string;
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME' },
  { title: 'RECORDED' },
  { title: 'PROGRAM' },
  { title: 'CALLS', right: true },
  { title: 'SIZE', right: true },
  { title: 'OUTCOME' },
];

/** Opening one takes about a millisecond. */
const DEFAULT_LIMIT = 50;

interface LsFlags {
  readonly limit: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  wasi-rr ls
  wasi-rr ls --limit 5
  wasi-rr ls --all --json | jq -r 'select(.outcome.kind == "trap").path'`;

export function addLs(program: Command): void {
  program
    .command('ls')
    .description('list the traces in the trace folder, the latest first')
    .option('-n, --limit <count>', 'how many', countOf, DEFAULT_LIMIT)
    .option('--all', 'all of them')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(lsCommand));
}

async function lsCommand({ limit, all, json }: LsFlags): Promise<number> {
  const folder = traceFolder();
  const traces = listTraces(folder);
  const listed = traces.slice(0, all ? undefined : limit);
  if (listed.length === 0) say(`there are no traces in ${folder}`);
  else if (json) {
    for (const trace of listed) await stdout.print(jsonLine(describeFile(trace)));
  } else {
    const rows = listed.map((trace) => cells(describeFile(trace)));
    for (const line of formatTable(COLUMNS, rows)) await stdout.print(line);
  }
  await stdout.flush();
  const more = traces.length - listed.length;
  if (more > 0) say(`${count(more, 'older trace')} not listed; --all lists them`);
  return 0;
}

function describeFile({ name, path, size }: TraceFile): Entry {
  try {
    const trace = openTrace(path);
    try {
      const { meta, eventCount: events, damage } = trace;
      const { started, program, outcome = null, calls } = meta;
      return {
        name,
        path,
        size,
        state: stateOf(trace),
        started,
        program,
        outcome,
        ...(calls !== undefined && { calls }),
        events,
        ...(damage !== undefined && { problem: damage }),
      };
    } finally {
      trace.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof WasiRrError)) throw thrown;
    return { name, path, size, state: 'unreadable', problem: `${thrown.code}: ${thrown.message}` };
  }
}

function cells(entry: Entry): string[] {
  return [
    escapeText(entry.name),
    entry.started === undefined ? '-' : formatDate(entry.started),
    escapeText(entry.program ?? '-'),
    entry.calls === undefined ? '-' : String(entry.calls),
    formatBytes(entry.size),
    escapeText(ending(entry)),
  ];
}

function ending({ state, outcome, problem }: Entry): string {
  switch (state) {
    case 'recording':
      return 'is being recorded';
    case 'incomplete':
      return 'none: the recorder was killed';
    case 'complete':
      return describeOutcome(outcome ?? undefined);
    default:
      return problem ?? state;
  }
}
