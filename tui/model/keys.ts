/**
 * Every key, in one table: what dispatches keys, the help overlay, the footer and the key list of docs/debugging.md
 * all walk it. Knows no action beyond its name.
 */

/**
 * Where a binding holds: `list` is every pane that is a list of lines, the timeline and the bookmarks
 * included; `inside` is every pane while the source is on the screen. A key that a pane has for itself has no
 * other meaning there, and one that is for the inside of the run none besides.
 */
export type Where =
  | 'everywhere'
  | 'list'
  | 'timeline'
  | 'memory'
  | 'bookmarks'
  | 'past'
  | 'inside'
  | 'source'
  | 'locals'
  | 'writes'
  | 'breaks';

interface Binding {
  /** As `keypress.ts` names them; a letter for itself. */
  readonly keys: readonly string[];
  readonly action: string;
  readonly where: Where;
  /** Holds past the end of a recording too. */
  readonly inPast?: true;
  readonly help: string;
  /** A word for the footer, for the few keys that are shown there. */
  readonly footer?: string;
}

/** In the order in which help shows them. */
export const BINDINGS = [
  // moving
  {
    keys: ['down', 'j'],
    action: 'down',
    where: 'everywhere',
    inPast: true,
    help: 'down; in the timeline: to the next call',
  },
  {
    keys: ['up', 'k'],
    action: 'up',
    where: 'everywhere',
    inPast: true,
    help: 'up; in the timeline: back to the call before',
  },
  {
    keys: ['left', 'h'],
    action: 'left',
    where: 'everywhere',
    help: 'left; in a list: scroll the text back',
  },
  {
    keys: ['right', 'l'],
    action: 'right',
    where: 'everywhere',
    help: 'right; in a list: scroll the text',
  },
  {
    keys: ['pagedown', 'ctrl-d', 'space'],
    action: 'pageDown',
    where: 'everywhere',
    inPast: true,
    help: 'a page down',
  },
  {
    keys: ['pageup', 'ctrl-u'],
    action: 'pageUp',
    where: 'everywhere',
    inPast: true,
    help: 'a page up',
  },
  {
    keys: ['g', 'home'],
    action: 'top',
    where: 'everywhere',
    inPast: true,
    help: 'to the beginning',
  },
  {
    keys: ['G', 'end'],
    action: 'bottom',
    where: 'everywhere',
    inPast: true,
    help: 'to the end',
  },
  {
    keys: ['enter'],
    action: 'open',
    where: 'list',
    help: 'follow the line: details of a call, the call or moment that a line tells of, a frame, a place in memory',
  },
  // inside of the run
  {
    keys: ['i'],
    action: 'showSource',
    where: 'everywhere',
    help: 'inside: the source at this moment, between two calls; Esc comes back',
    footer: 'inside',
  },
  {
    keys: ['s'],
    action: 'stepLine',
    where: 'inside',
    help: 'step to the next line, into functions',
    footer: 'step line',
  },
  {
    keys: ['S'],
    action: 'stepLineBack',
    where: 'inside',
    help: 'step back to the line before, into functions',
    footer: 'back',
  },
  {
    keys: ['n'],
    action: 'nextLine',
    where: 'inside',
    help: 'to the next line, over calls',
    footer: 'next',
  },
  {
    keys: ['N'],
    action: 'nextLineBack',
    where: 'inside',
    help: 'back to the line before, over calls',
    footer: 'back',
  },
  {
    keys: ['f'],
    action: 'finish',
    where: 'inside',
    help: 'finish: out of the function, to behind its call',
    footer: 'finish',
  },
  {
    keys: ['F'],
    action: 'finishBack',
    where: 'inside',
    help: 'back out, to the call of the function',
  },
  { keys: ['i'], action: 'stepInstruction', where: 'inside', help: 'to the next instruction' },
  { keys: ['I'], action: 'stepInstructionBack', where: 'inside', help: 'back by an instruction' },
  {
    keys: ['o'],
    action: 'nextInstruction',
    where: 'inside',
    help: 'to the next instruction, over calls',
  },
  {
    keys: ['O'],
    action: 'nextInstructionBack',
    where: 'inside',
    help: 'back by an instruction, over calls',
  },
  {
    keys: ['c'],
    action: 'continueInside',
    where: 'inside',
    help: 'continue to the next breakpoint or watchpoint, or to the end',
    footer: 'continue',
  },
  {
    keys: ['C'],
    action: 'continueInsideBack',
    where: 'inside',
    help: 'continue back to the breakpoint or watchpoint before, or to the start',
    footer: 'back',
  },
  { keys: ['<'], action: 'frameUp', where: 'inside', help: 'to the frame of the caller' },
  { keys: ['>'], action: 'frameDown', where: 'inside', help: 'to the frame that was called' },
  {
    keys: ['b'],
    action: 'toggleBreakpoint',
    where: 'source',
    help: 'set a breakpoint on this line, or remove it',
    footer: 'break',
  },
  {
    keys: ['enter'],
    action: 'runToCursor',
    where: 'source',
    help: 'on to this line',
  },
  {
    keys: ['v'],
    action: 'switchText',
    where: 'source',
    help: 'between the source and the code of WebAssembly',
    footer: 'wasm',
  },
  {
    keys: ['W'],
    action: 'whoWroteRow',
    where: 'locals',
    help: 'who wrote this variable: its bytes, with function and line, and the stack of the last write',
    footer: 'who wrote',
  },
  {
    keys: ['H'],
    action: 'historyOfRow',
    where: 'locals',
    help: 'how this variable changed in this call of the function: its values, with function and line',
    footer: 'history',
  },
  {
    keys: ['H'],
    action: 'historyElsewhere',
    where: 'writes',
    help: 'the same in all calls of the function, and back to this one',
    footer: 'all calls',
  },
  {
    keys: ['t'],
    action: 'watchSelected',
    where: 'locals',
    help: 'stop where this variable changes (a watchpoint)',
    footer: 'stop at changes',
  },
  {
    keys: ['a'],
    action: 'addWatch',
    where: 'locals',
    help: 'add an expression to the watch list: u->name, arr[3], *(int *)0x12310',
    footer: 'add',
  },
  {
    keys: ['d'],
    action: 'removeWatch',
    where: 'locals',
    help: 'remove the expression from the watch list',
  },
  {
    keys: ['p'],
    action: 'showInMemory',
    where: 'locals',
    help: 'show the bytes of this variable in Memory',
    footer: 'memory',
  },
  {
    keys: ['space'],
    action: 'switchPoint',
    where: 'breaks',
    help: 'switch the breakpoint on or off',
    footer: 'on, off',
  },
  {
    keys: ['d'],
    action: 'removePoint',
    where: 'breaks',
    help: 'remove the breakpoint',
    footer: 'remove',
  },
  {
    keys: ['e'],
    action: 'editCondition',
    where: 'breaks',
    help: 'change the condition of the breakpoint',
    footer: 'condition',
  },
  {
    keys: ['t'],
    action: 'changeWatched',
    where: 'breaks',
    help: 'what the watchpoint stops at: changes, every write, reads, both',
    footer: 'watched',
  },
  // the run
  {
    keys: ['s', '.'],
    action: 'stepForward',
    where: 'everywhere',
    help: 'step to the next call, from any pane',
    footer: 'step',
  },
  {
    keys: ['S', ','],
    action: 'stepBack',
    where: 'everywhere',
    help: 'step back to the call before, from any pane',
    footer: 'back',
  },
  {
    keys: ['c'],
    action: 'continue',
    where: 'everywhere',
    help: 'continue to the next call that matches a condition; at the end of a hang: past the end',
  },
  {
    keys: ['C'],
    action: 'reverseContinue',
    where: 'everywhere',
    help: 'continue backwards to a call that matches',
  },
  {
    keys: ['!'],
    action: 'gotoFailure',
    where: 'everywhere',
    help: 'to the failure: the trap, the call that failed last, or the last words on stderr',
  },
  {
    keys: ['F'],
    action: 'follow',
    where: 'everywhere',
    help: 'follow a recording in progress: keep its newest event selected',
  },
  {
    keys: ['e'],
    action: 'nextError',
    where: 'everywhere',
    help: 'next call that returned an error',
    footer: 'error',
  },
  {
    keys: ['E'],
    action: 'previousError',
    where: 'everywhere',
    help: 'previous call that returned an error',
  },
  { keys: ['u'], action: 'nextUse', where: 'everywhere', help: 'next use of the same descriptor' },
  {
    keys: ['U'],
    action: 'previousUse',
    where: 'everywhere',
    help: 'previous use of the same descriptor',
  },
  {
    keys: ['o'],
    action: 'gotoOpen',
    where: 'everywhere',
    help: 'to the call that opened this descriptor',
  },
  {
    keys: ['ctrl-o', 'backspace'],
    action: 'jumpBack',
    where: 'everywhere',
    help: 'back to where the last jump came from',
  },
  // finding
  {
    keys: ['/'],
    action: 'search',
    where: 'everywhere',
    help: 'search the calls; in Memory: bytes, text or numbers',
    footer: 'search',
  },
  {
    keys: ['n'],
    action: 'nextHit',
    where: 'everywhere',
    help: 'next hit; without a search, the next call, as in gdb',
  },
  {
    keys: ['N'],
    action: 'previousHit',
    where: 'everywhere',
    help: 'previous hit; without a search, the call before',
  },
  {
    keys: ['f'],
    action: 'filter',
    where: 'everywhere',
    help: 'show only some calls: text, fd:4, errno:noent, path:x, name:x, failed, where SQL',
    footer: 'filter',
  },
  {
    keys: [':'],
    action: 'command',
    where: 'everywhere',
    help: 'command, or a call number to go to',
    footer: 'command',
  },
  { keys: ['m'], action: 'setMark', where: 'everywhere', help: 'set a mark: m and a letter' },
  {
    keys: ["'"],
    action: 'gotoMark',
    where: 'everywhere',
    help: "jump to a mark: ' and its letter",
  },
  { keys: ['b'], action: 'bookmark', where: 'everywhere', help: 'bookmark this call with a note' },
  {
    keys: ['z'],
    action: 'toggleRuntime',
    where: 'everywhere',
    help: 'of a component: show what its runtime does between the calls, or fold it away',
  },
  // memory
  {
    keys: ['p'],
    action: 'followPointer',
    where: 'memory',
    help: 'follow the pointer under the cursor',
    footer: 'pointer',
  },
  { keys: ['P'], action: 'pointerBack', where: 'memory', help: 'back to where the pointer was' },
  {
    keys: ['x'],
    action: 'nextInstance',
    where: 'everywhere',
    help: 'of a component: memory and globals of the next core instance',
  },
  {
    keys: ['X'],
    action: 'previousInstance',
    where: 'everywhere',
    help: 'the same, of the one before',
  },
  {
    keys: ['w'],
    action: 'memoryHistory',
    where: 'memory',
    help: 'which calls changed the word under the cursor, or the selected bytes',
    footer: 'history',
  },
  {
    keys: ['W'],
    action: 'whoWrote',
    where: 'memory',
    help: 'which instructions wrote these bytes: function, line, and the stack of the last one',
    footer: 'who wrote',
  },
  {
    keys: ['t'],
    action: 'watchSelected',
    where: 'memory',
    help: 'stop where these bytes change (a watchpoint)',
  },
  {
    keys: ['a'],
    action: 'nextEffect',
    where: 'memory',
    help: 'to the next bytes that this call wrote',
    footer: 'effects',
  },
  {
    keys: ['d'],
    action: 'nextChange',
    where: 'memory',
    help: 'to the next bytes that changed since the stop before',
    footer: 'changes',
  },
  {
    keys: ['v'],
    action: 'selectMemory',
    where: 'memory',
    help: 'select bytes from here on, for w, y and /; moving extends, Esc or v ends it',
    footer: 'select',
  },
  // bookmarks
  {
    keys: ['d'],
    action: 'removeEntry',
    where: 'bookmarks',
    help: 'remove the bookmark or mark',
    footer: 'remove',
  },
  {
    keys: ['z'],
    action: 'restoreBookmark',
    where: 'bookmarks',
    help: 'put back the bookmark that was removed last',
    footer: 'put back',
  },
  {
    keys: ['e'],
    action: 'editEntry',
    where: 'bookmarks',
    help: 'change the note of the bookmark',
    footer: 'edit note',
  },
  // past the end
  {
    keys: ['c'],
    action: 'goPast',
    where: 'past',
    help: 'let the guest run on',
    footer: 'run on',
  },
  {
    keys: ['escape', 'space'],
    action: 'pausePast',
    where: 'past',
    help: 'pause the guest; once it is paused: leave it',
    footer: 'pause, leave',
  },
  // the screen
  {
    keys: ['tab'],
    action: 'nextPane',
    where: 'everywhere',
    help: 'between the timeline and the pane beside it',
  },
  { keys: ['shift-tab'], action: 'previousPane', where: 'everywhere', help: 'the same, backwards' },
  {
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'],
    action: 'focusPane',
    where: 'everywhere',
    help: 'to a pane by its number',
  },
  { keys: ['L'], action: 'showLocals', where: 'everywhere', help: 'to Locals' },
  { keys: ['B'], action: 'showBreaks', where: 'everywhere', help: 'to Breaks' },
  { keys: [']'], action: 'nextTab', where: 'everywhere', help: 'next tab' },
  { keys: ['['], action: 'previousTab', where: 'everywhere', help: 'previous tab' },
  { keys: ['+', '='], action: 'enlarge', where: 'everywhere', help: 'enlarge the focused pane' },
  { keys: ['_', '-'], action: 'shrink', where: 'everywhere', help: 'back to all panes' },
  {
    keys: ['y'],
    action: 'copy',
    where: 'everywhere',
    help: 'copy the selected line, or bytes (through the terminal: OSC 52)',
  },
  {
    keys: ['r'],
    action: 'retry',
    where: 'everywhere',
    help: 'replay again, after that was stopped or failed',
  },
  {
    keys: ['ctrl-l'],
    action: 'redraw',
    where: 'everywhere',
    inPast: true,
    help: 'draw the screen again',
  },
  {
    keys: ['escape'],
    action: 'cancel',
    where: 'everywhere',
    help: 'back out: a prompt, work in progress, a selection, the filter, the search',
  },
  {
    keys: ['?'],
    action: 'help',
    where: 'everywhere',
    inPast: true,
    help: 'these keys',
    footer: 'help',
  },
  {
    keys: ['ctrl-z'],
    action: 'suspend',
    where: 'everywhere',
    inPast: true,
    help: 'suspend; fg comes back',
  },
  {
    keys: ['q', 'ctrl-c'],
    action: 'quit',
    where: 'everywhere',
    inPast: true,
    help: 'quit',
    footer: 'quit',
  },
] as const satisfies readonly Binding[];

