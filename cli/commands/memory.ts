/** `wasi-rr memory`: bytes of the guest's memory at an event, where something is, and what changed it. */
import type { Command } from 'commander';
import { type MemoryChange, type SearchPattern, WasiRrError } from '../../index.ts';
import { byteNumber } from '../byte-number.ts';
import { EVENT_HELP, eventTarget, type Look, lookAt, targetOf } from '../event-argument.ts';
import { addressText, changeText, hexDump } from '../hex-dump.ts';
import {
  INSTANCE_HELP,
  INSTANCE_OPTION,
  type InstanceFlags,
  MEMORY_OPTION,
  memoryNumber,
} from '../instance-argument.ts';
import { jsonLine } from '../json.ts';
import { wholeNumber } from '../option-values.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { count } from '../units.ts';

interface MemoryFlags extends InstanceFlags {
  readonly search?: string;
  readonly history?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `${EVENT_HELP}

Address and length are bytes, decimal or 0x…. What lies beyond the end of the memory is not shown.
--search takes no address and no length; it gives the addresses in ascending order, at most 1000.
--history replays the run up to the event. "guest" is the program's own code, after the event before and
until this one; "call" is what the host wrote to answer this call. It lists the last 1000 changes.
${INSTANCE_HELP}

Examples:
  wasi-rr memory 17 0x8a60 64                  as hexdump -C shows it
  wasi-rr memory app-3 failure 35424 0x40 --json
  wasi-rr memory end --search user-37
  wasi-rr memory end --search 0xdeadbeef       these four bytes, in this order
  wasi-rr memory end 0x8a60 4 --history        which calls changed these bytes`;

export function addMemory(program: Command): void {
  program
    .command('memory')
    .description("the guest's memory at an event: bytes, a search, or the history of a range")
    .usage('[options] [trace] <event> <address> <length>')
    .argument('<arguments...>', 'without a trace, of the latest')
    .option('--search <text>', 'where this is; bytes as 0x6162 or "61 62"')
    .option('--history', 'what changed the range, and how, up to the event')
    .option(...INSTANCE_OPTION, wholeNumber)
    .option(...MEMORY_OPTION, wholeNumber)
    .option('--json', 'one JSON object; one a line with --search and --history; bytes in hex')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(memoryCommand));
}

async function memoryCommand(args: readonly string[], flags: MemoryFlags): Promise<number> {
  const { search, history, json = false } = flags;
  if (search !== undefined) {
    if (history)
      throw new WasiRrError('OPTION_INVALID', '--search and --history exclude each other.');
    const pattern = patternOf(search);
    return lookAt(eventTarget(args), async (look) =>
      printHits(await within(look, flags), pattern, json),
    );
  }
  const target = targetOf(args, ['address', 'length']);
  const [address, length] = target.rest.map(byteNumber);
  if (address === undefined || length === undefined) throw new Error('targetOf counts arguments');
  const print = history ? printHistory : printBytes;
  return lookAt(target, async (look) => print(await within(look, flags), address, length, json));
}

/** A look at one of the memories. */
async function within(look: Look, flags: InstanceFlags) {
  const memory = await memoryNumber(look, flags);
  return { session: look.session, options: { ...look.options, memory } };
}

type MemoryLook = Awaited<ReturnType<typeof within>>;

async function printBytes(
  { session, options }: MemoryLook,
  address: number,
  length: number,
  json: boolean,
): Promise<number> {
  const { bytes, size } = await session.memory.read(address, length, options);
  if (json) {
    const hex = Buffer.from(bytes).toString('hex');
    await stdout.print(
      jsonLine({ event: session.position, address, length: bytes.length, memorySize: size, hex }),
    );
  } else if (bytes.length > 0) {
    for (const line of hexDump(bytes, address)) {
      const full = stdout.print(line);
      if (full) await full;
      if (stdout.closed) return 0;
    }
  }
  if (bytes.length < length) {
    say(`note: the memory ends at 0x${size.toString(16)}: ${count(bytes.length, 'byte')} there`);
  }
  return 0;
}

async function printHits(
  { session, options }: MemoryLook,
  pattern: SearchPattern,
  json: boolean,
): Promise<number> {
  const { addresses, next } = await session.memory.search(pattern, options);
  for (const address of addresses) {
    if (json) {
      await stdout.print(jsonLine({ event: session.position, address }));
      continue;
    }
    // the row of the hex dump that begins with it
    const { bytes } = await session.memory.read(address, 16, options);
    const [row] = hexDump(bytes, address);
    await stdout.print(row ?? addressText(address));
  }
  if (addresses.length === 0) say(`nowhere in memory at #${session.position}.`);
  if (next !== undefined) say(`note: there are more, from 0x${next.toString(16)} on`);
  return 0;
}

async function printHistory(
  { session, options }: MemoryLook,
  address: number,
  length: number,
  json: boolean,
): Promise<number> {
  const upTo = { ...options, to: session.position };
  const { changes, truncated } = await session.memory.history(address, length, upTo);
  for (const change of changes) {
    const full = stdout.print(json ? jsonChange(change) : textChange(change));
    if (full) await full;
  }
  if (changes.length === 0) say(`nothing changed there up to #${session.position}.`);
  if (truncated) say(`note: there were more changes: these are the last ${changes.length}`);
  return 0;
}

function jsonChange({ event, by, address, before, after }: MemoryChange): string {
  const [from, to] = [before, after].map((bytes) => Buffer.from(bytes).toString('hex'));
  return jsonLine({ event, by, address, before: from, after: to });
}

function textChange({ event, by, address, before, after }: MemoryChange): string {
  return `#${event} ${by.padEnd(5)} ${addressText(address)}  ${changeText(before, after)}`;
}

/** Hexadecimal as `0x6162` or `61 62`; anything else is text. */
function patternOf(text: string): SearchPattern {
  if (!/^(0x([0-9a-f]{2})+|[0-9a-f]{2}( [0-9a-f]{2})+)$/i.test(text)) return { text };
  return { bytes: Buffer.from(text.replace(/^0x/i, '').replaceAll(' ', ''), 'hex') };
}
