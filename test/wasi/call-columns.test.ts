import { describe, expect, test } from 'vitest';
import type { RecordedCall } from '../../wasi/call.ts';
import { callBytes, callFd, callPath } from '../../wasi/call-columns.ts';
import { DescriptorTable } from '../../wasi/descriptors.ts';
import { quoteText } from '../../wasi/escape.ts';
import { close, failed, open, preopen, read, unlink, write } from './calls.ts';
import { SAMPLE_CALLS, TYPICAL_CALLS } from './sample-calls.ts';

const table = new DescriptorTable();
for (const call of [...preopen(3, '/home'), open(3, 'users.csv', 4)]) table.apply(call);

function typical(name: string, about: string): RecordedCall {
  const found = TYPICAL_CALLS.find((sample) => sample.call.name === name && sample.about === about);
  if (found === undefined) throw new Error(`no such sample: ${name}, ${about}`);
  return found.call;
}

test('the columns of every typical call', async () => {
  const lines = TYPICAL_CALLS.map(({ call, about }) => {
    const path = callPath(call, table);
    const columns = [callFd(call) ?? '-', callBytes(call) ?? '-', path ? quoteText(path) : '-'];
    return `# ${about}\n${call.name} fd=${columns[0]} bytes=${columns[1]} path=${columns[2]}`;
  });
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/call-columns.txt');
});

describe('fd', () => {
  test('is the first descriptor that the guest passes', () => {
    expect(callFd(read(4, 'x'))).toBe(4);
    expect(callFd(open(3, 'x', 9))).toBe(3);
    expect(callFd(typical('path_symlink', 'relative to the link'))).toBe(3);
    expect(callFd(typical('path_rename', 'between directories'))).toBe(5);
  });

  test('is given for calls that failed, too', () => {
    expect(callFd(failed(close(77)))).toBe(77);
  });

  test('is undefined for a call without one', () => {
    expect(callFd(typical('sched_yield', 'to others'))).toBeUndefined();
    expect(callFd({ ...close(4), args: [] })).toBeUndefined();
    expect(callFd({ ...close(4), name: 'unknown' })).toBeUndefined();
  });
});

describe('path', () => {
  test('is what the call names, under its directory', () => {
    expect(callPath(unlink(3, './x'), table)).toBe('/home/x');
    expect(callPath(failed(unlink(3, 'x'), 44), table)).toBe('/home/x');
  });

  test('is that of the descriptor otherwise, even while it is being closed', () => {
    expect(callPath(read(4, 'x'), table)).toBe('/home/users.csv');
    expect(callPath(close(4), table)).toBe('/home/users.csv');
    expect(callPath(read(0, 'x'), table)).toBeUndefined();
    expect(callPath(read(99, 'x'), table)).toBeUndefined();
  });

  test('of a symbolic link is where it is made, not where it points', () => {
    expect(callPath(typical('path_symlink', 'relative to the link'), table)).toBe('/home/latest');
  });

  test('that the trace cut ends in an ellipsis; one that it lost is not that of its directory', () => {
    expect(callPath({ ...unlink(3, 'abc'), args: [3, 64, 9] }, table)).toBe('/home/abc…');
    expect(callPath({ ...unlink(3, 'abc'), reads: new Uint8Array(0) }, table)).toBeUndefined();
  });
});

describe('bytes', () => {
  test('are what the host says it moved', () => {
    expect(callBytes(write(1, ['hello'], 3))).toBe(3);
    expect(callBytes(typical('random_get', 'four bytes'))).toBe(4);
  });

  test('are undefined where the call failed, moved no data or lost the answer', () => {
    expect(callBytes(failed(write(1, ['hello'])))).toBeUndefined();
    expect(callBytes(close(4))).toBeUndefined();
    expect(callBytes({ ...write(1, ['hello']), effects: [] })).toBeUndefined();
    expect(callBytes({ ...typical('random_get', 'four bytes'), args: [] })).toBeUndefined();
  });

  test('are given for every successful call that moves data', () => {
    const names = SAMPLE_CALLS.filter(({ call }) => callBytes(call) !== undefined);
    expect([...new Set(names.map(({ call }) => call.name))].sort()).toEqual([
      'fd_pread',
      'fd_pwrite',
      'fd_read',
      'fd_readdir',
      'fd_write',
      'path_readlink',
      'random_get',
      'sock_recv',
      'sock_send',
    ]);
  });
});
