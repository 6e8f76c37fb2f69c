/** What Tab completes: commands, functions and files, variables and members, numbers of breakpoints, topics. */
import { WasiRrError } from '../../index.ts';
import type { DebugCommand } from './commands.ts';
import type { Debugger } from './debugger.ts';
import { INFO_NAMES } from './information.ts';
import { frameHere } from './values.ts';

/** How what stands behind a command goes on: what begins with the last word. */
type Completes = (debug: Debugger, typed: Typed) => Promise<readonly string[]> | readonly string[];

interface Typed {
  /** All that stands behind the command. */
  readonly rest: string;
  /** What is being completed, at the end of it. */
  readonly word: string;
}

const PLACES = ['function', 'file'] as const;

/** Code: a function, or a file, behind which a line follows. */
const place: Completes = async (debug, { rest }) => {
  // a name may have blanks, as in `operator bool`
  if (/\bif\b/.test(rest)) return expression(debug, { rest, word: lastName(rest) });
  return debug.travel.completions(rest, PLACES);
};

/** What a member is a member of: the end of an expression, as far as brackets close. */
const MEMBER_OF = /((?:[\w$:]+|\([^()]*\))(?:[\w$:]|\[[^\]]*\]|\.|->)*)(?:\.|->)$/;

/** The end of an expression: a variable, or a member of what stands before it. */
const expression: Completes = async (debug, { rest }) => {
  const word = lastName(rest);
  const [, of] = MEMBER_OF.exec(rest.slice(0, rest.length - word.length)) ?? [];
  const here = { mark: debug.mark, place: frameHere(debug) };
  if (of !== undefined) return debug.travel.variableNames({ ...here, of });
  const locals = await debug.travel.variableNames(here);
  const others = await debug.travel.completions(
    word,
    word === '' ? ['variable'] : ['variable', 'type'],
  );
  // those of the library, unless one begins to type one
  return [...locals, ...others.filter((name) => word !== '' || !name.startsWith('__'))];
};

const typeOrExpression: Completes = async (debug, typed) => [
  ...(await expression(debug, typed)),
  ...(await debug.travel.completions(lastName(typed.rest), ['function'])),
];

const points: Completes = ({ points: { all } }) => all.map(({ number }) => String(number));

const COMPLETES: Readonly<Record<string, Completes>> = {
  ...each(['break', 'tbreak', 'clear', 'until', 'advance', 'list', 'disassemble'], place),
  ...each(['print', 'display', 'watch', 'rwatch', 'awatch', 'x', 'history'], expression),
  ...each(['ptype', 'whatis'], typeOrExpression),
  ...each(['enable', 'disable', 'delete', 'condition', 'ignore'], points),
  undisplay: ({ displays: { all } }) => all.map(({ number }) => String(number)),
  restart: ({ checkpoints }) => [...checkpoints.keys()].map(String),
  goto: () => ['start', 'end', 'failure', 'change'],
  catch: ({ trace }) => ['call', 'trap', ...[...trace.functions.values()].map(({ name }) => name)],
  frame: ({ stack }) =>
    [
      'function',
      ...stack.flatMap(({ name, source }) => [
        ...source.map((call) => call.name),
        source.length === 0 ? name : undefined,
      ]),
    ].filter((name) => name !== undefined),
  backtrace: () => ['full'],
  info: (debug, typed) => {
    const [, subject, more = ''] = /^(\w+)\s+(.*)$/.exec(typed.rest) ?? [];
    if (subject === undefined) return INFO_NAMES;
    return subject === 'line' ? place(debug, { ...typed, rest: more }) : [];
  },
};

function each(names: readonly string[], completes: Completes): Record<string, Completes> {
  return Object.fromEntries(names.map((name) => [name, completes]));
}

/** What an expression ends with. */
function lastName(text: string): string {
  return /[\w$:]*$/.exec(text)?.[0] ?? '';
}

/**
 * As Node's readline has it: what the end of the line could become, and that end.
 * @param line up to the cursor
 */
export async function complete(
  debug: Debugger,
  commands: readonly DebugCommand[],
  line: string,
): Promise<[string[], string]> {
  const [, indent = '', name = '', rest] =
    /^(\s*)([a-zA-Z-]*)(?:(?:\s+|\/\S*\s+)(.*))?$/s.exec(line) ?? [];
  if (rest === undefined)
    return [commandsWith(commands, line.slice(indent.length)), line.slice(indent.length)];
  const found = commands.filter(({ names }) => names.some((one) => one.startsWith(name)));
  const command =
    commands.find(({ names }) => names.includes(name)) ??
    (found.length === 1 ? found[0] : undefined);
  const canonical = command?.names[0] ?? '';
  if (canonical === 'help') return [commandsWith(commands, rest), rest];
  const completes = COMPLETES[canonical];
  if (completes === undefined) return [[], line];
  const word = wordOf(completes, rest);
  const all = await candidates(() => completes(debug, { rest, word }));
  return [[...new Set(all.filter((one) => one.startsWith(word)))].sort(inOrder), word];
}

function commandsWith(commands: readonly DebugCommand[], word: string): string[] {
  return commands.flatMap(({ names: [name = ''] }) => (name.startsWith(word) ? [name] : []));
}

/** The end of the line that is replaced. */
function wordOf(completes: Completes, rest: string): string {
  if (completes === place && !/\bif\b/.test(rest)) return rest;
  if (completes === COMPLETES.info) return /\S*$/.exec(rest)?.[0] ?? '';
  if (completes === COMPLETES.frame) return rest.replace(/^function\s+/, '');
  return lastName(rest);
}

/** Nothing where nothing can be known: Tab says no errors. */
async function candidates(
  find: () => Promise<readonly string[]> | readonly string[],
): Promise<readonly string[]> {
  try {
    return await find();
  } catch (thrown) {
    if (thrown instanceof WasiRrError) return [];
    throw thrown;
  }
}

function inOrder(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
