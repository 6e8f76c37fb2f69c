/**
 * The example programs with their system virtualised: composed with the component that wasi-virt puts between a program
 * and its host (github.com/bytecodealliance/WASI-Virt; its lib/ has that prebuilt). What wasi-virt writes into it by
 * options (files, variables, what is passed on) is written here as its virt_io.rs and virt_env.rs do.
 */
import { createHash } from 'node:crypto';
import { globSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentNew, parse, print } from '@bytecodealliance/jco-transpile/wasm-tools';
import { type ExampleCase, exampleCases } from '../../examples/cases.ts';
import { preview1Adapter } from '../../recorder/component/preview1-adapter.ts';
import type { RecordedRun, Scratch } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';
import { composed } from './compose.ts';

/** Its version of WASI 0.2, as its file is named. */
const VERSION = '0.2.3';

/** Bytes that are taken from the far end of its stack for files and variables, as wasi-virt takes them. */
const DATA_SIZE = 256 * 1024;

/** Flags of its `io`: the three streams, the host's folders beside its own. */
const STANDARD_STREAMS = 0b111;
const HOST_FOLDERS = 0b1100_0000;

/** Kinds of an entry in its table of files. */
const FILE = 0;
const FOLDER = 2;

interface Virtual {
  /** Guest folder → host folder whose files become part of the component. */
  readonly folders: Readonly<Record<string, string>>;
  readonly hostFolders: boolean;
}

/** The component in a checkout of wasi-virt, if that is one. */
export function virtualAdapterIn(checkout: string): string | undefined {
  return globSync(`lib/virtual_adapter-wasi${VERSION.replaceAll('.', '_')}.wasm`, {
    cwd: checkout,
  }).map((file) => join(checkout, file))[0];
}

/** @returns whether all that ran replays identically, and prints what it prints without */
export async function runVirtualised(
  adapter: string,
  scratch: Scratch,
  only: string,
): Promise<boolean> {
  const cases = exampleCases().filter(({ name }) => name.includes(only));
  const store = scratch.fresh('.mjs');
  writeFileSync(store, 'export const get = () => undefined;\nexport const getAll = () => [];\n');
  let identical = 0;
  let runs = 0;
  for (const one of cases) {
    const folders = { ...one.copy, ...one.ro };
    for (const hostFolders of [true, false]) {
      const virtual = await virtualised(adapter, one.wasm, {
        folders: hostFolders ? {} : folders,
        hostFolders,
      });
      const module = scratch.fresh('.wasm');
      writeFileSync(module, virtual);
      const run = await scratch.recordExample(hostFolders ? one : { ...one, copy: {}, ro: {} }, {
        module,
        imports: { 'wasi:config/store@0.2.0-draft': store },
      });
      runs++;
      const complaint = await complaintAbout(run);
      if (complaint === undefined) identical++;
      else console.log(`FAIL ${one.name}: ${complaint}`);
      const otherwise = differenceTo(one, run);
      const where = hostFolders ? 'folders of the host' : 'folders in the component';
      if (otherwise !== undefined) console.log(`OTHERWISE ${one.name}, ${where}: ${otherwise}`);
    }
  }
  console.log(`${identical} passed, ${runs - identical} failed`);
  return identical === runs;
}

async function complaintAbout({
  outcome,
  trace,
  stdout,
}: RecordedRun): Promise<string | undefined> {
  if (outcome.kind === 'failed') return outcome.message;
  const again = await replayed(trace);
  const status = outcome.kind === 'interrupted' ? 'prefix' : 'identical';
  if (again.status !== status) return `the replay is ${again.status}`;
  return again.stdout.equals(stdout) ? undefined : 'the replay prints otherwise';
}

/** What the program does otherwise than alone; virtual files cannot be written. */
function differenceTo({ expect, flaky }: ExampleCase, run: RecordedRun): string | undefined {
  const { outcome } = run;
  // wasi:cli/exit knows success and failure only
  const exit = outcome.kind === 'exit' ? outcome.code : outcome.kind === 'trap' ? 134 : 'hang';
  const codes = expect.exits.map((code) =>
    typeof code === 'number' && code !== 134 ? Math.min(code, 1) : code,
  );
  if (!codes.includes(exit)) return JSON.stringify(outcome).slice(0, 200);
  const hash = createHash('sha256').update(run.stdout).digest('hex').slice(0, 16);
  return flaky || expect.stdout === undefined || hash === expect.stdout ? undefined : 'its output';
}

