/**
 * The official suite of WASI Preview 1, run from a checkout (github.com/WebAssembly/wasi-testsuite, branch
 * prod/testsuite-base, which has the programs prebuilt):
 *
 *   npm run conformance -- PATH [--host NAME] [--only TEXT]
 *
 * Every test runs in a fresh copy of its folder, recorded with --paranoid, and must end and print as its
 * JSON file says; then it is replayed and must do the same again.
 */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../errors.ts';
import { type RecordedRun, Scratch } from './recorder/scratch.ts';
import { replayed } from './replayer/replayed.ts';

/** What the suite says about a test; see doc/specification.md there. */
interface Specification {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Folder beside the test that is the guest's `/`. */
  readonly root?: string;
  readonly exit_code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { host: { type: 'string', default: 'sandbox' }, only: { type: 'string', default: '' } },
});

const [suite] = positionals;
if (suite === undefined) {
  console.error('usage: npm run conformance -- PATH [--host NAME] [--only TEXT]');
  process.exit(2);
}
const modules = globSync('**/testsuite/wasm32-wasip1/*.wasm', { cwd: suite })
  .filter((path) => path.includes(values.only))
  .sort()
  .map((path) => join(suite, path));
if (modules.length === 0) {
  console.error(
    `no */testsuite/wasm32-wasip1/*.wasm in ${suite}: is it the branch prod/testsuite-base?`,
  );
  process.exit(2);
}

const scratch = new Scratch('conformance');
let failed = 0;
try {
  for (const wasm of modules) {
    const complaints = await run(wasm).catch((thrown: unknown) => [messageOf(thrown)]);
    if (complaints.length === 0) continue;
    failed++;
    console.log(`FAIL ${basename(wasm, '.wasm')}: ${complaints.join('; ')}`);
  }
} finally {
  scratch.remove();
}
console.log(`${modules.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** @returns what was wrong */
async function run(wasm: string): Promise<string[]> {
  const json = wasm.replace(/\.wasm$/, '.json');
  const given = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Specification) : {};
  const inputs = scratch.fresh();
  mkdirSync(inputs);
  const root = given.root && freshRoot(join(dirname(wasm), given.root), join(inputs, 'root'));
  const recorded = await scratch.record(
    {
      module: wasm,
      host: values.host,
      paranoid: true,
      timeoutMs: 20_000,
      args: given.args ?? [],
      env: given.env ?? {},
      preopens: root ? [{ host: root, guest: '/' }] : [],
    },
    { inputs },
  );
  rmSync(inputs, { recursive: true });
  return [...complaintsAbout(recorded, given), ...(await complaintsAboutReplay(recorded))];
}

/** What an earlier run of the suite has left in its folder is not part of it. */
function freshRoot(source: string, root: string): string {
  cpSync(source, root, { recursive: true });
  for (const left of globSync('**/*.cleanup', { cwd: root })) {
    rmSync(join(root, left), { recursive: true, force: true });
  }
  return root;
}

function complaintsAbout(run: RecordedRun, given: Specification): string[] {
  const complaints: string[] = [];
  const code = run.outcome.kind === 'exit' ? run.outcome.code : undefined;
  if (code !== (given.exit_code ?? 0)) {
    complaints.push(`${JSON.stringify(run.outcome).slice(0, 300)} ${run.stderr.toString().trim()}`);
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const expected = given[stream];
    if (expected !== undefined && run[stream].toString() !== expected) {
      complaints.push(`${stream} is ${JSON.stringify(run[stream].toString())}`);
    }
  }
  return complaints;
}

async function complaintsAboutReplay(run: RecordedRun): Promise<string[]> {
  const again = await replayed(run.trace);
  const same =
    again.status === 'identical' &&
    again.stdout.equals(run.stdout) &&
    again.stderr.equals(run.stderr);
  return same ? [] : [`the replay differs: ${again.status}`];
}
