/** Guests whose imports or features a recorder must refuse, adapt, or note. */
import { data, program, words } from './assemble.ts';
import type { Guest } from './guest.ts';
import { importLine } from './signatures.ts';

const WASI = 'wasi_snapshot_preview1';

export const links: Guest[] = [
  /** A type error in a function body. */
  {
    name: 'invalid-module',
    wat: '(module (memory (export "memory") 1) (func (export "_start") (i64.const 1)))',
    expect: { ending: { kind: 'refused', at: 'compile' }, stdout: '' },
  },

  /** One of each kind missing, among WASI imports that are fine: all must be listed, in order. */
  {
    name: 'imports-missing',
    wat: program(`
  (import "env" "host_log" (func $host_log (param i32 i32)))
  (import "env" "memory" (memory 1))
  (import "env" "table" (table 1 funcref))
  (import "env" "base" (global $base i32))
  (import "env" "counter" (global $counter (mut i64)))
  (import "env" "failure" (tag $failure (param i32)))
  (import "${WASI}" "fd_teleport" (func $fd_teleport (param i32) (result i32)))
  (func (export "_start")
    (say "must not run\n")
    (call $host_log (i32.const 0) (call $fd_teleport (i32.const 1))))`),
    expect: {
      ending: {
        kind: 'refused',
        at: 'link',
        missing: [
          { module: 'env', name: 'host_log', kind: 'function' },
          { module: 'env', name: 'memory', kind: 'memory' },
          { module: 'env', name: 'table', kind: 'table' },
          { module: 'env', name: 'base', kind: 'global' },
          { module: 'env', name: 'counter', kind: 'global' },
          { module: 'env', name: 'failure', kind: 'tag' },
          { module: WASI, name: 'fd_teleport', kind: 'function' },
        ],
      },
      stdout: '',
    },
  },

  /** A missing import whose name holds terminal control sequences: the error must escape it. */
  {
    name: 'import-name-escapes',
    wat: `(module
  (import "env\\1b[2J" "\\1b]0;owned\\07\\0d\\0a" (func))
  (memory (export "memory") 1)
  (func (export "_start")))`,
    expect: {
      ending: {
        kind: 'refused',
        at: 'link',
        missing: [{ module: 'env\u001b[2J', name: '\u001b]0;owned\u0007\r\n', kind: 'function' }],
      },
      stdout: '',
    },
  },

  /** Module and import names that are properties of every JS object. */
  {
    name: 'import-prototype-names',
    wat: `(module
  (import "__proto__" "toString" (func))
  (import "${WASI}" "constructor" (func))
  (memory (export "memory") 1)
  (func (export "_start")))`,
    expect: {
      ending: {
        kind: 'refused',
        at: 'link',
        missing: [
          { module: '__proto__', name: 'toString', kind: 'function' },
          { module: WASI, name: 'constructor', kind: 'function' },
        ],
      },
      stdout: '',
      nodeWasi: 'runs it: JS finds both on Object.prototype',
    },
  },

  /** `fd_close` imported with an i64: same name, other function. */
  {
    name: 'import-wrong-signature',
    wat: `(module
  (import "${WASI}" "fd_close" (func $fd_close (param i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $fd_close (i64.const 99)))))`,
    expect: {
      ending: { kind: 'refused', at: 'link' },
      stdout: '',
      nodeWasi: 'runs it: a JS import takes arguments of any type',
    },
  },

  /** One WASI function imported twice, and one that is never called: both are fine. */
  {
    name: 'import-twice',
    wat: `(module
  ${importLine('fd_write')}
  (import "${WASI}" "fd_write" (func $again (param i32 i32 i32 i32) (result i32)))
  ${importLine('path_open')}
  (memory (export "memory") 1)
  ${data(0, words(16, 4))}
  ${data(16, 'one\n')}
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $again (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`,
    expect: { ending: { kind: 'exit', code: 0 }, stdout: 'one\none\n' },
  },

  /**
   * `wasi_unstable`, which is not Preview 1 renamed: whence is CUR 0, END 1, SET 2 (Preview 1: SET 0,
   * CUR 1, END 2), and a filestat has 56 bytes with a u32 nlink at 20 (Preview 1: 64, u64 at 24).
   * Opens `letters.txt` ("abcdefgh"), seeks to 2 from the start, says the position and the rest, then
   * the size from the filestat (offset 24) and whether the 8 bytes behind it are untouched. Adapted
   * properly it writes this; refusing it (`link`) is as good.
   */
  {
    name: 'wasi-unstable',
    input: { files: { 'letters.txt': 'abcdefgh' } },
    wat: program(
      `
  ${data(2048, 'letters.txt')}
  ${data(2064, words(2100, 16))}
  (func (export "_start")
    (local $fd i32)
    ;; rights: fd_read, fd_seek, fd_tell, fd_filestat_get
    (call $say_number (call $path_open (i32.const 3) (i32.const 0) (i32.const 2048) (i32.const 11)
      (i32.const 0) (i64.const 0x200026) (i64.const 0) (i32.const 0) (i32.const 2080)))
    (local.set $fd (i32.load (i32.const 2080)))
    (call $say_number (call $fd_seek (local.get $fd) (i64.const 2) (i32.const 2) (i32.const 2088)))
    (call $say_number (i32.load (i32.const 2088)))
    (drop (call $fd_read (local.get $fd) (i32.const 2064) (i32.const 1) (i32.const 2076)))
    (call $say (i32.const 2100) (i32.load (i32.const 2076)))
    (say "\n")
    (i64.store (i32.const 3056) (i64.const 0x5a5a5a5a5a5a5a5a))
    (call $say_number (call $fd_filestat_get (local.get $fd) (i32.const 3000)))
    (call $say_number (i32.load (i32.const 3024)))
    (call $say_number (i64.eq (i64.load (i32.const 3056)) (i64.const 0x5a5a5a5a5a5a5a5a))))`,
      'wasi_unstable',
    ),
    expect: {
      ending: { kind: 'exit', code: 0 },
      stdout: '0\n0\n2\ncdefgh\n0\n8\n1\n',
      nodeWasi: 'serves Preview 1 under that name: seeks from the end, writes a filestat too long',
    },
  },

  /** Half its imports from each version. */
  {
    name: 'wasi-both-versions',
    wat: `(module
  ${importLine('fd_write')}
  (import "wasi_unstable" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  ${data(0, words(16, 5))}
  ${data(16, 'both\n')}
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $proc_exit (i32.const 2))))`,
    expect: {
      ending: { kind: 'any' },
      nodeWasi: 'cannot link it: one WASI object serves one version',
    },
  },

  /** WASI threads: imports a shared memory and `thread-spawn`. */
  {
    name: 'threads',
    wat: program(`
  (import "env" "memory" (memory 1 4 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (export "memory" (memory 0))
  (func (export "wasi_thread_start") (param i32 i32))
  (func (export "_start")
    (drop (call $spawn (i32.const 0)))
    (say "spawned\n"))`),
    expect: {
      ending: {
        kind: 'refused',
        at: 'link',
        missing: [
          { module: 'env', name: 'memory', kind: 'memory' },
          { module: 'wasi', name: 'thread-spawn', kind: 'function' },
        ],
      },
      stdout: '',
    },
  },

  /** A shared memory of its own: nothing is missing, but others could write to it. */
  {
    name: 'shared-memory',
    wat: program(`
  (memory (export "memory") 1 4 shared)
  (func (export "_start")
    (drop (i32.atomic.rmw.add (i32.const 2048) (i32.const 1)))
    (call $say_number (i32.atomic.load (i32.const 2048))))`),
    expect: {
      ending: { kind: 'refused', at: 'shape' },
      stdout: '',
      nodeWasi: 'runs it: it knows no reason to refuse shared memory',
    },
  },

  /** A 64-bit memory: WASI's pointers are 32 bits wide. */
  {
    name: 'memory64',
    wat: `(module
  ${importLine('sched_yield')}
  (memory (export "memory") i64 1)
  (func (export "_start")
    (i32.store (i64.const 8) (call $sched_yield))))`,
    expect: {
      ending: { kind: 'refused', at: 'shape' },
      stdout: '',
      nodeWasi: 'runs it: this guest makes no call in which the width of a pointer shows',
    },
  },

  /**
   * Relaxed SIMD: the result for an index above 15 is the CPU's choice (0 or the lane modulo 16), so
   * the recording must note it. Writes one number.
   */
  {
    name: 'relaxed-simd',
    wat: program(`
  (memory (export "memory") 1)
  ${data(
    2048,
    Uint8Array.from({ length: 16 }, (_, i) => i + 1),
  )}
  ${data(2064, new Uint8Array(16).fill(0x13))}
  (func (export "_start")
    (call $say_number (i8x16.extract_lane_u 0
      (i8x16.relaxed_swizzle (v128.load (i32.const 2048)) (v128.load (i32.const 2064))))))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdoutLength: 2 },
  },
];
