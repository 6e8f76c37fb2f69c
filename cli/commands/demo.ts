/** `wasi-rr demo`: the whole idea in a few seconds, on a program that comes along. */
import { closeSync, cpSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import {
  DescriptorTable,
  openTimeTravel,
  openTrace,
  record,
  replay,
  TRACE_SUFFIX,
} from '../../index.ts';
import { paintFor } from '../colour.ts';
import { EXIT } from '../exit-status.ts';
import { formatFrames, formatTrapIn } from '../frames.ts';
import { TextLines } from '../log/text-lines.ts';
import { packageFile } from '../package-file.ts';
import { exitingWith } from '../run.ts';
import { stdout } from '../streams.ts';
import { count } from '../units.ts';
import { textWrite } from '../write-text.ts';

const PROGRAM = 'heapsmash-O0g.wasm';
const LAST_CALLS = 6;
const POINTER_BYTES = 4;

/** Longer ones do not decide where the comments stand. */
const MAX_COMMAND = 50;

const ABOUT = `
Records examples/wasm/${PROGRAM}, which renames users from a file and crashes, deletes the files that
it read, replays the crash from the trace alone, and says where to look. The trace stays in the trace folder.`;

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('record a program that crashes, replay it, and show where to look')
    .addHelpText('after', ABOUT)
    .action(exitingWith(demoCommand));
}

async function demoCommand(): Promise<number> {
  const workspace = mkdtempSync(join(tmpdir(), 'wasi-rr-demo-'));
  try {
    return await demo(workspace);
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

/** @param workspace an empty folder */
async function demo(workspace: string): Promise<number> {
  const paint = paintFor(1);
  const title = (text: string) => stdout.print(paint('bold', `\n# ${text}`));

  await title(`Recording ${PROGRAM}, which reads users.csv`);
  const { trace, output, calls } = await recordCrash(workspace);
  await stdout.print(indented(output.toString()));
  await stdout.print(`It made ${count(calls, 'call')} and crashed.`);

  await title('Replaying it. Its files are deleted, and nothing but the trace is opened');
  const replayed: Uint8Array[] = [];
  const report = await replay({ trace, onOutput: (_, bytes) => void replayed.push(bytes) });
  const same = report.status === 'identical' && Buffer.concat(replayed).equals(output);
  await stdout.print(
    same
      ? `The same ${count(output.length, 'byte')} of output, the same crash, the same memory at the end.`
      : 'It was NOT the same. That is a bug in wasi-rr: please report it.',
  );

  await title('Its last calls, and the crash');
  for (const line of lastCalls(trace)) await stdout.print(line);
  if (report.outcome?.kind === 'trap') await stdout.print(formatTrapIn(trace, report.outcome.trap));

  await title('Who broke it? Line 35 calls u->rank: the pointer at u was overwritten');
  for (const line of await lastWriter(trace)) await stdout.print(line);

  await title('Now you');
  for (const line of nextSteps(trace)) await stdout.print(line);
  return same ? 0 : EXIT.failed;
}

/** What to type next, without `wasi-rr`, and what it gives. */
const NEXT: readonly (readonly [command: string, what: string])[] = [
  ['tui TRACE', 'walk through it, forwards and backwards'],
  ['debug TRACE', 'step from line to line, in both directions'],
  ['log TRACE', 'everything it did'],
  ['log TRACE --path users', 'what became of one file'],
  ['log TRACE -c', 'where the time went'],
  ['profile TRACE', 'which functions did the work'],
  ['info TRACE', 'what was run, and how it ended'],
  ['query TRACE "select name, count(*) from calls group by name"', 'ask it anything'],
  ['replay TRACE', 'as often as you like'],
  ['record program.wasm', 'your own program'],
];

function nextSteps(trace: string): string[] {
  const name = basename(trace, TRACE_SUFFIX);
  const commands = NEXT.map(([command]) => `wasi-rr ${command.replace('TRACE', name)}`);
  const short = commands.filter((command) => command.length <= MAX_COMMAND);
  const width = Math.max(...short.map((command) => command.length));
  return NEXT.map(([, what], i) => `${commands[i]?.padEnd(width)}  # ${what}`);
}

/** Records the crash with its output in a file, and deletes everything that it read. */
async function recordCrash(
  workspace: string,
): Promise<{ trace: string; output: Buffer; calls: number }> {
  const files = join(workspace, 'files');
  const printed = join(workspace, 'output');
  cpSync(packageFile('examples/fs/heapsmash'), files, { recursive: true });
  const nothing = openSync('/dev/null', 'r');
  const out = openSync(printed, 'a');
  try {
    const { trace = '', calls } = await record({
      module: packageFile(`examples/wasm/${PROGRAM}`),
      preopens: [{ host: files, guest: '/' }],
      stdin: nothing,
      stdout: out,
      stderr: out,
    });
    return { trace, output: readFileSync(printed), calls };
  } finally {
    closeSync(nothing);
    closeSync(out);
    rmSync(files, { recursive: true });
  }
}

function lastCalls(path: string): string[] {
  const trace = openTrace(path);
  try {
    const lines = new TextLines(trace.eventCount, paintFor(1), {}, trace.functions);
    const table = new DescriptorTable();
    const shown: string[] = [];
    for (const event of trace.events()) {
      if (event.number >= trace.eventCount - LAST_CALLS) shown.push(lines.format(event, table));
      if (event.kind === 'call') table.apply(event, event.number);
    }
    return shown;
  } finally {
    trace.close();
  }
}

/** Where `u` points to at the end, and which code wrote there last. */
async function lastWriter(path: string): Promise<string[]> {
  const trace = openTrace(path);
  const travel = openTimeTravel(path);
  try {
    const frames = await travel.variables(trace.eventCount - 1);
    const u = frames.flatMap(({ variables }) => variables.flat()).find(({ name }) => name === 'u');
    const address = Number(u?.value);
    const { writes } = await travel.writes({ address, length: POINTER_BYTES, keep: 1 });
    const [last] = writes;
    if (last === undefined) return [];
    const stack = await travel.stackOf(last);
    const inProgram = stack.slice(
      0,
      stack.findIndex(({ name }) => name === '__main_void'),
    );
    return [textWrite(last), ...formatFrames(inProgram)];
  } finally {
    await travel.close();
    trace.close();
  }
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '  ');
}
