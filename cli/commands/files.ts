/** `wasi-rr files`: which descriptors were open at an event. */
import type { Command } from 'commander';
import {
  accessText,
  escapeText,
  flagNames,
  type OpenFile,
  type OpenResource,
  offsetText,
  type Session,
} from '../../index.ts';
import { EVENT_HELP, eventTarget, lookAt } from '../event-argument.ts';
import { jsonLine } from '../json.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { type Column, formatTable } from '../table.ts';

const EXAMPLES = `${EVENT_HELP}

Known from the calls of the trace alone: it need not replay.
offset: bytes from the beginning of the file; - for what has none (streams, directories, sockets); ? where
the calls do not tell, such as after an append, or of stdout before the program asked.
access: r read, w write, a append; ? where the calls do not tell. --json has all rights by name; "confirmed"
says that the host told them, else they are what path_open asked for.

Of a component, the handles of resources that it holds are listed (descriptors, streams, …), with what they stand for; of several
in one, with the number of the one that holds it (0 is the outermost), but for those that one gave another.

Examples:
  wasi-rr files 12
  wasi-rr files app-3 end --json | jq -r .path`;

const COLUMNS: readonly Column[] = [
  { title: 'fd', right: true },
  { title: 'kind' },
  { title: 'offset', right: true },
  { title: 'access' },
  { title: 'path' },
  { title: 'opened by' },
];

export function addFiles(program: Command): void {
  program
    .command('files')
    .description('the open descriptors at an event')
    .usage('[options] [trace] [event]')
    .argument('[trace-or-event...]', 'one argument is an event of the latest trace')
    .option('--json', 'one JSON object a descriptor')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(filesCommand));
}

function filesCommand(args: readonly string[], flags: { readonly json?: boolean }) {
  return lookAt(eventTarget(args), async ({ session, options }) => {
    if (session.trace.meta.flavour === 'component') {
      return printResources(session, await session.resources(options), flags.json ?? false);
    }
    const files = await session.files(options);
    const rows = files.map((file) => [
      String(file.fd),
      file.kind,
      offsetText(file),
      accessText(file),
      escapeText(file.path ?? ''),
      file.openedBy === undefined ? '' : `#${file.openedBy}`,
    ]);
    const lines = flags.json
      ? files.map((file) => jsonFile(session.position, file))
      : formatTable(COLUMNS, rows);
    for (const line of lines) await stdout.print(line);
    return 0;
  });
}

const RESOURCE_COLUMNS: readonly Column[] = [
  { title: 'resource' },
  { title: 'opened by' },
  { title: 'component' },
];

/** Where several components have the same number for what they hold, and it is not told which of them gave it away. */
const PERHAPS_GIVEN = ', perhaps given to another';

async function printResources(
  session: Session,
  resources: readonly OpenResource[] | undefined,
  json: boolean,
): Promise<number> {
  // which of them says something only where there are several
  const several = new Set(resources?.map(({ component }) => component)).size > 1;
  const columns = several ? RESOURCE_COLUMNS : RESOURCE_COLUMNS.slice(0, 2);
  const rows = (resources ?? []).map(({ text, openedBy, component, perhapsGiven }) => [
    text,
    `#${openedBy}`,
    ...(several ? [`${component}${perhapsGiven ? PERHAPS_GIVEN : ''}`] : []),
  ]);
  const lines = json
    ? (resources ?? []).map((one) => jsonResource(session.position, one))
    : formatTable(columns, rows);
  for (const line of lines) await stdout.print(line);
  if (resources === undefined) {
    say(
      'note: this trace was made before handles of several components were told apart: none are listed',
    );
  }
  return 0;
}

function jsonResource(event: number, resource: OpenResource): string {
  const { name, handle, text, path = null, openedBy, component, perhapsGiven } = resource;
  const given = perhapsGiven && { perhapsGiven };
  return jsonLine({ event, resource: name, handle, text, path, openedBy, component, ...given });
}

function jsonFile(event: number, file: OpenFile): string {
  const { fd, kind, path = null, openedBy = null, offset, rights, flags } = file;
  return jsonLine({
    event,
    fd,
    kind,
    path,
    openedBy,
    // beyond 2^53 as decimal text
    offset: typeof offset === 'bigint' ? offset.toString() : offset,
    rights:
      rights === undefined
        ? null
        : {
            base: flagNames('rights', rights.base),
            inheriting: flagNames('rights', rights.inheriting),
            confirmed: rights.confirmed,
          },
    flags: flags === undefined ? null : flagNames('fdflags', flags),
  });
}
