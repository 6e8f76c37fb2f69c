/** Offset, rights and flags of descriptors: what the calls tell, and "unknown" where they do not. */
import { describe, expect, test } from 'vitest';
import type { RecordedCall } from '../../wasi/call.ts';
import { type DescriptorState, DescriptorStates } from '../../wasi/descriptor-state.ts';
import { accessText, offsetText, rightsText } from '../../wasi/descriptor-text.ts';
import { fdstat, u32, u64, zeros } from './bytes.ts';
import {
  accept,
  close,
  DIRECTORY,
  failed,
  fdstatGet,
  filestatGet,
  preopen,
  pwrite,
  read,
  readdir,
  renumber,
  send,
  write,
} from './calls.ts';

const IO = 29;
const SPIPE = 70;
const APPEND = 1;

function call(
  name: string,
  args: readonly (number | bigint)[],
  param = -1,
  result = zeros(0),
): RecordedCall {
  const effects = param < 0 ? [] : [{ param, bytes: result }];
  return { name, args, result: 0, reads: zeros(0), readLength: 0, effects };
}

const open = (fd: number, { base = 0x42n, oflags = 0, fdflags = 0 } = {}) =>
  call('path_open', [3, 1, 64, 1, oflags, base, 0x2n, fdflags, 96], 8, u32(fd));
const seek = (fd: number, to: bigint) => call('fd_seek', [fd, to, 0, 96], 3, u64(to));
const tell = (fd: number, at: bigint) => call('fd_tell', [fd, 96], 1, u64(at));
const setRights = (fd: number, base: bigint) => call('fd_fdstat_set_rights', [fd, base, 0n]);
const setFlags = (fd: number, flags: number) => call('fd_fdstat_set_flags', [fd, flags]);

function stateAfter(fd: number, ...calls: readonly RecordedCall[]): DescriptorState {
  const states = new DescriptorStates();
  for (const one of calls) states.apply(one);
  return states.get(fd);
}

describe('the offset', () => {
  test.each<[string, readonly RecordedCall[], unknown]>([
    ['of a file that was opened is 0', [open(4)], 0],
    ['moves with reads and writes', [open(4), read(4, 'abc'), write(4, ['de', 'f'], 2)], 5],
    ['stays for what names its own offset', [open(4), read(4, 'abc'), pwrite(4, 'x')], 3],
    ['stays at the end of the file', [open(4), read(4, 'abc'), read(4, '')], 3],
    ['stays where the host refused', [open(4), read(4, 'abc'), failed(read(4, ''))], 3],
    [
      'is unknown after an I/O error',
      [open(4), read(4, 'abc'), failed(read(4, ''), IO)],
      'unknown',
    ],
    ['is what a seek answers', [open(4), seek(4, 1000n), read(4, 'a')], 1001],
    ['stays where a seek failed', [open(4), read(4, 'a'), failed(seek(4, 9n), 28)], 1],
    [
      'is known again after a tell',
      [open(4, { fdflags: APPEND }), write(4, ['a']), tell(4, 7n)],
      7,
    ],
    ['is exact beyond 2^53', [open(4), seek(4, 2n ** 60n), read(4, 'a')], 2n ** 60n + 1n],
    ['is unknown after an append', [open(4, { fdflags: APPEND }), write(4, ['a'])], 'unknown'],
    ['stays where nothing was appended', [open(4, { fdflags: APPEND }), write(4, [''])], 0],
    [
      'is followed while reading what may be appended to',
      [open(4, { fdflags: APPEND }), read(4, 'ab')],
      2,
    ],
    [
      'is unknown after an append begun later',
      [open(4), setFlags(4, APPEND), write(4, ['a'])],
      'unknown',
    ],
    ['is unknown where the answer is lost', [open(4), { ...seek(4, 5n), effects: [] }], 'unknown'],
    ['is none for a directory', [open(4, { oflags: DIRECTORY })], 'none'],
    ['is none for what is listed', [open(4), readdir(4)], 'none'],
    [
      'is none for what turns out to be a terminal',
      [open(4), fdstatGet(4, 2), read(4, 'a')],
      'none',
    ],
    ['is none for what turns out to be a socket', [open(4), filestatGet(4, 6)], 'none'],
    ['is none for a pipe', [read(4, 'a'), failed(seek(4, 0n), SPIPE), read(4, 'a')], 'none'],
    ['is none for a preopen', preopen(4, '/'), 'none'],
    ['is none for a connection', [accept(3, 4), send(4, 'a')], 'none'],
    ['is unknown for what nobody saw opened', [read(4, 'a'), write(4, ['b'])], 'unknown'],
    ['begins anew with the next file', [open(4), read(4, 'ab'), close(4), open(4)], 0],
    ['is forgotten with the file', [open(4), read(4, 'ab'), close(4)], 'unknown'],
    ['moves with the number', [open(5), read(5, 'abc'), open(4), renumber(5, 4)], 3],
    ['stays under the same number', [open(4), read(4, 'abc'), renumber(4, 4)], 3],
  ])('%s', (_, calls, expected) => {
    expect(stateAfter(4, ...calls).offset).toBe(expected);
  });

  test('of an inherited stream may move with the others', () => {
    const known = [fdstatGet(1, 4), tell(1, 100n), fdstatGet(2, 4), tell(2, 100n)];
    expect(stateAfter(1, ...known).offset).toBe(100);
    const written = [...known, write(2, ['error'])];
    expect(stateAfter(2, ...written).offset).toBe(105);
    expect(stateAfter(1, ...written).offset).toBe('unknown');
    expect(stateAfter(1, ...known, renumber(2, 9), write(9, ['error'])).offset).toBe('unknown');
    // that of which nothing is known moves it just as well
    expect(stateAfter(1, tell(1, 5n), write(2, ['error'])).offset).toBe('unknown');
    // a pipe moves nothing, and neither does a file of the program's own
    expect(stateAfter(1, tell(1, 5n), failed(seek(0, 0n), SPIPE), read(0, 'x')).offset).toBe(5);
    expect(stateAfter(1, tell(1, 5n), open(4), renumber(4, 2), write(2, ['x'])).offset).toBe(5);
    // whether it appends is not known before the host says so
    expect(stateAfter(1, tell(1, 5n), write(1, ['x'])).offset).toBe('unknown');
  });
});

