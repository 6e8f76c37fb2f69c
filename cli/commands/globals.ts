/** `wasi-rr globals`: the guest's globals at an event, with those that it does not export. */
import type { Command } from 'commander';
import { escapeText, type GlobalValue } from '../../index.ts';
import { EVENT_HELP, eventTarget, lookAt } from '../event-argument.ts';
import { INSTANCE_HELP, INSTANCE_OPTION, instanceOf } from '../instance-argument.ts';
import { jsonLine } from '../json.ts';
import { wholeNumber } from '../option-values.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { type Column, formatTable } from '../table.ts';

const EXAMPLES = `${EVENT_HELP}

Names are those under which the module exports a global, else those of its name section. JavaScript, in which
the guest is replayed, cannot read v128. In JSON an i64 is text, and so is what is no number.
${INSTANCE_HELP}

Examples:
  wasi-rr globals failure
  wasi-rr globals app-3 1234 --json | jq 'select(.name == "__stack_pointer").value'`;

const COLUMNS: readonly Column[] = [
  { title: 'index', right: true },
  { title: 'name' },
  { title: 'exported' },
  { title: 'value', right: true },
  { title: 'hex', right: true },
];

export function addGlobals(program: Command): void {
  program
    .command('globals')
    .description("the guest's globals at an event, exported or not")
    .usage('[options] [trace] [event]')
    .argument('[trace-or-event...]', 'one argument is an event of the latest trace')
    .option(...INSTANCE_OPTION, wholeNumber)
    .option('--json', 'one JSON object a global')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(globalsCommand));
}

function globalsCommand(
  args: readonly string[],
  flags: { readonly json?: boolean; readonly instance?: number },
) {
  return lookAt(eventTarget(args), async (look) => {
    const { session, options } = look;
    const { id: instance } = await instanceOf(look, flags);
    const { globals, hidden } = await session.globals({ ...options, instance });
    const lines = flags.json
      ? globals.map((global) => jsonGlobal(session.position, global))
      : formatTable(COLUMNS, globals.map(cells));
    for (const line of lines) await stdout.print(line);
    if (globals.length === 0) say('the module has no globals.');
    if (hidden > 0) say(`note: ${hidden} more are not shown: there are too many`);
    return 0;
  });
}

function cells({ index, name = '', exported, value }: GlobalValue): string[] {
  const bits =
    typeof value === 'bigint'
      ? BigInt.asUintN(64, value)
      : typeof value === 'number' && Number.isInteger(value)
        ? value >>> 0
        : undefined;
  return [
    `${index}`,
    escapeText(name),
    exported ? 'yes' : '',
    escapeText(String(value)),
    bits === undefined ? '' : `0x${bits.toString(16)}`,
  ];
}

function jsonGlobal(event: number, { index, name, exported, value }: GlobalValue): string {
  const plain = typeof value === 'bigint' || !Number.isFinite(value) ? String(value) : value;
  return jsonLine({ event, index, name: name ?? null, exported, value: plain });
}
