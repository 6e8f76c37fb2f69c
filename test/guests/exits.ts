/** Guests that end by `proc_exit`, from places where ending is awkward, or by returning. */
import { program } from './assemble.ts';
import type { Guest } from './guest.ts';

/** `proc_exit` with one code. It must not return: `after` is never written. */
function exitWith(name: string, code: number): Guest {
  return {
    name,
    wat: program(`
  (func (export "_start")
    (say "before\n")
    (call $proc_exit (i32.const ${code}))
    (say "after\n"))`),
    expect: { ending: { kind: 'exit', code }, stdout: 'before\n' },
  };
}

export const exits: Guest[] = [
  exitWith('exit-0', 0),
  exitWith('exit-3', 3),
  exitWith('exit-255', 255),
  // One more than a process can report: a shell sees 0.
  exitWith('exit-256', 256),
  // 0xffffffff: a shell sees 255.
  exitWith('exit-minus-1', -1),

  /** Ends by returning from `_start`: exit code 0. */
  {
    name: 'return-from-start',
    wat: program('(func (export "_start") (say "done\n"))'),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: 'done\n' },
  },

  /** Does nothing at all: not one call to record. */
  {
    name: 'nothing',
    wat: program('(func (export "_start"))'),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '' },
  },

  /** `proc_exit(9)` with 200 guest frames on the stack: none of them may go on. */
  {
    name: 'exit-deep',
    wat: program(`
  (func $dive (param $left i32)
    (if (i32.eqz (local.get $left)) (then (call $proc_exit (i32.const 9))))
    (call $dive (i32.sub (local.get $left) (i32.const 1)))
    (say "surfaced\n"))
  (func (export "_start")
    (call $dive (i32.const 200)))`),
    expect: { ending: { kind: 'exit', code: 9 }, stdout: '' },
  },

  /** `proc_exit(5)` in a function that is called through the table. */
  {
    name: 'exit-indirect',
    wat: program(`
  (type $action (func))
  (table funcref (elem $quit))
  (func $quit (call $proc_exit (i32.const 5)))
  (func (export "_start")
    (call_indirect (type $action) (i32.const 0))
    (say "after\n"))`),
    expect: { ending: { kind: 'exit', code: 5 }, stdout: '' },
  },

  /** The imported function itself is in the table: no guest frame between table and host. */
  {
    name: 'exit-import-in-table',
    wat: program(`
  (type $action (func (param i32)))
  (table funcref (elem $proc_exit))
  (func (export "_start")
    (call_indirect (type $action) (i32.const 6) (i32.const 0))
    (say "after\n"))`),
    expect: { ending: { kind: 'exit', code: 6 }, stdout: '' },
  },

  /** `proc_exit(7)` as a tail call: `_start` has left the stack when the host is entered. */
  {
    name: 'exit-tail-call',
    wat: program('(func (export "_start") (return_call $proc_exit (i32.const 7)))'),
    expect: { ending: { kind: 'exit', code: 7 }, stdout: '' },
  },

  /**
   * `proc_exit(4)` two frames inside a legacy `try … catch_all`. An exit is no exception and must not
   * be caught. (V8 lets the guest catch whatever a JS import throws, except V8's own traps.)
   */
  {
    name: 'exit-in-catch-all',
    wat: program(`
  (func $quit (call $proc_exit (i32.const 4)))
  (func (export "_start")
    try
      call $quit
    catch_all
      (say "caught\n")
    end
    (say "after\n"))`),
    expect: { ending: { kind: 'exit', code: 4 }, stdout: '' },
  },

  /** The same with the standard `try_table`, which catches to a reference. */
  {
    name: 'exit-in-try-table',
    wat: program(`
  (func $quit (call $proc_exit (i32.const 4)))
  (func (export "_start")
    (block $handler (result exnref)
      (try_table (catch_all_ref $handler) (call $quit))
      (say "after\n")
      (return))
    (drop)
    (say "caught\n"))`),
    expect: { ending: { kind: 'exit', code: 4 }, stdout: '' },
  },

  /** The same inside a loop that tries for ever: a catchable exit would hang here. */
  {
    name: 'exit-in-retry-loop',
    wat: program(`
  (func (export "_start")
    (loop $again
      try
        (call $proc_exit (i32.const 8))
      catch_all
      end
      (br $again)))`),
    expect: { ending: { kind: 'exit', code: 8 }, stdout: '' },
  },
];
