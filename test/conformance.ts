/**
 * The official suite of WASI Preview 1, run from a checkout (github.com/WebAssembly/wasi-testsuite, branch
 * prod/testsuite-base, which has the programs prebuilt), or components (in a folder `components` below PATH, such as
 * packages/jco-transpile/test/fixtures of github.com/bytecodealliance/jco), or the example programs in the virtual
 * system of github.com/bytecodealliance/WASI-Virt:
 *
 *   npm run conformance -- PATH [--host NAME] [--via-component | --wasip3] [--only TEXT]
 *
 * With --wasip3 the tests of WASI 0.3 in the same suite. Every test runs in a fresh copy of its folder, recorded with --paranoid, and must end and print as its
 * JSON file says; then it is replayed and must do the same again. With --via-component it runs as a component
 * of WASI 0.2: what preview2-shim does otherwise than the suite wants is told and counted, and is no failure of
 * ours; a recording that fails, or replays otherwise, is.
 */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../errors.ts';
import { componentsIn, runComponents } from './conformance/components.ts';
import { runVirtualised, virtualAdapterIn } from './conformance/virtualised.ts';
import { runWasip3, wasip3In } from './conformance/wasip3.ts';
import { type RecordedRun, Scratch } from './recorder/scratch.ts';
import { replayed } from './replayer/replayed.ts';
import { scriptOptions } from './script-options.ts';

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

const USAGE =
  'npm run conformance -- PATH [--host NAME] [--via-component | --wasip3] [--only TEXT]';

const { values, positionals } = scriptOptions(USAGE, {
  allowPositionals: true,
  options: {
    host: { type: 'string', default: 'sandbox' },
    'via-component': { type: 'boolean', default: false },
    wasip3: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});

const [suite] = positionals;
if (suite === undefined) {
  console.error(`usage: ${USAGE}`);
  process.exit(2);
}
const modules = globSync('**/testsuite/wasm32-wasip1/*.wasm', { cwd: suite })
  .filter((path) => path.includes(values.only))
  .sort()
  .map((path) => join(suite, path));
const scratch = new Scratch('conformance');
const adapter = virtualAdapterIn(suite);
const components = modules.length > 0 ? [] : componentsIn(suite, values.only);
const other = values.wasip3
  ? () => runWasip3(wasip3In(suite, values.only), scratch)
  : adapter !== undefined
    ? () => runVirtualised(adapter, scratch, values.only)
    : components.length > 0
      ? () => runComponents(components, scratch)
      : undefined;
if (other !== undefined) {
  const well = await other().finally(() => scratch.remove());
  process.exit(well ? 0 : 1);
}
if (modules.length === 0) {
  console.error(
    `${suite} has no */testsuite/wasm32-wasip1/*.wasm, no components/**/*.wasm and no lib/virtual_adapter-*.wasm: is it the branch prod/testsuite-base?`,
  );
  process.exit(2);
}

const viaComponent = values['via-component'];
let failed = 0;
const counts = { recorded: 0, identical: 0, conforming: 0 };
try {
  for (const wasm of modules) {
    const { own, host } = await run(wasm).catch((thrown: unknown) => ({
      own: [messageOf(thrown)],
      host: [],
    }));
    const complaints = viaComponent ? own : [...host, ...own];
    if (complaints.length > 0) failed++;
    if (host.length + own.length === 0) continue;
    const word = complaints.length > 0 ? 'FAIL' : 'OTHERWISE';
    console.log(`${word} ${basename(wasm, '.wasm')}: ${[...host, ...own].join('; ')}`);
  }
} finally {
  scratch.remove();
}
const { recorded, identical, conforming } = counts;
console.log(
  `${modules.length} runnable, ${recorded} recorded, ${identical} replayed identically, ${conforming} as the suite says`,
);
console.log(`${modules.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** What was wrong: with the recording and its replay, and with what the host did. */
interface Complaints {
  readonly own: readonly string[];
  readonly host: readonly string[];
}

async function run(wasm: string): Promise<Complaints> {
  const json = wasm.replace(/\.wasm$/, '.json');
  const given = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Specification) : {};
  const inputs = scratch.fresh();
  mkdirSync(inputs);
  const root = given.root && freshRoot(join(dirname(wasm), given.root), join(inputs, 'root'));
  const recorded = await scratch.record(
    {
      module: wasm,
      host: values.host,
      viaComponent,
      paranoid: true,
      timeoutMs: 20_000,
      args: given.args ?? [],
      env: given.env ?? {},
      preopens: root ? [{ host: root, guest: '/' }] : [],
    },
    { inputs },
  );
  rmSync(inputs, { recursive: true });
  const { outcome } = recorded;
  const own = [
    ...(outcome.kind === 'failed' ? [outcome.message] : []),
    ...(await complaintsAboutReplay(recorded)),
  ];
  const host = complaintsAbout(recorded, given);
  if (outcome.kind !== 'failed') counts.recorded++;
  if (own.length === 0) counts.identical++;
  if (host.length === 0) counts.conforming++;
  return { own, host };
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
  const expectedCode = given.exit_code ?? 0;
  // wasi:cli/exit knows success and failure only
  if (code !== (viaComponent ? Math.min(expectedCode, 1) : expectedCode)) {
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
