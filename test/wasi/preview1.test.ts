import { describe, expect, test } from 'vitest';
import type { ReadRule, WriteRule } from '../../wasi/call.ts';
import {
  PREVIEW0_MODULE,
  PREVIEW1,
  PREVIEW1_MODULE,
  type Preview1Function,
} from '../../wasi/preview1.ts';
import { declare, path, scatter, value } from '../../wasi/preview1-declare.ts';
import { isScalar } from '../../wasi/scalars.ts';
import { isStructure } from '../../wasi/structures.ts';
import { SAMPLE_CALLS, TYPICAL_CALLS } from './sample-calls.ts';

/**
 * What the official witx says, lowered to core parameters by a tool of its own (not by the table under
 * test): parameters, then what the host writes and reads. `ret0`, `ret1` are the pointers for results;
 * `x ?` is an element count that only the call knows.
 */
const WITX = `
args_get(argv:i32, argv_buf:i32) -> i32 | writes: argv: elem 4B x ?; argv_buf: elem 1B x ? | reads: -
args_sizes_get(ret0:i32, ret1:i32) -> i32 | writes: ret0[4] ($size); ret1[4] ($size) | reads: -
environ_get(environ:i32, environ_buf:i32) -> i32 | writes: environ: elem 4B x ?; environ_buf: elem 1B x ? | reads: -
environ_sizes_get(ret0:i32, ret1:i32) -> i32 | writes: ret0[4] ($size); ret1[4] ($size) | reads: -
clock_res_get(id:i32, ret0:i32) -> i32 | writes: ret0[8] ($timestamp) | reads: -
clock_time_get(id:i32, precision:i64, ret0:i32) -> i32 | writes: ret0[8] ($timestamp) | reads: -
fd_advise(fd:i32, offset:i64, len:i64, advice:i32) -> i32 | writes: - | reads: -
fd_allocate(fd:i32, offset:i64, len:i64) -> i32 | writes: - | reads: -
fd_close(fd:i32) -> i32 | writes: - | reads: -
fd_datasync(fd:i32) -> i32 | writes: - | reads: -
fd_fdstat_get(fd:i32, ret0:i32) -> i32 | writes: ret0[24] ($fdstat) | reads: -
fd_fdstat_set_flags(fd:i32, flags:i32) -> i32 | writes: - | reads: -
fd_fdstat_set_rights(fd:i32, fs_rights_base:i64, fs_rights_inheriting:i64) -> i32 | writes: - | reads: -
fd_filestat_get(fd:i32, ret0:i32) -> i32 | writes: ret0[64] ($filestat) | reads: -
fd_filestat_set_size(fd:i32, size:i64) -> i32 | writes: - | reads: -
fd_filestat_set_times(fd:i32, atim:i64, mtim:i64, fst_flags:i32) -> i32 | writes: - | reads: -
fd_pread(fd:i32, iovs:i32, iovs_len:i32, offset:i64, ret0:i32) -> i32 | writes: *iovs[i].buf; ret0[4] ($size) | reads: iovs[iovs_len*8]
fd_prestat_get(fd:i32, ret0:i32) -> i32 | writes: ret0[8] ($prestat) | reads: -
fd_prestat_dir_name(fd:i32, path:i32, path_len:i32) -> i32 | writes: path: elem 1B x ? | reads: -
fd_pwrite(fd:i32, iovs:i32, iovs_len:i32, offset:i64, ret0:i32) -> i32 | writes: ret0[4] ($size) | reads: iovs[iovs_len*8]; *iovs[i].buf
fd_read(fd:i32, iovs:i32, iovs_len:i32, ret0:i32) -> i32 | writes: *iovs[i].buf; ret0[4] ($size) | reads: iovs[iovs_len*8]
fd_readdir(fd:i32, buf:i32, buf_len:i32, cookie:i64, ret0:i32) -> i32 | writes: buf: elem 1B x ?; ret0[4] ($size) | reads: -
fd_renumber(fd:i32, to:i32) -> i32 | writes: - | reads: -
fd_seek(fd:i32, offset:i64, whence:i32, ret0:i32) -> i32 | writes: ret0[8] ($filesize) | reads: -
fd_sync(fd:i32) -> i32 | writes: - | reads: -
fd_tell(fd:i32, ret0:i32) -> i32 | writes: ret0[8] ($filesize) | reads: -
fd_write(fd:i32, iovs:i32, iovs_len:i32, ret0:i32) -> i32 | writes: ret0[4] ($size) | reads: iovs[iovs_len*8]; *iovs[i].buf
path_create_directory(fd:i32, path:i32, path_len:i32) -> i32 | writes: - | reads: path[path_len]
path_filestat_get(fd:i32, flags:i32, path:i32, path_len:i32, ret0:i32) -> i32 | writes: ret0[64] ($filestat) | reads: path[path_len]
path_filestat_set_times(fd:i32, flags:i32, path:i32, path_len:i32, atim:i64, mtim:i64, fst_flags:i32) -> i32 | writes: - | reads: path[path_len]
path_link(old_fd:i32, old_flags:i32, old_path:i32, old_path_len:i32, new_fd:i32, new_path:i32, new_path_len:i32) -> i32 | writes: - | reads: old_path[old_path_len]; new_path[new_path_len]
path_open(fd:i32, dirflags:i32, path:i32, path_len:i32, oflags:i32, fs_rights_base:i64, fs_rights_inheriting:i64, fdflags:i32, ret0:i32) -> i32 | writes: ret0[4] ($fd) | reads: path[path_len]
path_readlink(fd:i32, path:i32, path_len:i32, buf:i32, buf_len:i32, ret0:i32) -> i32 | writes: buf: elem 1B x ?; ret0[4] ($size) | reads: path[path_len]
path_remove_directory(fd:i32, path:i32, path_len:i32) -> i32 | writes: - | reads: path[path_len]
path_rename(fd:i32, old_path:i32, old_path_len:i32, new_fd:i32, new_path:i32, new_path_len:i32) -> i32 | writes: - | reads: old_path[old_path_len]; new_path[new_path_len]
path_symlink(old_path:i32, old_path_len:i32, fd:i32, new_path:i32, new_path_len:i32) -> i32 | writes: - | reads: old_path[old_path_len]; new_path[new_path_len]
path_unlink_file(fd:i32, path:i32, path_len:i32) -> i32 | writes: - | reads: path[path_len]
poll_oneoff(in:i32, out:i32, nsubscriptions:i32, ret0:i32) -> i32 | writes: out: elem 32B x ?; ret0[4] ($size) | reads: in: elem 48B x ?
proc_exit(rval:i32) -> noreturn | writes: - | reads: -
proc_raise(sig:i32) -> i32 | writes: - | reads: -
sched_yield() -> i32 | writes: - | reads: -
random_get(buf:i32, buf_len:i32) -> i32 | writes: buf: elem 1B x ? | reads: -
sock_accept(fd:i32, flags:i32, ret0:i32) -> i32 | writes: ret0[4] ($fd) | reads: -
sock_recv(fd:i32, ri_data:i32, ri_data_len:i32, ri_flags:i32, ret0:i32, ret1:i32) -> i32 | writes: *ri_data[i].buf; ret0[4] ($size); ret1[2] ($roflags) | reads: ri_data[ri_data_len*8]
sock_send(fd:i32, si_data:i32, si_data_len:i32, si_flags:i32, ret0:i32) -> i32 | writes: ret0[4] ($size) | reads: si_data[si_data_len*8]; *si_data[i].buf
sock_shutdown(fd:i32, how:i32) -> i32 | writes: - | reads: -
`
  .trim()
  .split('\n');

