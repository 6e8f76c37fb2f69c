/** The `:` line: what can be typed, what it means, how it is completed. Pure. */
import { type FilterContext, filterCompletions } from './filter-text.ts';
import { TABS, type Tab } from './layout.ts';

export type SortBy = 'number' | 'duration' | 'bytes';

export type Command =
  | { readonly kind: 'goto'; readonly event: number }
  | { readonly kind: 'gotoPercent'; readonly percent: number }
  | {
      readonly kind: 'find';
      readonly which: 'first' | 'last' | 'next' | 'previous';
      readonly filter: string;
    }
  | { readonly kind: 'memory'; readonly address: number; readonly length: number }
  /** Of a component; `memory` by the instance's own index. */
  | { readonly kind: 'instance'; readonly instance: number; readonly memory: number }
  /** As a search of memory takes them. */
  | { readonly kind: 'firstBytes'; readonly text: string }
  | { readonly kind: 'filter'; readonly text: string }
  | { readonly kind: 'sort'; readonly by: SortBy }
  | { readonly kind: 'tab'; readonly tab: Tab }
  | { readonly kind: 'bookmark'; readonly note: string }
  | { readonly kind: 'snapshot'; readonly label: string }
  | { readonly kind: InsideKind; readonly text: string }
  | { readonly kind: 'source' | 'failure' | 'past' | 'follow' | 'help' | 'quit' };

type InsideKind = 'break' | 'watch' | 'rwatch' | 'awatch' | 'catch' | 'display' | 'print';

export type CommandReading =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly problem: string };

interface CommandSpec {
  readonly names: readonly string[];
  /** For help and completion; '' for none. */
  readonly argument: string;
  readonly help: string;
  readonly read: (argument: string) => Command | string;
  /** Whole arguments that one which was begun can become. */
  readonly complete?: (argument: string, context: FilterContext) => readonly string[];
}

const find = (which: 'first' | 'last' | 'next' | 'previous'): CommandSpec => ({
  names: which === 'previous' ? ['previous', 'prev'] : [which],
  argument: 'FUNCTION or filter',
  help: `the ${which} call that matches`,
  read: (filter) =>
    filter === '' ? `:${which} takes a function or a filter` : { kind: 'find', which, filter },
  complete: filterCompletions,
});

const inside = (
  kind: InsideKind,
  argument: string,
  help: string,
  complete?: CommandSpec['complete'],
): CommandSpec => ({
  names: [kind],
  argument,
  help,
  read: (text) => (text === '' && kind !== 'catch' ? `:${kind} takes ${argument}` : { kind, text }),
  ...(complete && { complete }),
});