export type Action = (typeof BINDINGS)[number]['action'];

export interface FoundBinding {
  readonly action: Action;
  readonly key: string;
}

/**
 * Which binding a key has in a pane; undefined where it has none.
 * @param inside whether the source is on the screen
 */
export function bindingFor(key: string, pane: Where, inside = false): FoundBinding | undefined {
  const found = bindingsFor(pane, inside).find(({ keys }) => keys.includes(key));
  return found && { action: found.action, key };
}

function holdsIn({ where, inPast }: Binding, pane: Where): boolean {
  if (pane === 'past') return where === 'past' || inPast === true;
  if (where === 'everywhere' || where === pane) return true;
  return where === 'list' && LISTS.has(pane);
}

const LISTS: ReadonlySet<Where> = new Set(['timeline', 'bookmarks', 'locals', 'writes', 'breaks']);

type KnownBinding = Binding & { readonly action: Action };

/** The bindings of a pane with the keys that they have there: its own first. */
export function bindingsFor(pane: Where, inside = false): readonly KnownBinding[] {
  const bindings: readonly KnownBinding[] = BINDINGS;
  const here = bindings.filter((binding) => holdsIn(binding, pane));
  const taken = new Set<string>();
  const found: KnownBinding[] = [];
  const take = (some: readonly KnownBinding[]) => {
    const left = some
      .map((binding) => ({ ...binding, keys: binding.keys.filter((key) => !taken.has(key)) }))
      .filter(({ keys }) => keys.length > 0);
    for (const { keys } of left) for (const key of keys) taken.add(key);
    found.push(...left);
  };
  take(here.filter(({ where }) => where !== 'everywhere'));
  if (inside && pane !== 'past') take(bindings.filter(({ where }) => where === 'inside'));
  take(here.filter(({ where }) => where === 'everywhere'));
  return found;
}

