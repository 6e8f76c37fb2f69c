/** llvm-dwarfdump as an oracle: its text, in the form that the tests compare. */
import { execFileSync, spawnSync } from 'node:child_process';

const TOOL = 'llvm-dwarfdump-19';

export const HAS_DWARFDUMP = spawnSync(TOOL, ['--version']).status === 0;

const MAX_OUTPUT = 1 << 30;

export function dwarfdump(...args: readonly string[]): string {
  return execFileSync(TOOL, args, {
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

export interface DumpedTable {
  readonly offset: number;
  /** `index name` of each file. */
  readonly files: readonly string[];
  /** See {@link rowText}. */
  readonly rows: readonly string[];
}

/** The line tables of a module as the tool has them. */
export function dumpLines(path: string): DumpedTable[] {
  const tables: { offset: number; files: string[]; rows: string[] }[] = [];
  let index = '';
  for (const line of dwarfdump('--debug-line', path).split('\n')) {
    const start = /^debug_line\[0x([0-9a-f]+)\]/.exec(line);
    if (start) tables.push({ offset: Number.parseInt(start[1] ?? '', 16), files: [], rows: [] });
    const table = tables.at(-1);
    if (table === undefined) continue;
    index = /^file_names\[ *(\d+)\]/.exec(line)?.[1] ?? index;
    const name = /^ +name: "(.*)"$/.exec(line)?.[1];
    if (name !== undefined) table.files.push(`${index} ${name}`);
    const row = /^0x([0-9a-f]{16}) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +\d+ (.*)$/.exec(line);
    if (row) {
      const [, address = '', number, column, file, isa, discriminator, flags = ''] = row;
      const place = `${address.replace(/^0+(?=.)/, '')} ${file}:${number}:${column}`;
      table.rows.push([place, isa, discriminator, ...flags.trim().split(/ +/)].join(' ').trim());
    }
  }
  return tables;
}
