/** Several components in one, as wac and wasi-virt make them: calls, resources, traps and exits between them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TextLines } from '../../cli/log/text-lines.ts';
import { coreLayout } from '../../replayer/component/core-layout.ts';
import { StreamsAndFiles } from '../../replayer/session/streams-and-files.ts';
import { TraceReader } from '../../traces/reader.ts';
import { DescriptorTable } from '../../wasi/descriptors.ts';
import { readDeclarations } from '../../wasm/binary.ts';
import { Scratch } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';

const scratch = new Scratch('composed');
const cacheHome = process.env.XDG_CACHE_HOME;
let module: Uint8Array;

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = scratch.fresh();
  module = await parse(readFileSync(join(import.meta.dirname, 'fixtures/composed.wat'), 'utf8'));
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  scratch.remove();
});

function query(trace: string, sql: string): unknown[][] {
  const reader = new TraceReader(trace);
  try {
    return [...reader.query(sql).rows].map((row) => [...row]);
  } finally {
    reader.close();
  }
}

test.each([
  ['print', { kind: 'exit', code: 0 }],
  ['trap', { kind: 'trap', trap: { kind: 'unreachable' } }],
  ['exit', { kind: 'exit', code: 1 }],
])(
  '%s in a component within: recorded with every write of the host checked, and replayed',
  async (does, outcome) => {
    const run = await scratch.record({ module, args: [does], paranoid: true });
    expect(run.outcome).toMatchObject(outcome);
    // the text went from the host to one component, to the next, to a third and back
    expect(run.stdout.toString()).toBe(`[${does}]\n[${does}]\n`);
    const again = await replayed(run.trace);
    expect(again).toMatchObject({ status: 'identical', outcome: run.outcome });
    expect(again.stdout.equals(run.stdout)).toBe(true);
  },
);

test.each([
  ['print', 'the one that has the command', false],
  ['trap', 'the one that trapped', true],
])('%s: the instance that is looked into is %s', async (does, _, isFailing) => {
  const { trace } = await scratch.record({ module, args: [does] });
  const reader = new TraceReader(trace);
  const { instances, main } = coreLayout(reader);
  const code = reader.module(instances[main]?.module);
  reader.close();
  const { exports } = readDeclarations(code);
  expect(exports.some((one) => one.name === 'fail')).toBe(isFailing);
  expect(exports.some((one) => one.name === 'run')).toBe(!isFailing);
});

test('one within that goes on after it has returned is recorded to its end', async () => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/async-composed.wat'), 'utf8');
  const returns = '(call $return (global.get $text) (global.get $length))';
  const set = '(local.set $of (call $set))';
  const module = await parse(
    text.replace(returns, '').replace(set, `${returns} ${set}`).replace('1000000', '50000000'),
  );
  const run = await scratch.record({ module });
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  expect(await replayed(run.trace)).toMatchObject({ status: 'identical', outcome: run.outcome });
  const after = "select max(seq) > (select min(seq) from calls where args like '%ok%') from calls";
  expect(query(run.trace, after)).toEqual([[1n]]);
});

test('one that waits is called by another: the functions that the runtime is passed are known again', async () => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/async-composed.wat'), 'utf8');
  const run = await scratch.record({ module: await parse(text), paranoid: true });
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  expect(await replayed(run.trace)).toMatchObject({ status: 'identical', outcome: run.outcome });
  const [call] = query(run.trace, "select args from calls where name like '[start-call]%'").flat();
  const { 0: callee } = JSON.parse(String(call)) as Record<string, number>;
  const entered = `select name from functions where id = ${callee} and direction = 'export'`;
  expect(query(run.trace, entered)).toEqual([['say']]);
  // `log --core` names it
  const reader = new TraceReader(run.trace);
  const lines = new TextLines(reader.eventCount, (_style, text) => text, {}, reader.functions);
  const texts = [...reader.events()].map((event) => lines.format(event, new DescriptorTable()));
  expect(texts.filter((text) => text.includes('[start-call]'))).toEqual([
    expect.stringMatching(/\[start-call\]\w+\(<say of instance 1>, 2, 1, 1\) += \?$/),
  ]);
  reader.close();
});

test('handles of several components that have the same numbers are told apart', async () => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/two-openers.wat'), 'utf8');
  const host = scratch.folder({ 'a.txt': 'a', 'b.txt': 'b' });
  const preopens = [{ host, guest: '/' }];
  const run = await scratch.record({ module: await parse(text), preopens, paranoid: true });
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  const about =
    "select name, path, args from calls where name in ('descriptor.sync', 'descriptor.drop')";
  const [a, b] = ['a.txt', 'b.txt'].map((name) => `{"self":"descriptor#2 \\"/${name}\\""}`);
  expect(query(run.trace, `${about} order by seq`)).toEqual([
    ['descriptor.sync', '/a.txt', a],
    ['descriptor.sync', '/b.txt', b],
    ['descriptor.drop', '/a.txt', a],
    ['descriptor.sync', '/b.txt', b],
  ]);
  // what is open, by whose it is
  const first = "select min(seq) from calls where name = 'descriptor.drop'";
  const [dropped] = query(run.trace, first).flat();
  const reader = new TraceReader(run.trace);
  const history = new StreamsAndFiles(reader);
  const open = async (at: number) =>
    (await history.resourcesAt(at, {}))?.map(
      ({ component, text, perhapsGiven }) => `${component} ${text}${perhapsGiven ? '?' : ''}`,
    );
  const roots = (component: number) => `${component} descriptor#1 "/"`;
  expect(await open(Number(dropped) - 1)).toEqual([
    roots(1),
    '1 descriptor#2 "/a.txt"',
    roots(2),
    '2 descriptor#2 "/b.txt"',
  ]);
  expect(await open(reader.eventCount - 1)).toEqual([
    roots(1),
    roots(2),
    '2 descriptor#2 "/b.txt"',
  ]);
  reader.close();
});

test('what passes between components and host is told, what passes between components is beneath', async () => {
  const { trace } = await scratch.record({ module, args: ['print'] });
  const named = "name || ' ' || args || ' ' || coalesce(result, '')";
  const calls = query(
    trace,
    `select ${named} from calls where interface like 'wasi:%' order by seq`,
  ).flat();
  const handle = (number: number) => `"output-stream#${number} <stdout>"`;
  const said = (number: number, contents: string) =>
    `output-stream.blocking-write-and-flush {"self":${handle(number)},"contents":"${contents}"} {"result":"ok"}`;
  const line = [
    `get-stdout {} {"result":${handle(1)}}`,
    `get-stdout {} {"result":${handle(2)}}`,
    said(1, String.raw`1 byte \"[\"`),
    said(2, String.raw`5 bytes \"print\"`),
    `output-stream.drop {"self":${handle(2)}} {}`,
    said(1, String.raw`2 bytes \"]\\n\"`),
    `output-stream.drop {"self":${handle(1)}} {}`,
  ];
  expect(calls).toEqual([
    String.raw`get-arguments {} {"result":"[\"program.wasm\", \"print\"]"}`,
    ...line,
    ...line,
  ]);
  // a resource that one of them defines, which another drops
  expect(query(trace, "select args, result from calls where name = 'thing.drop'")).toEqual([
    ['{"self":"thing#1"}', '{}'],
  ]);
  expect(query(trace, 'select count(*) from instances')).toEqual([[8n]]);
});
