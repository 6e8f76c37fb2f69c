/** `wasi-rr snapshots`: keyframes of memory in a trace, so that memory at any event needs no replay. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import {
  escapeText,
  type KeyframesInfo,
  openSession,
  removeKeyframes,
  type TraceReader,
  WasiRrError,
} from '../../index.ts';
import { jsonLine } from '../json.ts';
import { byteSize } from '../option-values.ts';
import { Progress } from '../progress.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';
import { openNamed, tracePath } from '../trace-argument.ts';
import { count, formatBytes } from '../units.ts';

interface SnapshotFlags {
  readonly budget?: number;
  readonly list?: boolean;
  readonly remove?: boolean;
  readonly json?: boolean;
}

/** Less does not hold the memory of any program once. */
const LEAST_BUDGET = 1 << 20;

const EXAMPLES = `
One replay, in which the program marks the pages that it writes to, keeps what each call left behind in memory. From then
on \`memory\` and the terminal debugger show memory at any event at once, on any machine, and searches, comparisons and
the history of a range need no replay either. The log stays as it is, and those that were there are replaced.

--budget bounds the bytes that they take. Where a run changes more than fits, some events are left out: pages that
changed around those are replayed for as before.

Snapshots of single events, which the terminal debugger takes (\`:snapshot\`), are listed too, and stay.

Examples:
  wasi-rr snapshots
  wasi-rr snapshots app-3 --budget 32M
  wasi-rr snapshots app-3 --list
  wasi-rr snapshots app-3 --remove`;

export function addSnapshots(program: Command): void {
  program
    .command('snapshots')
    .description('keep memory at all events in the trace, so that looking at it needs no replay')
    .argument('[trace]', 'default: the latest')
    .option('--budget <size>', 'bytes that they may take: 32M, 1G (default: 128M)', byteSize)
    .option('--list', 'only say what the trace holds')
    .option('--remove', 'take them out of the trace again')
    .option('--json', 'one JSON object: keyframes, bytes, upTo; with --list one a snapshot, too')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(snapshotsCommand));
}

async function snapshotsCommand(name: string | undefined, flags: SnapshotFlags): Promise<number> {
  const { budget, list, remove, json = false } = flags;
  if (list && remove) {
    throw new WasiRrError('OPTION_INVALID', '--list and --remove exclude each other.');
  }
  if (budget !== undefined && (list || remove || budget < LEAST_BUDGET)) {
    throw new WasiRrError(
      'OPTION_INVALID',
      list || remove
        ? '--budget is for making them.'
        : '--budget must be 1M at least: less does not hold the memory once.',
    );
  }
  if (remove) {
    const path = tracePath(name);
    say(removeKeyframes(path) ? `keyframes removed from ${path}` : `${path} holds no keyframes`);
    return 0;
  }
  return list ? listAll(name, json) : make(name, budget, json);
}

async function make(
  name: string | undefined,
  budget: number | undefined,
  json: boolean,
): Promise<number> {
  const path = tracePath(name);
  const progress = new Progress(`replaying ${basename(path)}`);
  const session = await openSession(path, { readAhead: false });
  try {
    const onProgress = (event: number) => progress.update(event, session.lastEvent);
    const made = await session.keyframes.make({ onProgress, ...(budget && { budget }) });
    await session.keyframes.store();
    progress.clear();
    if (json) await stdout.print(jsonOf(made));
    else say(`${textOf(made)} put into ${path}`);
    if (made.upTo < session.lastEvent) {
      say(
        `note: they end at #${made.upTo}: the rest would take more than the budget. --budget gives more`,
      );
    }
    return 0;
  } finally {
    progress.clear();
    await session.close();
    await stdout.flush();
  }
}

async function listAll(name: string | undefined, json: boolean): Promise<number> {
  const trace = openNamed(name);
  try {
    const kept = await keyframesOf(trace);
    if (kept !== undefined) await stdout.print(json ? jsonOf(kept) : textOf(kept));
    const entries = trace.snapshots();
    for (const { event, label, memory, memorySize } of entries) {
      const text = String(label);
      await stdout.print(
        json
          ? jsonLine({ event, label: text, memory, memorySize })
          : `after event #${event}: memory ${memory}, ${formatBytes(memorySize)} (${escapeText(text)})`,
      );
    }
    if (kept === undefined && entries.length === 0 && !json) {
      say(`${trace.path} holds no memory: \`wasi-rr snapshots\` puts it in`);
    }
    return 0;
  } finally {
    trace.close();
    await stdout.flush();
  }
}

async function keyframesOf(trace: TraceReader): Promise<KeyframesInfo | undefined> {
  if (trace.keyframesEntry() === undefined) return undefined;
  const session = await openSession(trace.path, { readAhead: false });
  try {
    return session.keyframes.info;
  } finally {
    await session.close();
  }
}

function textOf({ keyframes, bytes, upTo }: KeyframesInfo): string {
  return `${count(keyframes, 'keyframe')} up to #${upTo}, ${formatBytes(bytes)}`;
}

function jsonOf({ keyframes, bytes, upTo }: KeyframesInfo): string {
  return jsonLine({ keyframes, bytes, upTo });
}
