/**
 * The tests of WASI 0.3 in wasi-testsuite: commands, servers that are sent requests, and what sends requests
 * itself. Each is recorded with every write of the host checked, must do what its JSON file says, and replay
 * identically, with whatever it talked to gone.
 */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { recordServer } from '../components/http-server.ts';
import { printed, type RecordedRun, type Scratch } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';
import { type EndpointServer, startEndpoints } from './endpoints.ts';

/** Milliseconds. */
const TIME_LIMIT = 300_000;

/** One operation of a test; see doc/specification.md there. */
interface Operation {
  readonly type: string;
  readonly id?: string;
  readonly payload?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly exit_code?: number;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly response?: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
}

interface Specification {
  readonly root?: string;
  readonly world?: string;
  readonly servers?: readonly EndpointServer[];
  readonly operations?: readonly Operation[];
}

export function wasip3In(suite: string, only: string): readonly string[] {
  return globSync('**/testsuite/wasm32-wasip3/*.wasm', { cwd: suite })
    .filter((path) => path.includes(only))
    .sort()
    .map((path) => join(suite, path));
}

/** @returns whether each that was recorded replays identically */
export async function runWasip3(tests: readonly string[], scratch: Scratch): Promise<boolean> {
  const counts = { conforming: 0, recorded: 0, identical: 0 };
  for (const wasm of tests) {
    const complaints: string[] = [];
    try {
      const run = await recorded(wasm, scratch, complaints);
      counts.recorded++;
      const { status, stdout } = await replayed(run.trace);
      if (status === 'identical' && stdout.equals(run.stdout)) counts.identical++;
      else complaints.push(`the replay differs: ${status}`);
    } catch (thrown) {
      complaints.push(messageOf(thrown));
    }
    if (complaints.length === 0) counts.conforming++;
    else console.log(`OTHERWISE ${basename(wasm, '.wasm')}: ${complaints.join('; ')}`);
  }
  const { conforming, recorded: traces, identical } = counts;
  console.log(
    `${tests.length} tests of WASI 0.3: ${traces} recorded, ${identical} replayed identically, ${conforming} as the suite has it`,
  );
  return identical === tests.length;
}

async function recorded(
  wasm: string,
  scratch: Scratch,
  complaints: string[],
): Promise<RecordedRun> {
  const json = wasm.replace(/\.wasm$/, '.json');
  const given = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Specification) : {};
  const { operations = [], servers = [], root } = given;
  const start = operations.find(({ type }) => type === 'run');
  const inputs = scratch.fresh();
  mkdirSync(inputs);
  const folder = join(inputs, 'root');
  if (root !== undefined) cpSync(join(dirname(wasm), root), folder, { recursive: true });
  const endpoints = await startEndpoints(servers);
  const options = {
    module: wasm,
    paranoid: true,
    net: true,
    timeoutMs: TIME_LIMIT,
    args: start?.args ?? [],
    env: { ...start?.env, ...endpoints.env },
    preopens: root === undefined ? [] : [{ host: folder, guest: '/' }],
  };
  try {
    return given.world === 'wasi:http/service'
      ? await recordedServer(wasm, scratch, operations, options, complaints)
      : await recordedCommand(scratch, operations, options, inputs, complaints);
  } finally {
    endpoints.close();
  }
}

async function recordedCommand(
  scratch: Scratch,
  operations: readonly Operation[],
  options: Parameters<Scratch['record']>[0],
  inputs: string,
  complaints: string[],
): Promise<RecordedRun> {
  const given = operations.filter(({ type }) => type === 'write');
  const stdin = Buffer.from(given.map(({ payload = '' }) => payload).join(''));
  const running = scratch.record(options, { inputs, stdin });
  const talk = operations.filter(({ type }) => ['connect', 'send', 'recv'].includes(type));
  if (talk.length > 0) complaints.push(...(await talked(inputs, talk)));
  const run = await running;
  const { exit_code: expected = 0 } = operations.find(({ type }) => type === 'wait') ?? {};
  const code = run.outcome.kind === 'exit' ? run.outcome.code : undefined;
  if (code !== expected) complaints.push(JSON.stringify(run.outcome).slice(0, 200));
  for (const { id = 'stdout', payload = '' } of operations.filter(({ type }) => type === 'read')) {
    const text = run[id as 'stdout' | 'stderr'].toString();
    if (!text.includes(payload)) complaints.push(`${id} is ${JSON.stringify(text)}`);
  }
  return run;
}

/** Talks to a program that prints where it listens. */
async function talked(inputs: string, operations: readonly Operation[]): Promise<string[]> {
  let address: RegExpMatchArray | null = null;
  for (const end = Date.now() + TIME_LIMIT; address === null && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    address = /([\d.]+):(\d+)/.exec(printed(inputs).stdout.toString());
  }
  const socket = connect(Number(address?.[2]), address?.[1]);
  let received = '';
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString();
  });
  for (const { type, payload = '' } of operations) {
    if (type === 'send') socket.write(payload);
    if (type !== 'recv') continue;
    for (const end = Date.now() + TIME_LIMIT; received !== payload && Date.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  socket.end();
  const wanted = operations.find(({ type }) => type === 'recv')?.payload ?? '';
  return received === wanted ? [] : [`sent back ${JSON.stringify(received)}`];
}

async function recordedServer(
  wasm: string,
  scratch: Scratch,
  operations: readonly Operation[],
  options: Parameters<Scratch['record']>[0],
  complaints: string[],
): Promise<RecordedRun> {
  const requests = operations.filter(({ type }) => type === 'request');
  const run = await recordServer(
    scratch,
    wasm,
    async (client) => {
      for (const { method = 'GET', path = '/', headers, body, response = {} } of requests) {
        const chunks = body === undefined ? [] : [body];
        const answer = await client.send(method, path, chunks, headers);
        const what = `${method} ${path}`;
        if (answer.status !== (response.status ?? 200)) {
          complaints.push(`${what}: status ${answer.status}`);
        }
        for (const [name, value] of Object.entries(response.headers ?? {})) {
          if (answer.headers[name] !== value)
            complaints.push(`${what}: ${name} ${answer.headers[name]}`);
        }
        if (response.body !== undefined && answer.body.toString() !== response.body) {
          complaints.push(`${what}: body ${JSON.stringify(answer.body.toString())}`);
        }
      }
    },
    options,
  );
  if (run.outcome.kind !== 'exit' || run.outcome.code !== 0) {
    complaints.push(JSON.stringify(run.outcome).slice(0, 200), run.stderr.toString().slice(0, 200));
  }
  return run;
}
