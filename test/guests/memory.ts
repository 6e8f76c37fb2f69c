/** Guests whose memory grows, or whose values are not what they seem. */
import { data, program } from './assemble.ts';
import type { Guest } from './guest.ts';

export const memory: Guest[] = [
  /**
   * Grows by 1 page, by 100, then fails to grow past its maximum, with host calls in between that read
   * and write memory that did not exist at the call before. Says each size and each result.
   */
  {
    name: 'memory-growth',
    wat: program(`
  (memory (export "memory") 1 128)
  (func (export "_start")
    (call $say_number (memory.size))
    (call $say_number (memory.grow (i32.const 1)))
    (call $say_number (memory.size))
    ;; "high" and a newline, across the old end
    (i64.store (i32.const 65533) (i64.const 0x0a68676968))
    (call $say (i32.const 65533) (i32.const 5))
    (call $say_number (memory.grow (i32.const 100)))
    (call $say_number (call $random_get (i32.const 6684608) (i32.const 64)))
    (call $say_number (memory.size))
    (call $say_number (memory.grow (i32.const 100)))
    (call $say_number (memory.grow (i32.const 0)))
    (call $say_number (memory.grow (i32.const -1)))
    (call $say_number (memory.size)))`),
    expect: {
      ending: { kind: 'exit', code: 0 },
      stdout: '1\n1\n2\nhigh\n2\n0\n102\n-1\n102\n-1\n102\n',
    },
  },

  /** Grows a page before each of 300 calls: every one finds another buffer. */
  {
    name: 'memory-growth-per-call',
    wat: program(`
  (memory (export "memory") 1)
  (func (export "_start")
    (local $left i32)
    (local.set $left (i32.const 300))
    (loop $next
      (drop (memory.grow (i32.const 1)))
      (drop (call $clock_time_get (i32.const 1) (i64.const 0)
        (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 8))))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (call $say_number (memory.size)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '301\n' },
  },

  /**
   * Makes NaNs in every usual way and writes their bits, 8 × 8 bytes. Sign and payload of a NaN are the
   * engine's or the CPU's choice; a replay must write the same.
   */
  {
    name: 'nan-bits',
    wat: program(`
  ;; +0, -1, +inf, NaN with payload; as f32: NaN with payload, +0
  ${data(2048, Buffer.from('0000000000000000000000000000f0bf000000000000f07fefcdab896745f4ff', 'hex'))}
  ${data(2080, Buffer.from('785634ff00000000', 'hex'))}
  (func (export "_start")
    (local $zero f64) (local $minus f64) (local $infinite f64) (local $nan f64)
    (local.set $zero (f64.load (i32.const 2048)))
    (local.set $minus (f64.load (i32.const 2056)))
    (local.set $infinite (f64.load (i32.const 2064)))
    (local.set $nan (f64.load (i32.const 2072)))
    (f64.store (i32.const 4096) (f64.div (local.get $zero) (local.get $zero)))
    (f64.store (i32.const 4104) (f64.sqrt (local.get $minus)))
    (f64.store (i32.const 4112) (f64.sub (local.get $infinite) (local.get $infinite)))
    (f64.store (i32.const 4120) (f64.mul (local.get $infinite) (local.get $zero)))
    (f64.store (i32.const 4128) (f64.add (local.get $nan) (local.get $minus)))
    (f64.store (i32.const 4136) (f64.min (local.get $nan) (local.get $minus)))
    (f64.store (i32.const 4144) (f64.promote_f32 (f32.demote_f64 (local.get $nan))))
    (f32.store (i32.const 4152) (f32.add (f32.load (i32.const 2080)) (f32.load (i32.const 2084))))
    (f32.store (i32.const 4156) (f32.div (f32.load (i32.const 2084)) (f32.load (i32.const 2084))))
    (call $say (i32.const 4096) (i32.const 64)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdoutLength: 64 },
  },
];
