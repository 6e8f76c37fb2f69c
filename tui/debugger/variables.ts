/** The variables pane: rows that open, the watch list, and who wrote to a variable. */
import { messageOf } from '../../errors.ts';
import type { VariableRow } from '../../replayer/values/messages.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from './debugger.ts';
import { showAddress } from './memory-actions.ts';
import { valueHistory } from './value-history.ts';
import { whoWroteVariable } from './who-wrote.ts';

export function selectedRow(bugger: Debugger): VariableRow | undefined {
  const { tab, scrolls } = bugger.state;
  return tab === 'locals' ? bugger.content()?.lines[scrolls.locals.cursor]?.row : undefined;
}

/** Opens or closes a row; of a value without parts, shows where it is in memory. */
export function openRow(bugger: Debugger, row: VariableRow): void {
  const { openRows } = bugger.state;
  if (row.expands) {
    const open = row.isOpen ? openRows.filter((key) => key !== row.key) : [...openRows, row.key];
    bugger.update({ openRows: open });
  } else if (row.address !== undefined) {
    showAddress(bugger, row.address, row.size);
  } else bugger.say('this value has no parts, and is in no memory');
}

export function showInMemory(bugger: Debugger): void {
  const row = selectedRow(bugger);
  if (row?.address === undefined) bugger.say('this value is in no memory');
  else showAddress(bugger, row.address, row.size);
}

export async function whoWroteRow(bugger: Debugger): Promise<void> {
  const row = selectedRow(bugger);
  if (row === undefined) {
    bugger.say('this line is no variable');
    return;
  }
  if (row.address === undefined || row.size === undefined) {
    bugger.say(
      `${row.name} is in no memory but in a local of wasm, or nowhere: its writes are not known`,
    );
    return;
  }
  await whoWroteVariable(bugger, row, rootOf(bugger, row));
}

export async function historyOfRow(bugger: Debugger): Promise<void> {
  const row = selectedRow(bugger);
  const { inside, watches } = bugger.state;
  if (row === undefined || inside === undefined) {
    bugger.say('this line is no variable');
    return;
  }
  const { mark, level, call } = inside;
  const of = { kind: 'row', key: row.key, watches } as const;
  await valueHistory(bugger, { name: nameOf(row), mark, place: { level, call }, of }, 'call');
}

/** With what it is a part of: `u.name`, where the names of parts stand for themselves. */
function nameOf({ key, name, depth }: VariableRow): string {
  if (depth === 0) return name;
  const [root = '', ...parts] = key.split('/');
  const own = root.replace(/^(var |watch \d+ )/, '');
  return parts.reduce(
    (whole, part) => (/^[[*]/.test(part) ? `${whole}${part}` : `${whole}.${part}`),
    own,
  );
}

/** The variable that a row is a part of, if it stands in the same bytes. */
function rootOf(bugger: Debugger, row: VariableRow): VariableRow | undefined {
  const rows = bugger.travel.rows?.value ?? [];
  const root = rows.find(({ key }) => key === row.key.split('/')[0]);
  if (root?.address === undefined || root.size === undefined || row.address === undefined) {
    return undefined;
  }
  const isIn = row.address >= root.address && row.address < root.address + root.size;
  return isIn && (root.kind === 'local' || root.kind === 'parameter') ? root : undefined;
}

export function addWatch(bugger: Debugger, expression: string): void {
  const { watches } = bugger.state;
  if (watches.includes(expression)) bugger.say(`${expression} is watched already`);
  else bugger.update({ watches: [...watches, expression], tab: 'locals', focus: 'tab' });
}

export function removeWatch(bugger: Debugger): void {
  const row = selectedRow(bugger);
  if (row?.kind !== 'watch') {
    bugger.say('this line is not of the watch list; a adds an expression to it');
    return;
  }
  bugger.update({ watches: bugger.state.watches.filter((one) => one !== row.name) });
}

/** `:print` */
export async function printValue(bugger: Debugger, expression: string): Promise<void> {
  const { inside } = bugger.state;
  if (inside === undefined) {
    bugger.say('variables are known in the source only: i shows it', 'problem');
    return;
  }
  const { mark, level, call } = inside;
  try {
    const { value } = await bugger.travel.ask((travel, options) =>
      travel.evaluate({ mark, place: { level, call }, expression }, options),
    );
    bugger.say(escapeText(`${expression} = ${value}`));
  } catch (thrown) {
    bugger.say(messageOf(thrown), 'problem');
  }
}
