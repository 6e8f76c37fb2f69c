/**
 * Components by path: commands as they are, servers with some requests, libraries where jco has a test program that drives them,
 * pairs of which one calls the other composed. Each that runs has to be recorded with every write of the host checked, and
 * to replay identically.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, WasiRrError } from '../../errors.ts';
import type { ComponentProgram } from '../../recorder/component/component-program.ts';
import { Recording } from '../../recorder/recording.ts';
import { TOOL } from '../../recorder/tool.ts';
import type { Outcome } from '../../traces/outcome.ts';
import { readComponentNames } from '../../wasm/component/import-names.ts';
import { type Client, recordServer } from '../components/http-server.ts';
import { closeStreams, openStreams, type Scratch } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';
import { drivenProgram } from './driver.ts';
import { composePair, drivenPair, type FoundPair, pairsIn } from './pairs.ts';

/** Milliseconds. */
const TIME_LIMIT = 300_000;
const SERVER_LIMIT = 60_000;

interface Subject {
  readonly name: string;
  readonly wasm: string;
  /** A program that drives it. */
  readonly test: string | undefined;
  readonly pair?: FoundPair;
}

interface Counts {
  runnable: number;
  recorded: number;
  identical: number;
  refused: number;
}

export function componentsIn(path: string, only: string): readonly Subject[] {
  const files = globSync('**/components/**/*.wasm', { cwd: path, exclude: ['**/node_modules/**'] });
  const alone = files.filter((file) => file.includes(only)).sort();
  const pairs = pairsIn(
    files.map((file) => join(path, file)),
    only,
  );
  return [
    ...alone.flatMap((file) => subjectsOf(join(path, file))),
    ...pairs.map((pair) => ({ name: pair.name, wasm: pair.callerPath, test: undefined, pair })),
  ];
}

/** One for each program that drives it: `strings.ts`, `strings.sync.ts`. */
function subjectsOf(wasm: string): Subject[] {
  const name = basename(wasm).replace(/(\.component)?\.wasm$/, '');
  const folder = join(dirname(wasm), '../../runtime');
  const tests = existsSync(folder) ? globSync(`${name}{,.*}.ts`, { cwd: folder }).sort() : [];
  if (tests.length === 0) return [{ name, wasm, test: undefined }];
  return tests.map((test) => ({ name: test.replace(/\.ts$/, ''), wasm, test: join(folder, test) }));
}

/** @returns whether all that ran replays identically */
export async function runComponents(
  subjects: readonly Subject[],
  scratch: Scratch,
): Promise<boolean> {
  const counts: Counts = { runnable: 0, recorded: 0, identical: 0, refused: 0 };
  const refusals = new Map<string, string[]>();
  for (const subject of subjects) {
    const line = await runOne(subject, scratch, counts).catch((thrown: unknown) => {
      if (!(thrown instanceof WasiRrError)) return `FAIL ${subject.name}: ${messageOf(thrown)}`;
      counts.refused++;
      refusals.set(thrown.code, [...(refusals.get(thrown.code) ?? []), subject.name]);
      return undefined;
    });
    if (line !== undefined) console.log(line);
  }
  for (const [code, names] of refusals) console.log(`refused (${code}): ${names.join(', ')}`);
  const { runnable, recorded, identical, refused } = counts;
  console.log(
    `${runnable} runnable, ${recorded} recorded, ${identical} replayed identically; ${refused} refused as no commands or for their imports`,
  );
  console.log(`${identical} passed, ${runnable - identical} failed`);
  return identical === runnable;
}

/** @returns what is to be told of it */
async function runOne(
  subject: Subject,
  scratch: Scratch,
  counts: Counts,
): Promise<string | undefined> {
  const { outcome, trace } = await recorded(subject, scratch);
  counts.runnable++;
  if (outcome.kind === 'failed') return `FAIL ${subject.name}: ${outcome.message}`;
  counts.recorded++;
  const { status } = await replayed(trace);
  // what was ended from outside has no end to compare
  const same = status === (outcome.kind === 'interrupted' ? 'prefix' : 'identical');
  if (!same) return `FAIL ${subject.name}: the replay is ${status}`;
  counts.identical++;
  const well = outcome.kind === 'exit' && outcome.code === 0;
  return well ? undefined : `OTHERWISE ${subject.name}: ${JSON.stringify(outcome).slice(0, 300)}`;
}

type Run = { readonly outcome: Outcome; readonly trace: string };

async function recorded({ wasm, test, pair }: Subject, scratch: Scratch): Promise<Run> {
  if (pair !== undefined) {
    const bytes = await composePair(pair);
    if (pair.pair.calls)
      return driven(await drivenPair(pair, bytes, scratch.fresh('.mjs')), scratch);
    const file = scratch.fresh('.wasm');
    writeFileSync(file, bytes);
    return served(file, scratch);
  }
  if (isServer(wasm)) return served(wasm, scratch);
  if (test !== undefined)
    return driven(await drivenProgram(wasm, test, scratch.fresh('.mjs')), scratch);
  return scratch.record({
    module: wasm,
    preopens: [{ host: scratch.folder({}), guest: '/' }],
    net: true,
    paranoid: true,
    timeoutMs: TIME_LIMIT,
  });
}

function served(wasm: string, scratch: Scratch): Promise<Run> {
  return recordServer(scratch, wasm, ask, { net: true, paranoid: true, timeoutMs: SERVER_LIMIT });
}

function isServer(wasm: string): boolean {
  const { exports } = readComponentNames(readFileSync(wasm));
  return exports.some((name) => /^wasi:http\/(incoming-)?handler@/.test(name));
}

/** Whatever it answers. */
async function ask(client: Client): Promise<void> {
  const paths = ['/', '/hello?a=b', '/echo', '/'];
  const asked = paths.map((path, i) => client.send(i % 2 === 0 ? 'GET' : 'POST', path, ['x', 'y']));
  await Promise.allSettled(asked);
}

async function driven(program: ComponentProgram, scratch: Scratch): Promise<Run> {
  const trace = scratch.fresh('.wrr');
  const folder = scratch.fresh();
  mkdirSync(folder);
  const streams = openStreams(folder);
  try {
    const recording = new Recording({
      program,
      config: { args: [], env: [], preopens: [], ...streams },
      network: undefined,
      host: 'sandbox',
      path: trace,
      payload: 4096,
      paranoid: true,
      chaos: undefined,
      sync: false,
      onTraceError: 'stop',
      onTraceLost: undefined,
      net: false,
      serve: undefined,
      onServing: undefined,
      onRequest: undefined,
      redacted: [],
      tool: TOOL,
    });
    const timer = setTimeout(() => recording.interrupt('timeout'), TIME_LIMIT);
    await recording.call('_start');
    const { outcome } = await recording.finish();
    clearTimeout(timer);
    return { outcome, trace };
  } finally {
    closeStreams(streams);
  }
}
