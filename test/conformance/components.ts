/**
 * Components by path: commands as they are, servers with some requests, libraries where jco has a test program that drives them. Each that runs has
 * to be recorded with every write of the host checked, and to replay identically.
 */
import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, WasiRrError } from '../../errors.ts';
import { Recording } from '../../recorder/recording.ts';
import { TOOL } from '../../recorder/tool.ts';
import type { Outcome } from '../../traces/outcome.ts';
import { readComponentNames } from '../../wasm/component/import-names.ts';
import { type Client, recordServer } from '../components/http-server.ts';
import { closeStreams, openStreams, type Scratch } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';
import { drivenProgram } from './driver.ts';

/** Milliseconds. */
const TIME_LIMIT = 300_000;
const SERVER_LIMIT = 15_000;

interface Subject {
  readonly name: string;
  readonly wasm: string;
  /** A program that drives it. */
  readonly test: string | undefined;
}

interface Counts {
  runnable: number;
  recorded: number;
  identical: number;
  refused: number;
}

export function componentsIn(path: string, only: string): readonly Subject[] {
  return globSync('**/components/**/*.wasm', { cwd: path, exclude: ['**/node_modules/**'] })
    .filter((file) => file.includes(only))
    .sort()
    .flatMap((file) => subjectsOf(join(path, file)));
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
  const { outcome, trace } = isServer(subject.wasm)
    ? await recordServer(scratch, subject.wasm, ask, {
        net: true,
        paranoid: true,
        timeoutMs: SERVER_LIMIT,
      })
    : subject.test === undefined
      ? await scratch.record({
          module: subject.wasm,
          preopens: [{ host: scratch.folder({}), guest: '/' }],
          net: true,
          paranoid: true,
          timeoutMs: TIME_LIMIT,
        })
      : await driven(subject.wasm, subject.test, scratch);
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

async function driven(
  wasm: string,
  test: string,
  scratch: Scratch,
): Promise<{ readonly outcome: Outcome; readonly trace: string }> {
  const trace = scratch.fresh('.wrr');
  const folder = scratch.fresh();
  mkdirSync(folder);
  const program = await drivenProgram(wasm, test, scratch.fresh('.mjs'));
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
