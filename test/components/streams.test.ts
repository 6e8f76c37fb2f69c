/** What passes through the streams and futures of a command of WASI 0.3: in the log, the index and what a replay checks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ComponentView } from '../../cli/log/component-view.ts';
import { rebuildIndex } from '../../recorder/reindex.ts';
import { ResourceHistory } from '../../replayer/session/resource-history.ts';
import { TraceReader } from '../../traces/reader.ts';
import { Timeline } from '../../traces/timeline.ts';
import { plainText } from '../../tui/text/line.ts';
import { callLine } from '../../tui/trace/call-text.ts';
import { TraceRows } from '../../tui/trace/rows.ts';
import { type RecordedRun, Scratch } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';

const scratch = new Scratch('streams');
afterAll(() => scratch.remove());

const INPUT = 'one\ntwo\n';
let run: RecordedRun;

beforeAll(async () => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/streams.wat'), 'utf8');
  run = await scratch.record(
    { module: await parse(text), paranoid: true },
    { stdin: Buffer.from(INPUT) },
  );
});

function lines(options: object): string[] {
  const trace = new TraceReader(run.trace);
  try {
    const view = new ComponentView(trace, options, trace.eventCount);
    return [...[...trace.events()].flatMap((event) => view.take(event)), ...view.rest()];
  } finally {
    trace.close();
  }
}

interface Told {
  readonly event: number;
  readonly kind: string;
  readonly name?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly result?: string;
  readonly later?: boolean;
  readonly arrived?: { readonly call: number; readonly name: string; readonly result?: string };
}

/** What came of each call of a function, at once or later. */
function answersOf(name: string, told: readonly Told[]): (string | undefined)[] {
  return told.flatMap((one) => {
    if (one.kind === 'call' && one.name === name) return one.later ? [] : [one.result];
    return one.arrived?.name === name ? [one.arrived.result] : [];
  });
}

test('replays the same', async () => {
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  expect(run.stdout.toString()).toBe(INPUT);
  expect((await replayed(run.trace)).status).toBe('identical');
});

test('chunks are told where they came, with the ends by what they are for', () => {
  const told = lines({ json: true }).map((line) => JSON.parse(line) as Told);
  const chunk = JSON.stringify(INPUT);
  // whether a call has to wait is a matter of time
  expect(answersOf('stream.read', told)).toEqual([`8 bytes ${chunk}`, 'closed']);
  expect(answersOf('stream.write', told)).toEqual(['8']);
  expect(answersOf('future.read', told)).toEqual(['ok']);
  const write = told.find(({ name }) => name === 'stream.write');
  expect(write?.args).toEqual({
    self: expect.stringMatching(/^stream<u8>#\d+ <stdout>$/) as string,
    data: `8 bytes ${chunk}`,
  });
  const read = told.find(({ name }) => name === 'stream.read');
  expect(read?.args?.self).toMatch(/^stream<u8>#\d+ <stdin>$/);
  const entered = told.find(({ kind, name }) => kind === 'enter' && name === 'run');
  const returned = told.find(({ name }) => name === 'task.return');
  expect(returned).toMatchObject({
    args: { of: 'run', result: 'ok' },
    arrived: { call: entered?.event, name: 'run', result: 'ok' },
  });
});

test('lines show them as methods of the streams', () => {
  const text = lines({}).map((line) => stripVTControlCharacters(line).replace(/^ *#\d+ \S+ /, ''));
  expect(text).toContainEqual(
    expect.stringMatching(/^stream<u8>#\d+ <stdout>\.write\(8 bytes "one\\ntwo\\n"\) += /),
  );
  expect(text).toContainEqual(expect.stringMatching(/^task\.return run\(ok\) +of #\d+$/));
  expect(text.at(-1)).toMatch(/^← run of #\d+ is done$/);
  const found = lines({ call: 'stream.read' }).map((line) => stripVTControlCharacters(line));
  expect(found.filter((line) => line.includes('.read'))).toHaveLength(found.length);
  expect(found.some((line) => line.includes('one\\ntwo\\n'))).toBe(true);
});

test('the timeline shows a chunk at the event that brought it', () => {
  const reader = new TraceReader(run.trace);
  const timeline = new Timeline(run.trace);
  try {
    const rows = new TraceRows(reader, timeline);
    const texts = Array.from({ length: rows.count }, (_, number) => {
      const row = rows.get(number);
      return row.kind === 'call' ? plainText(callLine(row.call, undefined)) : row.text;
    });
    expect(texts).toContainEqual(expect.stringMatching(/^stream<u8>#\d+ <stdin>\.read\(64\)$/));
    expect(texts).toContain('task.return run(ok)');
    for (const { event, call, result } of timeline.late.cameWith(0, rows.count)) {
      if (reader.meta.outcome === undefined || texts[event]?.startsWith('task.return')) continue;
      expect(texts[event]).toMatch(
        /^▶ (?:run of #\d+: )?(stream<u8>|future<result>)#\d+ <std(in|out)>\.(read|write) /,
      );
      expect(texts[event]).toContain(` of #${call} = ${result}`);
    }
  } finally {
    timeline.close();
    reader.close();
  }
});

test('ends are held from where they came to where they are dropped', () => {
  const reader = new TraceReader(run.trace);
  try {
    const history = new ResourceHistory(reader);
    const events = [...reader.events()];
    for (const event of events) history.learn(event);
    const at = (name: string) => events.find((one) => 'func' in one && one.func.name === name);
    const held = (event: number) => history.at(event).map(({ text }) => text.replace(/#\d+/, ''));
    expect(held((at('stream.read')?.number ?? 0) - 1)).toEqual([
      'stream<u8> <stdin>',
      'stream<u8> <stdout>',
      'future<result> <stdin>',
      'future<result> <stdout>',
    ]);
    // the program lets the future of stdin be
    expect(held(events.length - 1)).toEqual(['future<result> <stdin>']);
  } finally {
    reader.close();
  }
});

test('the index has what came later, and the same when it is made again', async () => {
  const late = () => {
    const timeline = new Timeline(run.trace);
    try {
      return timeline.late.cameWith(0, Number.MAX_SAFE_INTEGER);
    } finally {
      timeline.close();
    }
  };
  const told = lines({ json: true }).map((line) => JSON.parse(line) as Told);
  const expected = told.flatMap(({ event, arrived }) =>
    arrived ? [{ event, call: arrived.call, result: arrived.result, errno: 'success' }] : [],
  );
  expect(late()).toEqual(expected);
  await rebuildIndex(run.trace);
  expect(late()).toEqual(expected);
});