function results(fn: Preview1Function): ReadonlyMap<number, string> {
  const fixed = fn.writes.filter((rule) => rule.kind === 'fixed');
  return new Map(fixed.map((rule, index) => [rule.pointer, `ret${index}`]));
}

function describeFunction(fn: Preview1Function): string {
  const name = (index: number) => results(fn).get(index) ?? fn.params[index]?.name;
  const params = fn.params.map((param, index) => `${name(index)}:${param.core}`).join(', ');
  const writes = fn.writes.flatMap((rule) => describeWrite(fn, rule, name)).join('; ') || '-';
  const reads = fn.reads.flatMap((rule) => describeRead(rule, name)).join('; ') || '-';
  const result = fn.result === 'noreturn' ? 'noreturn' : 'i32';
  return `${fn.name}(${params}) -> ${result} | writes: ${writes} | reads: ${reads}`;
}

type NameOf = (index: number) => string | undefined;

function describeWrite(fn: Preview1Function, rule: WriteRule, name: NameOf): string | string[] {
  const target = name(rule.pointer);
  switch (rule.kind) {
    case 'fixed':
      return `${target}[${rule.size}] ($${fn.params[rule.pointer]?.type})`;
    case 'buffer':
      return `${target}: elem 1B x ?`;
    case 'counted':
      return `${target}: elem ${rule.unit}B x ?`;
    case 'scatter':
      return `*${target}[i].buf`;
    case 'strings':
      return [`${target}: elem 4B x ?`, `${name(rule.pointer + 1)}: elem 1B x ?`];
  }
}