describe('rights and flags', () => {
  test('are those asked for, until the host tells', () => {
    expect(stateAfter(4, open(4, { fdflags: 5 }))).toMatchObject({
      rights: { base: 0x42n, inheriting: 2n, confirmed: false },
      flags: 5,
    });
    const told = call('fd_fdstat_get', [4, 64], 1, fdstat(4, 1, 2n, 0n));
    expect(stateAfter(4, open(4), told)).toMatchObject({
      offset: 0,
      rights: { base: 2n, inheriting: 0n, confirmed: true },
      flags: 1,
    });
  });

  test('are unknown of what was inherited', () => {
    expect(stateAfter(1)).toEqual({ offset: 'unknown', rights: undefined, flags: undefined });
  });

  test('are given up by fd_fdstat_set_rights, unless it fails', () => {
    const rights = { base: 2n, inheriting: 0n, confirmed: true };
    expect(stateAfter(4, open(4), setRights(4, 2n))).toMatchObject({ rights });
    expect(stateAfter(4, open(4), failed(setRights(4, 2n))).rights?.base).toBe(0x42n);
  });
});

test('apply says what has changed, and nothing else', () => {
  const states = new DescriptorStates();
  const changes = [open(4), read(4, 'a'), read(4, ''), pwrite(4, 'a'), fdstatGet(4, 4)].map((one) =>
    states.apply(one),
  );
  expect(changes).toEqual([[4], [4], [], [], [4]]);
  expect(states.apply(fdstatGet(4, 4))).toEqual([]);
  expect(states.apply(renumber(4, 7))).toEqual([7]);
});

test('in tables', () => {
  const state = { offset: 12, rights: { base: 2n, inheriting: 0n, confirmed: true }, flags: 0 };
  const texts = (of: DescriptorState) => [offsetText(of), accessText(of)];
  expect(texts(state)).toEqual(['12', 'r-']);
  const both = { ...state, offset: 2n ** 60n, flags: APPEND };
  expect(texts({ ...both, rights: { ...state.rights, base: 0x42n } })).toEqual([
    '1152921504606846976',
    'rwa',
  ]);
  expect(texts({ offset: 'none', rights: undefined, flags: undefined })).toEqual(['-', '?']);
  expect(texts({ ...state, offset: 'unknown', rights: { ...state.rights, base: 0n } })).toEqual([
    '?',
    '--',
  ]);
  expect(rightsText(0n)).toBe('none');
  expect(rightsText(0x3fff_ffffn)).toBe('all');
  expect(rightsText(0x42n)).toBe('fd_read fd_write');
  expect(rightsText(2n ** 40n)).toBe('0x10000000000');
});
