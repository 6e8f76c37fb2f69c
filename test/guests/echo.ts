/** A guest that gives back its standard input. */
import { data, program, words } from './assemble.ts';

/** Prints what it reads, and the errno of a read that fails. */
export const ECHO = program(`
  ${data(2048, words(4096, 64))}
  (func (export "_start") (local $errno i32)
    (loop $again
      (local.set $errno
        (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 2064)))
      (if (local.get $errno) (then (call $say_number (local.get $errno)) (return)))
      (if (i32.eqz (i32.load (i32.const 2064))) (then (return)))
      (i32.store (i32.const 2072) (i32.const 4096))
      (i32.store (i32.const 2076) (i32.load (i32.const 2064)))
      (drop (call $fd_write (i32.const 1) (i32.const 2072) (i32.const 1) (i32.const 2080)))
      (br $again)))`);
