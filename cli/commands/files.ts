/** `wasi-rr files`: which descriptors were open at an event. */
import type { Command } from 'commander';
import { escapeText } from '../../index.ts';
import { EVENT_HELP, lookAt, targetOf } from '../event-argument.ts';
import { jsonLine } from '../json.ts';
import { exitingWith } from '../run.ts';
import { stdout } from '../streams.ts';
import { type Column, formatTable } from '../table.ts';

const EXAMPLES = `${EVENT_HELP}

Known from the calls of the trace alone: it need not replay.

Examples:
  wasi-rr files 12
  wasi-rr files app-3 end --json | jq -r .path`;

const COLUMNS: readonly Column[] = [
  { title: 'fd', right: true },
  { title: 'kind' },
  { title: 'path' },
  { title: 'opened by' },
];

export function addFiles(program: Command): void {
  program
    .command('files')
    .description('the open descriptors at an event')
    .usage('[options] [trace] <event>')
    .argument('<trace-or-event...>', 'one argument is an event of the latest trace')
    .option('--json', 'one JSON object a descriptor')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(filesCommand));
}

function filesCommand(args: readonly string[], flags: { readonly json?: boolean }) {
  return lookAt(targetOf(args), async ({ session, options }) => {
    const files = await session.files(options);
    const rows = files.map(({ fd, kind, path = '', openedBy }) => [
      String(fd),
      kind,
      escapeText(path),
      openedBy === undefined ? '' : `#${openedBy}`,
    ]);
    const lines = flags.json
      ? files.map(({ fd, kind, path, openedBy }) =>
          jsonLine({
            event: session.position,
            fd,
            kind,
            path: path ?? null,
            openedBy: openedBy ?? null,
          }),
        )
      : formatTable(COLUMNS, rows);
    for (const line of lines) await stdout.print(line);
    return 0;
  });
}
