/** Guests that trap, exhaust the stack, or throw. The messages are V8's. */
import { program } from './assemble.ts';
import type { Guest } from './guest.ts';

/** Writes `before`, then does something that traps. */
function trapping(name: string, message: string, fields: string, trap: string): Guest {
  return {
    name,
    wat: program(`
  ${fields}
  (func (export "_start")
    (say "before\n")
    ${trap}
    (say "after\n"))`),
    expect: { ending: { kind: 'trap', message }, stdout: 'before\n' },
  };
}

// Older V8 says "null function or" before it.
const SIGNATURE = 'function signature mismatch';
const OVERFLOW = 'Maximum call stack size exceeded';

export const traps: Guest[] = [
  /** After some output, on stderr as well. */
  trapping(
    'trap-unreachable',
    'unreachable',
    '',
    `(i32.store (i32.const 2048) (i32.const 64))
    (i32.store (i32.const 2052) (i32.const 7))
    (drop (call $fd_write (i32.const 2) (i32.const 2048) (i32.const 1) (i32.const 2056)))
    (unreachable)`,
  ),

  trapping(
    'trap-divide-by-zero',
    'divide by zero',
    '(global $zero (mut i32) (i32.const 0))',
    '(drop (i32.div_s (i32.const 1) (global.get $zero)))',
  ),

  trapping(
    'trap-float-to-int',
    'float unrepresentable in integer range',
    '(global $large (mut f64) (f64.const 1e30))',
    '(drop (i32.trunc_f64_s (global.get $large)))',
  ),

  /** Four bytes of which only the first two lie in memory. */
  trapping(
    'trap-load-out-of-bounds',
    'memory access out of bounds',
    '',
    '(drop (i32.load (i32.const 65534)))',
  ),

  /** A bulk store that begins in bounds: nothing of it may be written before the trap. */
  trapping(
    'trap-fill-out-of-bounds',
    'memory access out of bounds',
    '',
    '(memory.fill (i32.const 65000) (i32.const 1) (i32.const 1000))',
  ),

  /** Calls a table entry that is null. */
  trapping(
    'trap-indirect-null',
    SIGNATURE,
    '(type $action (func)) (table 4 funcref)',
    '(call_indirect (type $action) (i32.const 2))',
  ),

  /** Calls beyond the end of the table. */
  trapping(
    'trap-indirect-out-of-bounds',
    'table index is out of bounds',
    '(type $action (func)) (table 4 funcref)',
    '(call_indirect (type $action) (i32.const 0x41414141))',
  ),

  /** Calls a function through the wrong type. */
  trapping(
    'trap-indirect-signature',
    SIGNATURE,
    `(type $action (func)) (table funcref (elem $number))
  (func $number (result i32) (i32.const 1))`,
    '(call_indirect (type $action) (i32.const 0))',
  ),

  /** A trap is no exception: `catch_all` must not see it. */
  trapping(
    'trap-in-catch-all',
    'unreachable',
    '',
    `try
      unreachable
    catch_all
      (say "caught\n")
    end`,
  ),

  /**
   * Infinite recursion with no host call. How deep it gets differs between two runs of one program
   * (V8's tiers have frames of different sizes), and so does what it left in memory: the number of
   * frames entered so far is counted at address 2048.
   */
  trapping(
    'stack-overflow',
    OVERFLOW,
    `(func $dive (param $depth i32) (result i32)
    (i32.store (i32.const 2048) (local.get $depth))
    (i32.add (call $dive (i32.add (local.get $depth) (i32.const 1))) (i32.const 1)))`,
    '(drop (call $dive (i32.const 1)))',
  ),

  /** The same with a host call at each level: the last one may overflow in the host instead. */
  trapping(
    'stack-overflow-with-calls',
    OVERFLOW,
    `(func $dive (param $depth i32) (result i32)
    (i32.store (i32.const 2048) (local.get $depth))
    (drop (call $random_get (i32.const 2056) (i32.const 4)))
    (i32.add (call $dive (i32.add (local.get $depth) (i32.const 1))) (i32.const 1)))`,
    '(drop (call $dive (i32.const 1)))',
  ),

  /** Recursion through the table, with frames of many locals. */
  trapping(
    'stack-overflow-indirect',
    OVERFLOW,
    `(type $step (func (param i64 i64 i64 i64) (result i64)))
  (table funcref (elem $dive))
  (func $dive (type $step)
    (i64.add (local.get 3)
      (call_indirect (type $step)
        (i64.add (local.get 0) (i64.const 1)) (local.get 0) (local.get 1) (local.get 2)
        (i32.const 0))))`,
    '(drop (call $dive (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)))',
  ),

  /** Stack overflow is a trap too: `catch_all` must not see it. */
  trapping(
    'stack-overflow-in-catch-all',
    OVERFLOW,
    `(func $dive (param $depth i32) (result i32)
    (i32.add (call $dive (i32.add (local.get $depth) (i32.const 1))) (i32.const 1)))`,
    `try
      (drop (call $dive (i32.const 1)))
    catch_all
      (say "caught\n")
    end`,
  ),

  /** An exception with a payload that nobody catches leaves `_start`. */
  {
    name: 'exception-uncaught',
    wat: program(`
  (tag $failure (param i32))
  (func $fail (throw $failure (i32.const 42)))
  (func (export "_start")
    (say "before\n")
    (call $fail)
    (say "after\n"))`),
    expect: { ending: { kind: 'exception' }, stdout: 'before\n' },
  },

  /** An exception thrown after a host call, caught two frames further out: an ordinary run. */
  {
    name: 'exception-caught',
    wat: program(`
  (tag $failure (param i32))
  (func $fail
    (drop (call $sched_yield))
    (throw $failure (i32.const 42)))
  (func $middle (call $fail) (say "not reached\n"))
  (func (export "_start")
    (call $say_number
      (block $handler (result i32)
        (try_table (catch $failure $handler) (call $middle))
        (i32.const -1)))
    (say "after\n"))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '42\nafter\n' },
  },

  /** An exception in flight while the handler writes, then rethrown out of `_start`. */
  {
    name: 'exception-rethrown',
    wat: program(`
  (tag $failure)
  (func (export "_start")
    (local $caught exnref)
    (block $handler (result exnref)
      (try_table (catch_all_ref $handler) (throw $failure))
      (unreachable))
    (local.set $caught)
    (say "caught\n")
    (throw_ref (local.get $caught)))`),
    expect: { ending: { kind: 'exception' }, stdout: 'caught\n' },
  },
];
