/** Example programs, recorded for the tests of the UI into a folder of their own. */
import { cpSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { record } from '../../recorder/record.ts';
import { TraceReader } from '../../traces/reader.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

/** How each is run; `fs` is a folder of examples/fs that the program sees as `/`. */
const RUNS = {
  heapsmash: { wasm: 'heapsmash-O0g', fs: 'heapsmash', args: [] },
  dirorder: { wasm: 'dirorder-O0g', fs: 'dirorder', args: [] },
  hang: {
    wasm: 'hang-O0g',
    fs: 'hang',
    args: [],
    stdin: 'hang/stdin.txt',
    hangs: { events: 9, timeoutMs: 1500 },
  },
  many: { wasm: 'syscalls-O2', fs: 'syscalls', args: ['5000'] },
} as const;

interface RunSpec {
  readonly wasm: string;
  readonly fs: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  /** How many events there are before it hangs, and how long it is given at first to come there. */
  readonly hangs?: { readonly events: number; readonly timeoutMs: number };
}

export type RunName = keyof typeof RUNS;

export interface Recorded extends Disposable {
  readonly folder: string;
  readonly trace: string;
}

export async function recordExample(name: RunName): Promise<Recorded> {
  const { wasm, fs, args, ...run }: RunSpec = RUNS[name];
  const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-tui-'));
  const root = join(folder, 'root');
  mkdirSync(root);
  cpSync(join(EXAMPLES, 'fs', fs), root, { recursive: true });
  const nowhere = openSync('/dev/null', 'r+');
  const { hangs } = run;
  for (let timeoutMs = hangs?.timeoutMs; ; timeoutMs = timeoutMs && 2 * timeoutMs) {
    const { trace } = await record({
      module: join(EXAMPLES, 'wasm', `${wasm}.wasm`),
      output: join(folder, `${name}-${timeoutMs ?? 'whole'}.wrr`),
      args,
      env: { LANG: 'C' },
      preopens: [{ host: root, guest: '/' }],
      stdin: run.stdin === undefined ? nowhere : openSync(join(EXAMPLES, 'fs', run.stdin), 'r'),
      stdout: nowhere,
      stderr: nowhere,
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    if (trace === undefined) throw new Error('the recording was not kept');
    // a machine with a lot to do takes longer
    if (hangs !== undefined && eventsOf(trace) < hangs.events) continue;
    return {
      folder,
      trace,
      [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
    };
  }
}

function eventsOf(trace: string): number {
  const reader = new TraceReader(trace);
  const { eventCount } = reader;
  reader.close();
  return eventCount;
}
