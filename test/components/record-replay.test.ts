/** Components of WASI 0.2: recorded with every host write checked, replayed with nothing but the trace. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ExampleCase, exampleCases } from '../../examples/cases.ts';
import { rebuildIndex } from '../../recorder/reindex.ts';
import { replay } from '../../replayer/replay.ts';
import { TraceReader } from '../../traces/reader.ts';
import { ComponentCalls } from '../../wasi/component/component-calls.ts';
import { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import type { DescribedCall } from '../../wasi/component/described-call.ts';
import { Scratch } from '../recorder/scratch.ts';

const scratch = new Scratch('components');
const cacheHome = process.env.XDG_CACHE_HOME;

beforeAll(() => {
  process.env.XDG_CACHE_HOME = scratch.fresh();
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  scratch.remove();
});

function fixture(name: string): ExampleCase {
  const example = exampleCases().find((one) => one.name === name);
  if (example === undefined) throw new Error(`no example ${name}`);
  return { ...example, wasm: join(import.meta.dirname, `fixtures/${name}.component.wasm`) };
}

function recorded(name: string) {
  return scratch.recordExample(fixture(name), { argv0: `${name}.wasm` });
}

async function replayed(trace: string) {
  const printed = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const report = await replay({
    trace,
    onOutput: (stream, bytes) => {
      printed[stream].push(bytes);
    },
  });
  return { report, stdout: Buffer.concat(printed.stdout), stderr: Buffer.concat(printed.stderr) };
}

function calls(trace: string): unknown[] {
  const reader = new TraceReader(trace);
  try {
    return [...reader.query('select seq, name, args, result, errno from calls order by seq').rows];
  } finally {
    reader.close();
  }
}

describe.each([
  // wasi:cli/exit has no code but success and failure
  ['uninit-O0g', { kind: 'exit', code: 1 }],
  ['heapsmash-O0g', { kind: 'trap' }],
  ['flakyparse-O0g', { kind: 'exit' }],
])('%s', (name, outcome) => {
  test('runs as the core module does, and replays the same with its inputs gone', async () => {
    const run = await recorded(name);
    expect(run.outcome).toMatchObject(outcome);
    expect(run.stdout.length).toBeGreaterThan(0);
    rmSync(run.inputs, { recursive: true });
    const { report, stdout, stderr } = await replayed(run.trace);
    expect(report).toMatchObject({ status: 'identical', finalMemory: run.finalMemory });
    expect(stdout.equals(run.stdout)).toBe(true);
    expect(stderr.equals(run.stderr)).toBe(true);
  });
});

test('prints what the core module prints', async () => {
  const module = exampleCases().find((one) => one.name === 'uninit-O0g') as ExampleCase;
  const [core, component] = [await scratch.recordExample(module), await recorded('uninit-O0g')];
  expect(component.stdout.toString()).toBe(core.stdout.toString());
});

test('a trace holds the core modules, how they were linked, and what was called', async () => {
  const { trace } = await recorded('uninit-O0g');
  const reader = new TraceReader(trace);
  const instances = reader.instances();
  expect(reader.meta).toMatchObject({ flavour: 'component', host: 'preview2-shim' });
  expect(reader.meta.component?.exports).toContain('wasi:cli/run@0.2.12');
  expect(instances).toHaveLength(4);
  expect(instances.flatMap(({ links }) => links.map(({ kind }) => kind))).toContain('host');
  const kinds = new Set([...reader.events()].map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual([
    'call',
    'enter',
    'instantiate',
    'leave',
    'open',
    'return',
    'unwind',
  ]);
  reader.close();
  const names = calls(trace).map((row) => (row as unknown[])[1]);
  expect(names).toContain('output-stream.blocking-write-and-flush');
});

test('the call index comes out of the log alone', async () => {
  const { trace } = await recorded('flakyparse-O0g');
  const before = calls(trace);
  expect(await rebuildIndex(trace)).toBe(before.length);
  expect(calls(trace)).toEqual(before);
});

test('calls that were seen before get the words that each would get by itself', async () => {
  const wat = readFileSync(join(import.meta.dirname, 'fixtures/repeats.wat'), 'utf8');
  const { trace } = await scratch.record({ module: await parse(wat), paranoid: true });
  const reader = new TraceReader(trace);
  const meanings = new CoreMeanings(reader.meta.component?.words, reader.instances());
  const words = new ComponentCalls(meanings, { maxText: 256, maxItems: 32 });
  const described = new Map<number, DescribedCall>();
  for (const event of reader.events()) {
    const followed = words.follow(event);
    if ('call' in followed) described.set(followed.call.number, followed.call);
  }
  reader.close();
  const expected = [...described.values()].map(({ number, name, args, result, errno }) => [
    BigInt(number),
    name,
    JSON.stringify(Object.fromEntries(args.map((one) => [one.name, one.text]))),
    JSON.stringify(result === undefined ? {} : { result }),
    errno,
  ]);
  expect(calls(trace)).toEqual(expected);
  // the same handle stands for several things in turn
  const printed = expected.filter(([, name]) => name === 'output-stream.blocking-write-and-flush');
  expect(printed.map(([, , args]) => /<\w+>/.exec(String(args))?.[0])).toEqual([
    ...new Array<string>(3).fill('<stdout>'),
    ...new Array<string>(3).fill('<stderr>'),
  ]);
});

test('another end of the memory is told', async () => {
  const { trace, finalMemory } = await recorded('uninit-O0g');
  const db = new Database(trace);
  const other = JSON.stringify({ ...finalMemory, xxh64: '0123456789abcdef' });
  db.prepare("update meta set value = ? where key = 'finalMemory'").run(other);
  db.close();
  const { report } = await replayed(trace);
  expect(report.divergence?.mismatch.what).toBe('final-memory');
});

test('a module that writes otherwise diverges where it does', async () => {
  const { trace } = await recorded('uninit-O0g');
  const db = new Database(trace);
  // the program asks another function first
  const rows = db
    .prepare("select id, imports from instances where imports like '%host%'")
    .all() as {
    id: number;
    imports: string;
  }[];
  for (const { id, imports } of rows) {
    const links = JSON.parse(imports) as { kind: string; func?: number }[];
    const hosts = links.filter(({ kind }) => kind === 'host');
    const ids = hosts.map(({ func }) => func);
    hosts.forEach((link, i) => {
      link.func = ids[(i + 1) % ids.length] as number;
    });
    db.prepare('update instances set imports = ? where id = ?').run(JSON.stringify(links), id);
  }
  db.close();
  const { report } = await replayed(trace);
  expect(report.status).toBe('diverged');
  expect(report.divergence?.mismatch.what).toBe('function');
});

test('a component that passes other bytes diverges at the call that does', async () => {
  const { trace } = await recorded('uninit-O0g');
  const db = new Database(trace);
  const modules = db.prepare('select id, data from modules').all() as {
    id: number;
    data: Buffer;
  }[];
  for (const { id, data } of modules) {
    const bytes = zstdDecompressSync(data);
    const at = bytes.indexOf(' is a guest');
    if (at < 0) continue;
    bytes.write(' IS', at);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const change = 'update modules set data = ?, sha256 = ? where id = ?';
    db.prepare(change).run(zstdCompressSync(bytes), sha256, id);
  }
  db.close();
  const { report } = await replayed(trace);
  expect(report.status).toBe('diverged');
  expect(report.divergence).toMatchObject({
    mismatch: { what: 'bytes', recorded: 'i'.charCodeAt(0), actual: 'I'.charCodeAt(0) },
  });
  const reader = new TraceReader(trace);
  const at = report.divergence?.event ?? 0;
  const [event] = reader.events(at, at + 1);
  expect(event).toMatchObject({ name: 'output-stream.blocking-write-and-flush' });
  reader.close();
});