function describeRead(rule: ReadRule, name: NameOf): string | string[] {
  const source = name(rule.pointer);
  if (rule.kind === 'bytes') {
    return rule.unit === 1
      ? `${source}[${name(rule.length)}]`
      : `${source}: elem ${rule.unit}B x ?`;
  }
  const array = `${source}[${name(rule.pointer + 1)}*8]`;
  return rule.contents ? [array, `*${source}[i].buf`] : array;
}

describe('the Preview 1 table', () => {
  test('has the functions of the witx, in its order, with what each reads and writes', () => {
    expect([...PREVIEW1.values()].map(describeFunction)).toEqual(WITX);
    expect(WITX).toHaveLength(46);
  });

  test('is keyed by name', () => {
    for (const [name, fn] of PREVIEW1) expect(fn.name).toBe(name);
  });

  test('names the modules', () => {
    expect(PREVIEW1_MODULE).toBe('wasi_snapshot_preview1');
    expect(PREVIEW0_MODULE).toBe('wasi_unstable');
  });

  test.each([
    ['sched_yield', '() -> i32'],
    ['proc_exit', '(i32) -> ()'],
    ['fd_seek', '(i32, i64, i32, i32) -> i32'],
    ['path_open', '(i32, i32, i32, i32, i32, i64, i64, i32, i32) -> i32'],
  ])('%s has the core signature %s', (name, signature) => {
    expect(PREVIEW1.get(name)?.signature).toBe(signature);
  });

  test('names results as the witx did while it named them', () => {
    const named = [...PREVIEW1.values()].map((fn) => [
      fn.name,
      [...results(fn).keys()].map((index) => fn.params[index]?.name).join(' '),
    ]);
    expect(Object.fromEntries(named.filter(([, names]) => names !== ''))).toEqual({
      args_sizes_get: 'argc argv_buf_size',
      environ_sizes_get: 'environc environ_buf_size',
      clock_res_get: 'resolution',
      clock_time_get: 'time',
      fd_fdstat_get: 'stat',
      fd_filestat_get: 'buf',
      fd_pread: 'nread',
      fd_prestat_get: 'buf',
      fd_pwrite: 'nwritten',
      fd_read: 'nread',
      fd_readdir: 'bufused',
      fd_seek: 'newoffset',
      fd_tell: 'offset',
      fd_write: 'nwritten',
      path_filestat_get: 'buf',
      path_open: 'opened_fd',
      path_readlink: 'bufused',
      poll_oneoff: 'nevents',
      sock_accept: 'opened_fd',
      sock_recv: 'ro_datalen ro_flags',
      sock_send: 'so_datalen',
    });
  });

  test('says which result counts the elements of an open-ended write', () => {
    const counted = [...PREVIEW1.values()].flatMap((fn) =>
      fn.writes.flatMap((rule) =>
        'count' in rule ? [[fn.name, fn.params[rule.count]?.name].join(' ')] : [],
      ),
    );
    expect(counted).toEqual([
      'fd_pread nread',
      'fd_read nread',
      'fd_readdir bufused',
      'path_readlink bufused',
      'poll_oneoff nevents',
      'sock_recv ro_datalen',
    ]);
  });

  test('says how many bytes of data a call moved', () => {
    const moved = [...PREVIEW1.values()].flatMap((fn) =>
      fn.transferred === undefined ? [] : [`${fn.name} ${fn.params[fn.transferred]?.name}`],
    );
    expect(moved).toEqual([
      'fd_pread nread',
      'fd_pwrite nwritten',
      'fd_read nread',
      'fd_readdir bufused',
      'fd_write nwritten',
      'path_readlink bufused',
      'random_get buf_len',
      'sock_recv ro_datalen',
      'sock_send so_datalen',
    ]);
  });

  test('says what each path is relative to', () => {
    const paths = [...PREVIEW1.values()].flatMap((fn) =>
      fn.params.flatMap(({ type, passing, name, relativeTo }) =>
        type === 'path' && passing === 'in'
          ? [`${fn.name} ${name} @ ${relativeTo === undefined ? '-' : fn.params[relativeTo]?.name}`]
          : [],
      ),
    );
    expect(paths).toEqual([
      'path_create_directory path @ fd',
      'path_filestat_get path @ fd',
      'path_filestat_set_times path @ fd',
      'path_link old_path @ old_fd',
      'path_link new_path @ new_fd',
      'path_open path @ fd',
      'path_readlink path @ fd',
      'path_remove_directory path @ fd',
      'path_rename old_path @ fd',
      'path_rename new_path @ new_fd',
      'path_symlink old_path @ -',
      'path_symlink new_path @ fd',
      'path_unlink_file path @ fd',
    ]);
  });

  test('passes by value scalars alone', () => {
    for (const fn of PREVIEW1.values()) {
      for (const { type, passing } of fn.params) {
        if (passing === 'value') expect(isScalar(type)).toBe(true);
        if (isStructure(type)) expect(passing).toBe('out');
      }
    }
  });
});

