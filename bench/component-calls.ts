/** Components that do nothing but call. */
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';

/** Calls of one round: what takes and gives core values only, and what gives a list in memory. */
export const COMPONENT_CALLS_PER_ROUND = 4;

/** Needs nothing. */
export function componentCalls(rounds: number): Promise<Uint8Array> {
  return parse(`
(component
  (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock
    (export "now" (func (result u64)))
    (export "resolution" (func (result u64)))))
  (import "wasi:random/random@0.2.3" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
    (export "get-random-u64" (func (result u64)))))
  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
  (core instance $memory (instantiate $memory))
  (core func $now (canon lower (func $clock "now")))
  (core func $resolution (canon lower (func $clock "resolution")))
  (core func $u64 (canon lower (func $random "get-random-u64")))
  (core func $bytes (canon lower (func $random "get-random-bytes")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $calls
    (import "host" "now" (func $now (result i64)))
    (import "host" "resolution" (func $resolution (result i64)))
    (import "host" "u64" (func $u64 (result i64)))
    (import "host" "bytes" (func $bytes (param i64 i32)))
    (func (export "run") (result i32) (local $left i32)
      (local.set $left (i32.const ${rounds}))
      (loop $round
        (drop (call $now))
        (drop (call $resolution))
        (drop (call $u64))
        (call $bytes (i64.const 16) (i32.const 16))
        (br_if $round (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (i32.const 0)))
  (core instance $calls (instantiate $calls (with "host" (instance
    (export "now" (func $now)) (export "resolution" (func $resolution))
    (export "u64" (func $u64)) (export "bytes" (func $bytes))))))
  (func $run (result (result)) (canon lift (core func $calls "run")))
  (instance $exported (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $exported)))`);
}
