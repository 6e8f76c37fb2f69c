/** Components that are libraries: called one by one, with values of their interfaces, and replayed without a caller. */
import { createHash } from 'node:crypto';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { type OpenRecording, openRecording } from '../../recorder/record.ts';
import { replay } from '../../replayer/replay.ts';
import { openSession } from '../../replayer/session/session.ts';
import { TraceReader } from '../../traces/reader.ts';
import { ComponentCalls } from '../../wasi/component/component-calls.ts';
import { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import { Scratch } from '../recorder/scratch.ts';
import { command, component } from './component-wat.ts';

const scratch = new Scratch('library');
afterAll(() => scratch.remove());

const LIBRARY = readFileSync(join(import.meta.dirname, 'fixtures/library.wat'), 'utf8');
const API = 'acme:shelf/api@1.2.0#';

async function open(module: Uint8Array): Promise<OpenRecording> {
  const output = scratch.fresh('.wrr');
  return openRecording({ module, output, paranoid: true, stdin: openSync('/dev/null', 'r') });
}

const returned = (...results: readonly unknown[]) => ({ kind: 'returned', results });

/** What the log says of the calls. */
function entriesOf(path: string): string[] {
  const trace = new TraceReader(path);
  const meanings = new CoreMeanings(trace.meta.component?.words, trace.instances());
  const calls = new ComponentCalls(meanings, { maxText: 100, maxItems: 10 });
  const entries = [...trace.events()].flatMap((event) => {
    const followed = calls.follow(event);
    if (followed.kind === 'entered') return [`${followed.name}(${followed.args.join(', ')})`];
    return followed.kind === 'left' && followed.result ? [followed.result] : [];
  });
  trace.close();
  return entries;
}

test('values go in and come out, and the trace has them', async () => {
  const recording = await open(await parse(LIBRARY));
  expect(recording.exports).toEqual([
    `${API}add`,
    `${API}swap`,
    `${API}twice`,
    `${API}divide`,
    `${API}read-title`,
    `${API}fall`,
    'plain',
  ]);
  expect(await recording.call('plain')).toEqual(returned());
  expect(await recording.call(`${API}add`, [2 ** 31, -1])).toEqual(returned(2 ** 31 - 1));
  expect(await recording.call(`${API}swap`, [{ first: 7n, isLast: true }])).toEqual(
    returned({ first: 8n, isLast: false }),
  );
  // at once: they are made one after the other
  const both = await Promise.all([
    recording.call(`${API}twice`, ['ähm']),
    recording.call(`${API}twice`, ['']),
  ]);
  expect(both).toEqual([returned('ähmähm'), returned('')]);
  expect(await recording.call(`${API}divide`, [7, 2])).toEqual(returned({ tag: 'ok', val: 3 }));
  expect(await recording.call(`${API}divide`, [7, 0])).toEqual(
    returned({ tag: 'err', val: 'division by zero' }),
  );
  expect(await recording.call(`${API}read-title`, [undefined])).toEqual(returned(undefined));
  expect(await recording.call(`${API}read-title`, [5])).toEqual(returned(5));
  const summary = await recording.finish();
  expect(summary).toMatchObject({ outcome: { kind: 'exit', code: 0 } });
  expect(await replay({ trace: recording.trace })).toMatchObject({
    status: 'identical',
    notes: [],
    finalMemory: summary.finalMemory,
  });
  expect(entriesOf(recording.trace)).toEqual([
    'plain()',
    ...['add(2147483648, -1)', '2147483647'],
    ...['swap({first: 7, is-last: true})', '{first: 8, is-last: false}'],
    ...['twice("ähm")', '"ähmähm"', 'twice("")', '""'],
    ...['divide(7, 2)', 'ok(3)', 'divide(7, 0)', 'err("division by zero")'],
    ...['read-title(none)', 'none', 'read-title(some(5))', 'some(5)'],
  ]);
  const session = await openSession(recording.trace);
  await session.last();
  expect(session.verified).toBe(true);
  await session.close();
  const reader = new TraceReader(recording.trace);
  const { columns, rows } = reader.query(
    "select e.name, e.args, l.kind, l.result from entries e join entries l on l.entry = e.event and l.event <> e.event where e.name = 'divide'",
  );
  expect(
    [...rows].map((row) => Object.fromEntries(columns.map((one, i) => [one, row[i]]))),
  ).toEqual([
    { name: 'divide', args: '{"a":"7","b":"2"}', kind: 'leave', result: 'ok(3)' },
    {
      name: 'divide',
      args: '{"a":"7","b":"0"}',
      kind: 'leave',
      result: 'err("division by zero")',
    },
  ]);
  reader.close();
});

test('texts of 16 bits a letter are read as such, in and out', async () => {
  const lift = '(canon lift (core func $code "twice") (memory $memory)';
  const doubled = LIBRARY.replace(lift, `${lift} string-encoding=utf16`)
    // a length counts letters, and memory bytes
    .replaceAll('(local.get $length)', '(i32.mul (local.get $length) (i32.const 2))')
    .replace(
      '(i32.const 36) (i32.mul (i32.mul (local.get $length) (i32.const 2))',
      '(i32.const 36) (i32.mul (local.get $length)',
    );
  const recording = await open(await parse(doubled));
  expect(await recording.call(`${API}twice`, ['ähm'])).toEqual(returned('ähmähm'));
  await recording.finish();
  expect(entriesOf(recording.trace)).toEqual(['twice("ähm")', '"ähmähm"']);
});

test('a replay in which other results lie in memory diverges where they are given', async () => {
  const recording = await open(await parse(LIBRARY));
  await recording.call(`${API}divide`, [7, 0]);
  await recording.finish();
  const db = new Database(recording.trace);
  const modules = 'select id, data from modules';
  for (const { id, data } of db.prepare(modules).all() as { id: number; data: Buffer }[]) {
    const bytes = zstdDecompressSync(data);
    const at = bytes.indexOf('division by zero');
    if (at < 0) continue;
    bytes.write('D', at);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const change = 'update modules set data = ?, sha256 = ? where id = ?';
    db.prepare(change).run(zstdCompressSync(bytes), sha256, id);
  }
  db.close();
  const report = await replay({ trace: recording.trace });
  expect(report.divergence).toMatchObject({
    mismatch: { what: 'bytes', recorded: 'd'.charCodeAt(0), actual: 'D'.charCodeAt(0) },
  });
  const reader = new TraceReader(recording.trace);
  const at = report.divergence?.event ?? 0;
  expect([...reader.events(at, at + 1)]).toMatchObject([{ kind: 'leave' }]);
  reader.close();
});

describe('a call that cannot be made says why, and nothing is lost', () => {
  test.each<[string, string, readonly unknown[], string, string]>([
    [
      'no such function',
      'nothing',
      [],
      'EXPORT_MISSING',
      `exports no function nothing. It exports: ${API}add`,
    ],
    ['too few', `${API}add`, [1], 'OPTION_INVALID', 'takes 2 arguments (a, b), and was given 1'],
    [
      'a text',
      `${API}add`,
      [1, 'x'],
      'OPTION_INVALID',
      'its parameter b was given "x", which is no s32',
    ],
    [
      'below zero',
      `${API}add`,
      [-1, 1],
      'OPTION_INVALID',
      'its parameter a was given -1, which is no u32',
    ],
    [
      'a number in a record',
      `${API}swap`,
      [{ first: 7n, isLast: 1 }],
      'OPTION_INVALID',
      '1 at .isLast, which is no bool',
    ],
    [
      'a handle',
      `${API}open-book`,
      [],
      'EXPORT_UNSUPPORTED',
      'takes or gives a handle of a resource',
    ],
  ])('%s', async (_what, name, args, code, says) => {
    const recording = await open(await parse(LIBRARY));
    const call = () => recording.call(name, args as never);
    expect(call).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) as string }),
    );
    expect(await recording.call('plain')).toEqual(returned());
    await recording.finish();
    expect(await replay({ trace: recording.trace })).toMatchObject({ status: 'identical' });
  });
});

