/** `wasi-rr writes`: who wrote to a range of the guest's memory, with the line of the source. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import {
  type LocatedWrite,
  type LocatedWrites,
  missingEnd,
  openTimeTravel,
  type StackFrame,
  type TimeTravel,
  type TraceReader,
  TraceView,
  WasiRrError,
} from '../../index.ts';
import { byteNumber } from '../byte-number.ts';
import { EVENT_HELP, eventAt, type Place, placeOf } from '../event-argument.ts';
import { formatFrames } from '../frames.ts';
import { INSTANCE_OPTION } from '../instance-argument.ts';
import { jsonLine } from '../json.ts';
import { countOf, wholeNumber } from '../option-values.ts';
import { Progress } from '../progress.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { openNamed } from '../trace-argument.ts';
import { count } from '../units.ts';
import { textLine, textWrite } from '../write-text.ts';

interface WritesFlags {
  readonly instance?: number;
  readonly at?: Place;
  readonly last?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

/** As many writes as are shown unless asked for more. */
const LIMIT = 1000;

const EXAMPLES = `
Address and length are bytes, decimal or 0x…; without a length, one byte. Every store that touches the range
is listed, whether it changed something or not, and every answer of the host that does: a write stands with
the event that it comes after (the host's: with its call), and with the tick, which counts function entries
and rounds of loops. The run is replayed once, instrumented, and compared with the recording all the while.
Of a component the memory is that of the program, or of --instance; listed are the stores of all core instances
that share it, and ticks are those of the one that stored.
${EVENT_HELP}

Examples:
  wasi-rr writes 0x12310 4                     all writes to these four bytes
  wasi-rr writes 0x12310 4 --last              the last one, with its stack: who broke this?
  wasi-rr writes app-3 0x12310 4 --last --at 9
  wasi-rr writes 0x8a60 --json | jq .place`;

export function addWrites(program: Command): void {
  program
    .command('writes')
    .description("who wrote to a range of the guest's memory, and where in the source")
    .usage('[options] [trace] <address> [length]')
    .argument('<arguments...>', 'without a trace, of the latest')
    .option('--last', 'only the last one, with the stack')
    .option('--at <event>', 'only what was written up to this event (default: the end)', placeOf)
    .option('--limit <n>', `at most so many, the last ones (default: ${LIMIT})`, countOf, LIMIT)
    .option(...INSTANCE_OPTION, wholeNumber)
    .option('--json', 'one JSON object a write; bytes in hex')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(writesCommand));
}

async function writesCommand(args: readonly string[], flags: WritesFlags): Promise<number> {
  const { name, address, length } = rangeOf(args);
  const trace = openNamed(name);
  const progress = new Progress(`replaying ${basename(trace.path)}`);
  const options = {
    onProgress: progress.replay(trace.eventCount),
  };
  const view = new TraceView(trace);
  let travel: TimeTravel | undefined;
  try {
    const upTo = flags.at === undefined ? undefined : await eventAt(view, flags.at);
    if (upTo !== undefined) view.checkEvent(upTo);
    travel = openTimeTravel(trace.path, { instance: flags.instance });
    const keep = flags.last ? 1 : flags.limit;
    const found = await travel.writes({ address, length, upTo, keep }, options);
    checkRange(address, length, found.memorySize);
    const last = found.writes.at(-1);
    const stack = flags.last && last ? await travel.stackOf(last, options) : undefined;
    progress.clear();
    if (flags.json) await print(found.writes.map((write) => jsonWrite(write, stack)));
    else if (last && stack) await print([textWrite(last), ...formatFrames(stack)]);
    else await print(found.writes.map(textLine));
    for (const note of notesOn(trace, found, { last: flags.last ?? false, upTo })) say(note);
    return 0;
  } finally {
    progress.clear();
    await travel?.close();
    trace.close();
  }
}

/** A trace whose name is a number is given with address and length. */
function rangeOf(args: readonly string[]) {
  const named =
    args.length > 2 || (args.length === 2 && !/^(\d+|0x[0-9a-f]+)$/i.test(args[0] ?? ''));
  const [address, length = '1', ...rest] = named ? args.slice(1) : args;
  if (address === undefined || rest.length > 0) {
    throw new WasiRrError(
      'OPTION_INVALID',
      `the arguments are [trace] <address> [length], and not "${args.join(' ')}".`,
    );
  }
  const range = { address: byteNumber(address), length: byteNumber(length) };
  if (range.length === 0) throw new WasiRrError('OPTION_INVALID', 'a range has at least one byte.');
  return { name: named ? args[0] : undefined, ...range };
}

function checkRange(address: number, length: number, size: number): void {
  if (address < size) {
    if (address + length > size) say(`note: the memory ends at 0x${size.toString(16)}.`);
    return;
  }
  throw new WasiRrError(
    'OPTION_INVALID',
    `0x${address.toString(16)} is outside of the memory, which has 0x${size.toString(16)} bytes at its largest.`,
  );
}

async function print(lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const full = stdout.print(line);
    if (full) await full;
    if (stdout.closed) return;
  }
  await stdout.flush();
}

function jsonWrite(write: LocatedWrite, stack: readonly StackFrame[] | undefined): string {
  const { by, mark, address, length, from, before, after, frame, call } = write;
  const whose = frame?.instance;
  const [innermost] = frame?.source ?? [];
  const frames = stack?.map((one) => ({
    ...one,
    name: one.name ?? null,
    mangled: one.mangled ?? null,
  }));
  return jsonLine({
    by,
    ...(whose && { instance: whose }),
    ...{ event: mark.event, tick: mark.tick, depth: mark.depth },
    ...{ address, length, from },
    before: Buffer.from(before).toString('hex'),
    after: Buffer.from(after).toString('hex'),
    call: call ?? null,
    ...{ func: frame?.func ?? null, offset: frame?.offset ?? null },
    function: innermost?.name ?? frame?.name ?? null,
    place: innermost?.place ?? null,
    ...(frames && { stack: frames }),
  });
}

function notesOn(
  trace: TraceReader,
  { writes, total, hasData, note }: LocatedWrites,
  { last, upTo }: { last: boolean; upTo: number | undefined },
): string[] {
  const notes: string[] = [];
  const until = upTo === undefined ? '' : upTo < 0 ? ' before #0' : ` up to #${upTo}`;
  const data = hasData ? ': what it held is data of the module' : '';
  if (total === 0) notes.push(`nothing was written there${until}${data}.`);
  else if (!last && total > writes.length) {
    notes.push(`note: these are the last ${writes.length} of ${count(total, 'write')}: --limit`);
  }
  if (note !== undefined) notes.push(`note: ${note}`);
  const missing = missingEnd(trace);
  if (missing !== undefined) notes.push(`note: ${missing}`);
  const { outcome } = trace.meta;
  if (outcome?.kind === 'interrupted' && upTo === undefined) {
    notes.push(
      `note: the run was interrupted by ${outcome.by}: what was written after its last event, #${trace.eventCount - 1}, is not shown`,
    );
  }
  return notes;
}
