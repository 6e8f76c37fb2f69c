/** A guest that does nothing but call: eight small calls a round, in what a real program does most. */
import { data, program, words } from '../test/guests/assemble.ts';
import { compileWat } from '../test/guests/wat.ts';

/** Calls of one round. */
export const CALLS_PER_ROUND = 8;

/** Needs one preopened folder, where it leaves the file `io`. */
export function mixedCalls(rounds: number): Promise<Uint8Array<ArrayBuffer>> {
  const READ_WRITE = (1 << 1) | (1 << 2) | (1 << 5) | (1 << 6) | (1 << 21);
  return compileWat(
    program(`
  ${data(2048, 'io')}
  ${data(2064, words(4096, 16))}
  (global $file (mut i32) (i32.const 0))
  (func (export "_start") (local $left i32)
    ;; create, truncate
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 2048) (i32.const 2) (i32.const 9)
          (i64.const ${READ_WRITE}) (i64.const 0) (i32.const 0) (i32.const 2080))
      (then (unreachable)))
    (global.set $file (i32.load (i32.const 2080)))
    (local.set $left (i32.const ${rounds}))
    (loop $round
      (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 4096)))
      (drop (call $fd_write (global.get $file) (i32.const 2064) (i32.const 1) (i32.const 2084)))
      (drop (call $fd_seek (global.get $file) (i64.const 0) (i32.const 0) (i32.const 2088)))
      (drop (call $fd_read (global.get $file) (i32.const 2064) (i32.const 1) (i32.const 2084)))
      (drop (call $fd_seek (global.get $file) (i64.const 0) (i32.const 0) (i32.const 2088)))
      (drop (call $random_get (i32.const 4112) (i32.const 16)))
      (drop (call $fd_fdstat_get (global.get $file) (i32.const 4128)))
      (drop (call $fd_tell (global.get $file) (i32.const 2088)))
      (br_if $round (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (if (i64.ne (i64.load (i32.const 2088)) (i64.const 0)) (then (unreachable)))
    (say "done\n"))`),
  );
}