/** @param wasm path of a command of Preview 1 */
async function virtualised(adapter: string, wasm: string, virtual: Virtual): Promise<Uint8Array> {
  const command = await componentNew(readFileSync(wasm), [
    ['wasi_snapshot_preview1', preview1Adapter()],
  ]);
  // the same interfaces by an older version of them
  const text = (await print(command)).replaceAll(/(wasi:[\w/-]+@)0\.2\.\d+/g, `$1${VERSION}`);
  const layer = await componentNew(await parse(given(await print(readFileSync(adapter)), virtual)));
  return composed(await parse(text), layer);
}

/** The adapter's core module with data for its `io`, as text. */
function given(adapter: string, { folders, hostFolders }: Virtual): string {
  const [, top = ''] = /\$__stack_pointer [^\n]*i32\.const (\d+)\)/.exec(adapter) ?? [];
  const data = new DataWriter(Number(top) - DATA_SIZE, Number(top));
  const entries: number[][] = [];
  const roots = Object.entries(folders).map(([guest, host]) => {
    const index = entries.length;
    addFolder(data, entries, guest, host);
    return index;
  });
  const [preopens, index] = [data.words(roots), data.words(entries.flat())];
  const flags = STANDARD_STREAMS | (hostFolders ? HOST_FOLDERS : 0);
  const io = [roots.length, preopens, entries.length, index, flags];
  const sections = [...data.sections, section(addressOf(adapter, 'io'), wordBytes(io))];
  return adapter
    .replace(/(\$__stack_pointer [^\n]*i32\.const )\d+/, `$1${data.start}`)
    .replace('\n  (@custom', `\n${sections.join('\n')}\n  (@custom`);
}

/** Breadth first, as the layer looks for children: a folder's are `[how far from it, how many]`. */
function addFolder(data: DataWriter, entries: number[][], guest: string, host: string): void {
  const queue: { readonly name: string; readonly host: string }[] = [{ name: guest, host }];
  const base = entries.length;
  for (let i = 0; i < queue.length; i++) {
    const { name, host: path } = queue[i] as (typeof queue)[number];
    if (statSync(path).isDirectory()) {
      const children = readdirSync(path).sort();
      entries.push([
        data.text(name),
        FOLDER,
        queue.length - (entries.length - base),
        children.length,
      ]);
      queue.push(...children.map((child) => ({ name: child, host: join(path, child) })));
    } else {
      const bytes = readFileSync(path);
      entries.push([data.text(name), FILE, data.bytes(bytes), bytes.length]);
    }
  }
}

/** Data segments between two addresses. */
class DataWriter {
  readonly sections: string[] = [];
  readonly start: number;
  private readonly end: number;
  private at: number;

  constructor(start: number, end: number) {
    this.start = start;
    this.end = end;
    this.at = start;
  }

  /** @returns its address */
  bytes(bytes: Uint8Array): number {
    const address = this.at;
    this.at = Math.ceil((address + bytes.length) / 8) * 8;
    if (this.at > this.end) throw new RangeError(`more than ${DATA_SIZE} bytes of virtual files`);
    this.sections.push(section(address, bytes));
    return address;
  }

  /** Ends with a zero. */
  text(text: string): number {
    return this.bytes(Buffer.from(`${text}\0`));
  }

  words(words: readonly number[]): number {
    return this.bytes(wordBytes(words));
  }
}

function wordBytes(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

function section(address: number, bytes: Uint8Array): string {
  const escaped = Buffer.from(bytes).toString('hex').replace(/../g, '\\$&');
  return `  (data (i32.const ${address}) "${escaped}")`;
}

/** Of what a module exports as a global that is its address. */
function addressOf(text: string, name: string): number {
  const [, index = ''] = new RegExp(`\\(export "${name}" \\(global (\\d+)\\)`).exec(text) ?? [];
  const global = new RegExp(`\\(global \\(;${index};\\) i32 i32\\.const (\\d+)\\)`).exec(text);
  if (global === null) throw new Error(`${name} is no address in this adapter`);
  return Number(global[1]);
}