const NAMES: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  home: 'Home',
  end: 'End',
  enter: 'Enter',
  escape: 'Esc',
  backspace: 'Backspace',
  space: 'Space',
  tab: 'Tab',
  'shift-tab': 'Shift-Tab',
};

/** A key as people write it: `Ctrl-D`, `PgDn`, `G`. */
export function keyLabel(key: string): string {
  if (key.startsWith('ctrl-')) return `Ctrl-${key.slice(5).toUpperCase()}`;
  return NAMES[key] ?? key;
}

/** `1…9` for a run of digits, else the keys with spaces between. */
export function keyLabels(keys: readonly string[]): string {
  const [first, last] = [keys[0] ?? '', keys.at(-1) ?? ''];
  if (keys.length > 4) return `${keyLabel(first)}…${keyLabel(last)}`;
  return keys.map(keyLabel).join(' ');
}

const PLACES: Readonly<Record<Where, string>> = {
  everywhere: '',
  list: 'lists',
  timeline: 'timeline',
  memory: 'Memory',
  bookmarks: 'Marks',
  past: 'past the end',
  inside: 'inside',
  source: 'Source',
  locals: 'Locals',
  writes: 'Writes',
  breaks: 'Breaks',
};

/** The key list of docs/debugging.md, as a Markdown table. */
export function keysAsMarkdown(): string {
  const code = (key: string) => `\`${key === '|' ? '\\|' : key}\``;
  const rows = (BINDINGS as readonly Binding[]).map(({ keys, where, help }) => {
    const shown = keys.length > 4 ? code(keyLabels(keys)) : keys.map(keyLabel).map(code).join(' ');
    return `| ${shown} | ${PLACES[where]} | ${help} |`;
  });
  return ['| key | in | does |', '| --- | --- | --- |', ...rows, ''].join('\n');
}
