import { describe, expect, test } from 'vitest';
import type { RecordedCall } from '../../wasi/call.ts';
import { DescriptorTable } from '../../wasi/descriptors.ts';
import { outputOf } from '../../wasi/output.ts';
import { close, failed, open, preopen, pwrite, read, renumber, send, write } from './calls.ts';

/** What a run printed, as `stream: text`, with `…` where the trace does not hold it all. */
function printed(...calls: readonly RecordedCall[]): string[] {
  const table = new DescriptorTable();
  return calls.flatMap((call) => {
    const output = outputOf(call, table);
    table.apply(call);
    if (output === undefined) return [];
    const shown = new TextDecoder().decode(output.bytes);
    return [`${output.stream}: ${shown}${output.complete ? '' : '…'}`];
  });
}

const START = preopen(3, '/');

test('the standard streams are told apart', () => {
  expect(printed(write(1, ['out']), write(2, ['err']))).toEqual(['stdout: out', 'stderr: err']);
});

test('buffers are joined, up to what the host took', () => {
  expect(printed(write(1, ['hello ', '', 'world']))).toEqual(['stdout: hello world']);
  expect(printed(write(1, ['hello ', 'world'], 8))).toEqual(['stdout: hello wo']);
  expect(printed(write(1, ['hello'], 0))).toEqual(['stdout: ']);
});

test('fd_pwrite and sock_send count', () => {
  expect(printed(pwrite(1, 'a'), send(2, 'b'))).toEqual(['stdout: a', 'stderr: b']);
});

test.each([
  ['a failed write', failed(write(1, ['x']))],
  ['a write that never returned', { ...write(1, ['x']), result: undefined }],
  ['a read', read(1, 'x')],
  ['a write to standard input', write(0, ['x'])],
  ['a write to something else', write(4, ['x'])],
  ['a function of another module', { ...write(1, ['x']), name: 'print' }],
])('%s prints nothing', (_, call) => {
  expect(printed(call)).toEqual([]);
});

describe('a stream that moved', () => {
  test('is followed', () => {
    expect(printed(renumber(1, 5), write(5, ['moved']), write(1, ['gone']))).toEqual([
      'stdout: moved',
    ]);
  });

  test('is not taken for the file that replaced it', () => {
    const redirected = [...START, open(3, 'log', 4), renumber(4, 1)];
    expect(printed(...redirected, write(1, ['to the file']))).toEqual([]);
    const reopened = [...START, close(1), open(3, 'log', 1)];
    expect(printed(...reopened, write(1, ['to the file']))).toEqual([]);
  });

  test('can end up under another stream’s number', () => {
    expect(printed(renumber(2, 1), write(1, ['x']))).toEqual(['stderr: x']);
  });
});

describe('a trace that was cut', () => {
  const whole = write(1, ['hello', 'world']);

  test('gives what it holds', () => {
    expect(printed({ ...whole, reads: whole.reads.subarray(0, 19) })).toEqual(['stdout: hel…']);
    expect(printed({ ...whole, reads: whole.reads.subarray(0, 12) })).toEqual(['stdout: …']);
  });

  test('is complete where the host took no more than it holds', () => {
    const taken = write(1, ['hello', 'world'], 3);
    expect(printed({ ...taken, reads: taken.reads.subarray(0, 19) })).toEqual(['stdout: hel']);
  });

  test('is not complete where nobody knows how much the host took', () => {
    expect(printed({ ...whole, effects: [] })).toEqual(['stdout: …']);
  });

  test('is not complete where the host claims to have taken more than there was', () => {
    expect(printed(write(1, ['hello'], 1000))).toEqual(['stdout: hello…']);
  });
});
