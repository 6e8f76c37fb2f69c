/** Guests whose exports, start section or memory are not those of a usual command. */
import { program } from './assemble.ts';
import type { Guest } from './guest.ts';

const NEEDS_MEMORY = 'refuses to start: it insists on an exported memory';
const EARLY = 'knows no memory before _start, so the call in the start section fails';

/** A library of small exports. `count` keeps its state in a global, from 101 on. */
const reactorFields = `
  (global $counter (mut i32) (i32.const 0))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "mul64") (param i64 i64) (result i64)
    (i64.mul (local.get 0) (local.get 1)))
  (func (export "div") (param f64 f64) (result f64)
    (f64.div (local.get 0) (local.get 1)))
  (func (export "greet") (say "hello\n"))
  (func (export "count") (result i32)
    (global.set $counter (i32.add (global.get $counter) (i32.const 1)))
    (global.get $counter))
  (func (export "boom") (say "boom\n") (unreachable))
  (func (export "grow") (param i32) (result i32)
    (memory.grow (local.get 0)))`;

export const shapes: Guest[] = [
  /**
   * A reactor: `_initialize`, then calls one after the other on one instance. State survives between
   * them, and also after one has trapped.
   */
  {
    name: 'reactor',
    wat: program(`${reactorFields}
  (func (export "_initialize")
    (global.set $counter (i32.const 100))
    (say "ready\n"))`),
    expect: {
      ending: {
        kind: 'reactor',
        calls: [
          { name: 'add', args: [2, 3], result: 5 },
          { name: 'add', args: [2147483647, 1], result: -2147483648 },
          { name: 'mul64', args: [3n, -7n], result: -21n },
          { name: 'mul64', args: [4294967296n, 4294967296n], result: 0n },
          { name: 'div', args: [1, -0], result: Number.NEGATIVE_INFINITY },
          { name: 'div', args: [-0, 1], result: -0 },
          { name: 'div', args: [0, 0], result: Number.NaN },
          { name: 'greet', args: [], result: undefined },
          { name: 'count', args: [], result: 101 },
          { name: 'count', args: [], result: 102 },
          { name: 'grow', args: [1], result: 1 },
          { name: 'greet', args: [], result: undefined },
          { name: 'grow', args: [70000], result: -1 },
          { name: 'boom', args: [], trap: 'unreachable' },
          { name: 'count', args: [], result: 103 },
        ],
      },
      stdout: 'ready\nhello\nhello\nboom\n',
    },
  },

  /** Exports, but neither `_start` nor `_initialize`: only good for calling its exports. */
  {
    name: 'no-start',
    wat: program(reactorFields),
    expect: {
      ending: {
        kind: 'reactor',
        calls: [
          { name: 'greet', args: [], result: undefined },
          { name: 'count', args: [], result: 1 },
        ],
      },
      stdout: 'hello\n',
    },
  },

  /** Both `_start` and `_initialize`: neither a command nor a reactor. Nothing may run. */
  {
    name: 'start-and-initialize',
    wat: program(`
  (func (export "_initialize") (say "initialized\n"))
  (func (export "_start") (say "started\n"))`),
    expect: { ending: { kind: 'refused', at: 'shape' }, stdout: '' },
  },

  /** No exports and nothing to run. */
  {
    name: 'empty-module',
    wat: '(module)',
    expect: { ending: { kind: 'refused', at: 'shape' }, stdout: '' },
  },

  /** `_start` takes a parameter. */
  {
    name: 'start-with-parameter',
    wat: program('(func (export "_start") (param i32) (say "started\n"))'),
    expect: {
      ending: { kind: 'refused', at: 'shape' },
      stdout: '',
      nodeWasi: 'runs it: JS fills in the missing argument',
    },
  },

  /** `_start` is a global. */
  {
    name: 'start-not-a-function',
    wat: program('(global (export "_start") i32 (i32.const 1))'),
    expect: { ending: { kind: 'refused', at: 'shape' }, stdout: '' },
  },

  /** The start section runs at instantiation, before `_start`, and already calls the host. */
  {
    name: 'start-section-write',
    wat: program(`
  (func $first (say "start section\n"))
  (start $first)
  (func (export "_start") (say "_start\n"))`),
    expect: {
      ending: { kind: 'exit', code: 0 },
      stdout: 'start section\n_start\n',
      nodeWasi: EARLY,
    },
  },

  /** A start section whose call has a result that `_start` prints: sched_yield gives 0. */
  {
    name: 'start-section-yield',
    wat: program(`
  (global $result (mut i32) (i32.const -1))
  (func $first (global.set $result (call $sched_yield)))
  (start $first)
  (func (export "_start") (call $say_number (global.get $result)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '0\n', nodeWasi: EARLY },
  },

  /** Exits during instantiation: there never is an instance. */
  {
    name: 'start-section-exit',
    wat: program(`
  (func $first (call $proc_exit (i32.const 11)))
  (start $first)
  (func (export "_start") (say "not reached\n"))`),
    expect: { ending: { kind: 'exit', code: 11 }, stdout: '', nodeWasi: EARLY },
  },

  /** Traps during instantiation. */
  {
    name: 'start-section-trap',
    wat: program(`
  (func $first (unreachable))
  (start $first)
  (func (export "_start") (say "not reached\n"))`),
    expect: { ending: { kind: 'trap', message: 'unreachable' }, stdout: '' },
  },

  /** No memory at all, and only calls that need none: a legitimate program. */
  {
    name: 'no-memory',
    wat: `(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (func (export "_start")
    (drop (call $sched_yield))
    (drop (call $sched_yield))
    (call $proc_exit (i32.const 12))))`,
    expect: { ending: { kind: 'exit', code: 12 }, stdout: '', nodeWasi: NEEDS_MEMORY },
  },

  /** A memory that is not exported, and only calls that need none. */
  {
    name: 'private-memory',
    wat: program(`
  (memory 1)
  (func (export "_start")
    (i32.store (i32.const 2048) (call $sched_yield))
    (call $proc_exit (i32.add (i32.const 13) (i32.load (i32.const 2048)))))`),
    expect: { ending: { kind: 'exit', code: 13 }, stdout: '', nodeWasi: NEEDS_MEMORY },
  },

  /** A memory that is not exported, and a call that needs it: the host cannot find its arguments. */
  {
    name: 'private-memory-write',
    wat: program(`
  (memory 1)
  (func (export "_start") (say "into the void\n"))`),
    expect: { ending: { kind: 'refused', at: 'shape' }, stdout: '' },
  },

  /** The memory is exported under another name than `memory`. */
  {
    name: 'misnamed-memory-write',
    wat: program(`
  (memory (export "mem") 1)
  (func (export "_start") (say "into the void\n"))`),
    expect: { ending: { kind: 'refused', at: 'shape' }, stdout: '' },
  },

  /** `memory` is a function. */
  {
    name: 'memory-not-a-memory',
    wat: program(`
  (memory 1)
  (func (export "memory"))
  (func (export "_start") (say "into the void\n"))`),
    expect: { ending: { kind: 'refused', at: 'shape' }, stdout: '' },
  },

  /** Two memories, of which the second is exported: the host must use that one. */
  {
    name: 'second-memory-exported',
    wat: `(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory $private 1)
  (memory $shown (export "memory") 1)
  ;; An iovec (16, 6) at 0 of each, and at 16 "wrong" or "right". Stores, since wabt encodes data
  ;; segments of a second memory wrongly.
  (func (export "_start")
    (i64.store $private (i32.const 0) (i64.const 0x600000010))
    (i64.store $private (i32.const 16) (i64.const 0x0a676e6f7277))
    (i64.store $shown (i32.const 0) (i64.const 0x600000010))
    (i64.store $shown (i32.const 16) (i64.const 0x0a7468676972))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`,
    expect: { ending: { kind: 'exit', code: 0 }, stdout: 'right\n' },
  },
];