export const COMMANDS: readonly CommandSpec[] = [
  {
    ...find('first'),
    argument: '"TEXT", 0x62 0x75… or FUNCTION or filter',
    help: 'where memory first holds these bytes; or the first call that matches',
    read: (text) =>
      /^("|0x)/i.test(text) ? { kind: 'firstBytes', text } : find('first').read(text),
  },
  find('last'),
  find('next'),
  find('previous'),
  {
    names: ['memory', 'm', 'mem'],
    argument: 'ADDRESS [LENGTH]',
    help: 'show memory at an address: 0x1234 or 4660; select so many bytes there',
    read: (text) => {
      const values = text.split(/\s+/).map(readAddress);
      const [address, length = 0] = values;
      return address === undefined || values.length > 2 || values.includes(undefined)
        ? `:m takes an address such as 0x1234, and how many bytes to select there; not "${text}"`
        : { kind: 'memory', address, length };
    },
  },
  {
    names: ['instance'],
    argument: 'NUMBER [MEMORY]',
    help: 'of a component: show the memory and the globals of this core instance',
    read: (text) => {
      const [, instance, memory = '0'] = /^(\d{1,5})(?:\s+(\d{1,5}))?$/.exec(text) ?? [];
      return instance === undefined
        ? `:instance takes a number of \`wasi-rr info\`, and which of its memories; not "${text}"`
        : { kind: 'instance', instance: Number(instance), memory: Number(memory) };
    },
  },
  {
    names: ['filter'],
    argument: 'FILTER',
    help: 'show only the calls that match; without one, all',
    read: (text) => ({ kind: 'filter', text }),
    complete: filterCompletions,
  },
  {
    names: ['sort'],
    argument: 'number|duration|bytes',
    help: 'order of the timeline',
    read: (text) =>
      text === 'number' || text === 'duration' || text === 'bytes'
        ? { kind: 'sort', by: text }
        : `:sort takes number, duration or bytes, not "${text}"`,
    complete: (begun) => ['number', 'duration', 'bytes'].filter((by) => by.startsWith(begun)),
  },
  ...TABS.filter((tab) => tab !== 'memory').map(
    (tab): CommandSpec => ({
      names: [tab],
      argument: '',
      help: `show the pane ${tab}`,
      read: () => ({ kind: 'tab', tab }),
    }),
  ),
  {
    names: ['bookmark'],
    argument: 'NOTE',
    help: 'bookmark this call',
    read: (note) => ({ kind: 'bookmark', note }),
  },
  {
    names: ['snapshot'],
    argument: 'LABEL',
    help: 'store the memory at this call in the trace',
    read: (label) => ({ kind: 'snapshot', label }),
  },
  {
    names: ['source', 'inside'],
    argument: '',
    help: 'the source at this moment',
    read: () => ({ kind: 'source' }),
  },
  inside('break', 'PLACE [if CONDITION]', 'stop at a function, main.c:12, a line here, *0xe24'),
  inside('watch', 'VARIABLE or ADDRESS [LENGTH] [if …]', 'stop where it changes'),
  inside('rwatch', 'VARIABLE or ADDRESS [LENGTH] [if …]', 'stop where it is read'),
  inside('awatch', 'VARIABLE or ADDRESS [LENGTH] [if …]', 'where it is read or written'),
  inside('catch', '[FUNCTION]', 'stop before calls of the host', (begun, { functions }) =>
    functions.filter((name) => name.startsWith(begun)),
  ),
  inside('display', 'EXPRESSION', 'add to the watch list'),
  inside('print', 'EXPRESSION', 'its value in the selected frame'),
  {
    names: ['goto'],
    argument: 'NUMBER or PERCENT',
    help: 'to an event, as its number alone: 17, 50%',
    read: (text) => placeOf(text) ?? ':goto takes the number of an event, or 50%',
  },
  { names: ['failure'], argument: '', help: 'to the failure', read: () => ({ kind: 'failure' }) },
  {
    names: ['past'],
    argument: '',
    help: 'let a hang run on past the end',
    read: () => ({ kind: 'past' }),
  },
  {
    names: ['follow'],
    argument: '',
    help: 'follow a recording in progress, or stop',
    read: () => ({ kind: 'follow' }),
  },
  { names: ['help'], argument: '', help: 'the keys', read: () => ({ kind: 'help' }) },
  { names: ['quit', 'q'], argument: '', help: 'quit', read: () => ({ kind: 'quit' }) },
];

/** `17`, `#17`, `50%` */
function placeOf(text: string): Command | undefined {
  const number = /^#?(\d{1,15})$/.exec(text);
  if (number) return { kind: 'goto', event: Number(number[1]) };
  const percent = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(text);
  return percent ? { kind: 'gotoPercent', percent: Math.min(100, Number(percent[1])) } : undefined;
}

/** Reads what was typed after the colon. */
export function readCommand(source: string): CommandReading {
  const text = source.trim();
  const place = placeOf(text);
  if (place !== undefined) return { ok: true, command: place };
  const [, name = '', argument = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
  if (name === '') return { ok: false, problem: 'type a call number, or a command; Tab completes' };
  const spec = findSpec(name);
  if (spec === undefined) {
    const begun = specsBegunBy(name).map(({ names }) => names[0]);
    const problem =
      begun.length === 0
        ? `there is no command "${name}"; Tab lists them`
        : `"${name}" may be ${begun.join(' or ')}`;
    return { ok: false, problem };
  }
  const read = spec.read(argument.trim());
  return typeof read === 'string' ? { ok: false, problem: read } : { ok: true, command: read };
}

/** By name, or by a beginning that only one has. */
function findSpec(name: string): CommandSpec | undefined {
  const exact = COMMANDS.find(({ names }) => names.includes(name));
  if (exact !== undefined) return exact;
  const begun = specsBegunBy(name);
  return begun.length === 1 ? begun[0] : undefined;
}

function specsBegunBy(name: string): CommandSpec[] {
  return COMMANDS.filter(({ names }) => names[0]?.startsWith(name));
}

/** What a command that is being typed takes and does; the commands that it may become; '' for neither. */
export function commandUsage(source: string): string {
  const [, name = '', space = ''] = /^(\S*)(\s?)/.exec(source) ?? [];
  const spec = findSpec(name);
  if (spec !== undefined) {
    const takes =
      spec.argument === '' || source.slice(name.length).trim() !== '' ? '' : spec.argument;
    return `${takes}${takes === '' ? '' : ': '}${spec.help}`;
  }
  return space === ''
    ? specsBegunBy(name)
        .map(({ names }) => names[0])
        .join('  ')
    : '';
}

/** @returns whole lines that what was typed can become, best first */
export function completions(source: string, context: FilterContext): string[] {
  const space = source.indexOf(' ');
  if (space < 0) {
    return COMMANDS.flatMap(({ names: [name = ''], argument }) =>
      name.startsWith(source) ? [argument === '' ? name : `${name} `] : [],
    );
  }
  const spec = findSpec(source.slice(0, space));
  const offered = spec?.complete?.(source.slice(space + 1), context) ?? [];
  return offered.map((argument) => `${source.slice(0, space)} ${argument}`);
}

/** `0x1f`, `1fh` or a decimal number, within a 32-bit memory. */
export function readAddress(text: string): number | undefined {
  const hex = /^0x([0-9a-f]{1,8})$/i.exec(text) ?? /^([0-9a-f]{1,8})h$/i.exec(text);
  if (hex) return Number.parseInt(hex[1] ?? '0', 16);
  const value = Number(text);
  return /^\d{1,10}$/.test(text) && value < 2 ** 32 ? value : undefined;
}
