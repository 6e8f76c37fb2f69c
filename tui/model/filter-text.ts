/**
 * What a person types to say which calls they mean: for the filter, the search and `continue`. Words are
 * joined by "and"; `where` takes the rest of the text as SQL.
 */
import type { CallFilter } from '../../traces/timeline.ts';
import { ENDS_OF_LISTS } from '../../wasi/ends-of-lists.ts';
import { ENUMS } from '../../wasi/names.ts';

export type FilterReading =
  | { readonly ok: true; readonly filter: CallFilter }
  | { readonly ok: false; readonly problem: string };

/** Calls that returned an error, as a developer means it. */
export const FAILED: CallFilter = { failed: true, unless: ENDS_OF_LISTS };

export const FILTER_HINT =
  'text, name:fd_read, fd:4, errno:noent, path:users, failed, where bytes > 100';

/** The words before a colon, and what each does with what follows it. */
const FIELDS: Readonly<Record<string, (value: string) => CallFilter | string>> = {
  name: (value) => ({ name: value }),
  errno: (value) => ({ errno: value }),
  path: (value) => ({ path: value }),
  text: (value) => ({ text: value }),
  fd: (value) =>
    /^-?\d{1,10}$/.test(value) ? { fd: Number(value) } : `fd: takes a number, not "${value}"`,
};

export const FILTER_WORDS: readonly string[] = [
  ...Object.keys(FIELDS).map((field) => `${field}:`),
  'failed',
  'where ',
];

/** What completion may offer besides the words of a filter. */
export interface FilterContext {
  /** Names of the functions that the program calls. */
  readonly functions: readonly string[];
}

/** Words that begin as the last one of a filter does: in whole texts. */
export function filterCompletions(text: string, { functions }: FilterContext): string[] {
  const start = text.lastIndexOf(' ') + 1;
  const word = text.slice(start);
  const offered = [
    ...FILTER_WORDS,
    ...functions,
    ...(word.startsWith('name:') ? functions.map((name) => `name:${name}`) : []),
    ...(word.startsWith('errno:') ? ENUMS.errno.map((name) => `errno:${name}`) : []),
  ];
  return offered
    .filter((one) => one.startsWith(word) && one !== word)
    .map((one) => text.slice(0, start) + one);
}

/** @returns an empty filter for an empty text */
export function readFilter(source: string): FilterReading {
  let filter: CallFilter = {};
  let rest = source.trim();
  const words: string[] = [];
  while (rest !== '') {
    if (/^where\s/i.test(rest)) {
      filter = { ...filter, where: rest.slice(5).trim() };
      break;
    }
    const [, word = '', after = ''] = /^("[^"]*"?|[^\s"]+(?:"[^"]*"?)?)\s*(.*)$/s.exec(rest) ?? [];
    rest = after;
    const colon = word.indexOf(':');
    const field = FIELDS[word.slice(0, Math.max(0, colon)).toLowerCase()];
    if (field !== undefined) {
      const read = field(unquoted(word.slice(colon + 1)));
      if (typeof read === 'string') return { ok: false, problem: read };
      filter = { ...filter, ...read };
    } else if (word === 'failed' || word === 'errors') {
      filter = { ...filter, ...FAILED };
    } else {
      words.push(unquoted(word));
    }
  }
  if (words.length > 0) filter = { ...filter, text: words.join(' ') };
  return { ok: true, filter };
}

export function isEmptyFilter(filter: CallFilter): boolean {
  return Object.keys(filter).length === 0;
}

function unquoted(word: string): string {
  return word.replace(/^"|"$/g, '');
}