describe('declaring a function', () => {
  test('refuses a row that names a parameter which is not there', () => {
    expect(() => declare('broken', [scatter('iovs', 'nread')])).toThrow(
      new RangeError('broken has no parameter nread'),
    );
    expect(() => declare('broken', [path('path', 'fd')])).toThrow(RangeError);
    expect(() => declare('broken', [value('fd', 'fd')], 'nread')).toThrow(RangeError);
  });
});

describe('the corpus of sample calls', () => {
  test('has a typical call of every function', () => {
    expect(new Set(TYPICAL_CALLS.map(({ call }) => call.name))).toEqual(new Set(PREVIEW1.keys()));
  });

  test('passes as many arguments of the right kind as the function has', () => {
    for (const { call } of SAMPLE_CALLS) {
      const kinds = call.args.map((arg) => (typeof arg === 'bigint' ? 'i64' : 'i32'));
      const fn = PREVIEW1.get(call.name);
      expect([call.name, kinds]).toEqual([call.name, fn?.params.map((param) => param.core)]);
    }
  });

  test('has an effect for every pointer of every write rule of a call that succeeded', () => {
    for (const { call, about } of SAMPLE_CALLS) {
      const rules = call.result === 0 ? (PREVIEW1.get(call.name)?.writes ?? []) : [];
      const pointers = rules.flatMap((rule) =>
        rule.kind === 'strings' ? [rule.pointer, rule.pointer + 1] : [rule.pointer],
      );
      expect([call.name, about, call.effects.map(({ param }) => param)]).toEqual([
        call.name,
        about,
        pointers,
      ]);
    }
  });

  test('holds as many effect bytes as the fixed rules say', () => {
    for (const { call, about } of SAMPLE_CALLS) {
      for (const rule of PREVIEW1.get(call.name)?.writes ?? []) {
        const effect = call.effects.find(({ param }) => param === rule.pointer);
        if (rule.kind !== 'fixed' || effect === undefined) continue;
        expect([call.name, about, effect.bytes.length]).toEqual([call.name, about, rule.size]);
      }
    }
  });
});