test('what cannot leave this thread is no argument', async () => {
  const recording = await open(await parse(LIBRARY));
  const pair = { first: 7n, isLast: true, more: () => {} };
  await expect(recording.call(`${API}swap`, [pair as never])).rejects.toMatchObject({
    code: 'OPTION_INVALID',
  });
  expect(await recording.call('plain')).toEqual(returned());
  await recording.finish();
});

test('after a trap nothing is called any more, and the trace ends with it', async () => {
  const recording = await open(await parse(LIBRARY));
  expect(await recording.call(`${API}add`, [1, 1])).toEqual(returned(2));
  const trap = { kind: 'trap', trap: { kind: 'unreachable' } };
  expect(await recording.call(`${API}fall`)).toMatchObject({ kind: 'unwound', outcome: trap });
  expect(await recording.call(`${API}add`, [1, 1])).toMatchObject({ outcome: trap });
  expect(await recording.finish()).toMatchObject({ outcome: trap });
  expect(await replay({ trace: recording.trace })).toMatchObject({ status: 'identical' });
  const reader = new TraceReader(recording.trace);
  expect(reader.snapshots()).toHaveLength(1);
  reader.close();
});

test('one of which nothing is called leaves a trace as well', async () => {
  const recording = await open(await parse(LIBRARY));
  expect(await recording.finish()).toMatchObject({ outcome: { kind: 'exit' }, events: 0 });
  expect(await replay({ trace: recording.trace })).toMatchObject({ status: 'identical' });
});

test('a command has nothing to call but itself', async () => {
  const recording = await open(
    await component(command('(func (export "run") (result i32) i32.const 0)')),
  );
  expect(recording.exports).toEqual(['_start']);
  await recording.finish();
});
