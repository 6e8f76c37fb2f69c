/** `wasi-rr bookmarks`: the notes on events that a trace keeps; the terminal debugger shows the same. */
import type { Command } from 'commander';
import { type Bookmark, escapeText, TraceView, WasiRrError } from '../../index.ts';
import { EVENT_HELP, eventAt, splitTarget, targetOf } from '../event-argument.ts';
import { jsonLine } from '../json.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { type Column, formatTable } from '../table.ts';
import { openNamed } from '../trace-argument.ts';

const EXAMPLES = `
Bookmarks are in the trace itself: who gets the file gets them too. A bookmark is named by its id, which the
list shows.

Examples:
  wasi-rr bookmarks
  wasi-rr bookmarks add failure "the index comes from #12"
  wasi-rr bookmarks edit app-3 2 "no, from #9"
  wasi-rr bookmarks rm 2
  wasi-rr bookmarks app-3 --json | jq -r .note`;

interface Flags {
  readonly json?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'id', right: true },
  { title: 'event', right: true },
  { title: 'note' },
  { title: 'created' },
];

const JSON_HELP = 'one JSON object a bookmark: id, event, name, note, created';

export function addBookmarks(program: Command): void {
  const bookmarks = program
    .command('bookmarks')
    .description('list the bookmarks of a trace, add, edit and remove them')
    .addHelpText('after', EXAMPLES);
  bookmarks
    .command('list', { isDefault: true })
    .description('list them; what `wasi-rr bookmarks` does')
    .argument('[trace]')
    .option('--json', JSON_HELP)
    .action(exitingWith(list));
  bookmarks
    .command('add')
    .description('bookmark an event')
    .usage('[options] [trace] <event> <note>')
    .argument('<trace-event-note...>', 'without a trace, the latest')
    .option('--json', JSON_HELP)
    .addHelpText('after', EVENT_HELP)
    .action(exitingWith(add));
  bookmarks
    .command('edit')
    .description('change the note of a bookmark')
    .usage('[trace] <id> <note>')
    .argument('<trace-id-note...>', 'without a trace, the latest')
    .action(exitingWith(edit));
  bookmarks
    .command('rm')
    .description('remove a bookmark')
    .usage('[trace] <id>')
    .argument('<trace-id...>', 'without a trace, the latest')
    .action(exitingWith(remove));
}

async function list(name: string | undefined, flags: Flags): Promise<number> {
  return withTrace(name, async (trace) => {
    const bookmarks = trace.bookmarks();
    await print(bookmarks, flags);
    if (bookmarks.length === 0) say('no bookmarks: `wasi-rr bookmarks add` makes one');
    return 0;
  });
}

async function add(args: readonly string[], flags: Flags): Promise<number> {
  const { trace: name, place, rest } = targetOf(args, ['note']);
  return withTrace(name, async (trace) => {
    const event = await eventAt(trace, place);
    const added = trace.addBookmark(`#${event}`, rest[0], event);
    await print([added], flags);
    return 0;
  });
}

function edit(args: readonly string[]): Promise<number> {
  const { trace: name, id, rest } = bookmarkOf(args, ['note']);
  return withTrace(name, async (trace) => {
    if (!trace.editBookmark(id, rest[0] ?? '')) throw noBookmark(trace, id);
    await print(trace.bookmarks().filter((one) => one.id === id));
    return 0;
  });
}

function remove(args: readonly string[]): Promise<number> {
  const { trace: name, id } = bookmarkOf(args);
  return withTrace(name, async (trace) => {
    const bookmark = trace.bookmarks().find((one) => one.id === id);
    if (bookmark === undefined || !trace.removeBookmark(id)) throw noBookmark(trace, id);
    say(`removed bookmark ${id}: #${bookmark.event} ${escapeText(bookmark.note)}`.trimEnd());
    return 0;
  });
}

async function withTrace(
  name: string | undefined,
  work: (trace: TraceView) => Promise<number>,
): Promise<number> {
  const reader = openNamed(name);
  try {
    return await work(new TraceView(reader));
  } finally {
    reader.close();
  }
}

/** @throws WasiRrError OPTION_INVALID */
function bookmarkOf(args: readonly string[], after: readonly string[] = []) {
  const { trace, given, rest } = splitTarget(args, 'id', after);
  if (/^\d{1,15}$/.test(given)) return { trace, id: Number(given), rest };
  throw new WasiRrError(
    'OPTION_INVALID',
    `"${given}" is no id of a bookmark: give a number that \`wasi-rr bookmarks\` lists.`,
  );
}

function noBookmark(trace: TraceView, id: number): WasiRrError {
  const ids = trace.bookmarks().map((bookmark) => bookmark.id);
  const known = ids.length === 0 ? 'it has none' : `it has ${ids.join(', ')}`;
  return new WasiRrError('OPTION_INVALID', `the trace has no bookmark ${id}: ${known}.`);
}

async function print(bookmarks: readonly Bookmark[], { json }: Flags = {}): Promise<void> {
  const table = bookmarks.length === 0 ? [] : formatTable(COLUMNS, bookmarks.map(cells));
  for (const line of json ? bookmarks.map(jsonLine) : table) await stdout.print(line);
}

function cells({ id, event, note, created }: Bookmark): string[] {
  const place = event < 0 ? 'start' : `#${event}`;
  return [`${id}`, place, escapeText(note), escapeText(created)];
}
