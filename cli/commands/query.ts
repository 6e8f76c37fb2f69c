/** `wasi-rr query`: SQL on a trace. */
import type { Command } from 'commander';
import { escapeText, missingEnd, type QueryResult, stateOf } from '../../index.ts';
import { paintFor } from '../colour.ts';
import { jsonLine } from '../json.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { type Column, columnWidths, formatRow } from '../table.ts';
import { openNamed } from '../trace-argument.ts';

/** Rows that the widths of columns are taken from; the others are printed as they come. */
const SAMPLE = 1000;

/** Bytes of a blob that are shown. */
const MAX_BLOB = 32;

const EXAMPLES = `
The table for people is "calls": seq, name, fd, path, args (JSON), errno, result (JSON), bytes, enter_ns,
duration_ns. All tables are in FORMAT.md. Only statements that read are allowed.

Examples:
  wasi-rr query "select seq, name, path from calls where errno <> 'success'"
  wasi-rr query app-3 "select name, count(*) n, sum(bytes) from calls group by name order by n desc"
  wasi-rr query --json "select * from calls where name = 'path_open'"`;

export function addQuery(program: Command): void {
  program
    .command('query')
    .description('ask a trace with SQL')
    .usage('[options] [trace] <sql>')
    .argument('<trace-or-sql>', 'one argument is a statement for the latest trace')
    .argument('[sql]', 'one statement that reads')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(queryCommand));
}

async function queryCommand(
  first: string,
  second: string | undefined,
  flags: { readonly json?: boolean },
): Promise<number> {
  const [name, sql] = second === undefined ? [undefined, first] : [first, second];
  const trace = openNamed(name);
  try {
    const result = trace.query(sql);
    await (flags.json ? printJson(result) : printTable(result));
    const lacking = missingEnd(trace);
    const remedy =
      stateOf(trace) === 'incomplete' ? '. Calls may be missing until `wasi-rr index`' : '';
    if (lacking !== undefined) say(`note: ${lacking}${remedy}`);
    return 0;
  } finally {
    trace.close();
  }
}

async function printJson({ columns, rows }: QueryResult): Promise<void> {
  for (const row of rows) {
    const entries = columns.map((name, i) => [name, jsonCell(row[i])] as const);
    await stdout.print(jsonLine(Object.fromEntries(entries)));
    if (stdout.closed) return;
  }
}

async function printTable({ columns: names, rows }: QueryResult): Promise<void> {
  const sample: string[][] = [];
  let numbers = names.map(() => true);
  let next = rows.next();
  for (; !next.done && sample.length < SAMPLE; next = rows.next()) {
    const row = next.value;
    numbers = numbers.map((so, i) => so && isNumber(row[i]));
    sample.push(names.map((_, i) => cell(row[i])));
  }
  const columns: Column[] = names.map((name, i) => ({
    title: escapeText(name),
    right: sample.length > 0 && numbers[i] === true,
  }));
  const widths = columnWidths(columns, sample);
  const paint = paintFor(1);
  const titles = columns.map(({ title }) => title);
  await stdout.print(paint('bold', formatRow(columns, widths, titles)));
  await stdout.print(widths.map((width) => '-'.repeat(width)).join('  '));
  for (const cells of sample) await stdout.print(formatRow(columns, widths, cells));
  for (; !next.done && !stdout.closed; next = rows.next()) {
    const row = next.value;
    await stdout.print(
      formatRow(
        columns,
        widths,
        names.map((_, i) => cell(row[i])),
      ),
    );
  }
  // ends the query where whoever reads left before its end
  rows.return?.();
}

function isNumber(value: unknown): boolean {
  return value === null || typeof value === 'number' || typeof value === 'bigint';
}

function cell(value: unknown): string {
  if (value === null) return 'NULL';
  if (!(value instanceof Uint8Array)) return escapeText(String(value));
  const hex = Buffer.from(value.subarray(0, MAX_BLOB)).toString('hex');
  return value.length > MAX_BLOB ? `x'${hex}'… (${value.length} bytes)` : `x'${hex}'`;
}

/** JSON has no bytes and no infinities. */
function jsonCell(value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') };
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
