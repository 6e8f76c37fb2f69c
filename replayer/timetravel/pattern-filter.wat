;; Between a guest and the hook that is told of its stores: passes on those behind which memory holds a pattern.
(module
  (import "guest" "memory" (memory $guest 0))
  (import "host" "wrote" (func $told (param i32 f64 f64)))
  ;; a byte for each value that is in the pattern, and the pattern from 256 on
  (memory $own (export "pattern") 1)
  (global $length (export "length") (mut i32) (i32.const 0))
  ;; not 0: every store is passed on
  (global $always (export "always") (mut i32) (i32.const 0))
  (func (export "wrote") (param $pc i32) (param $address f64) (param $size f64)
    (local $at i64) (local $last i64) (local $end i64) (local $i i32)
    (if (i32.or (global.get $always) (f64.gt (local.get $size) (f64.const 16)))
      (then
        (call $told (local.get $pc) (local.get $address) (local.get $size))
        (return)))
    (if (f64.eq (local.get $size) (f64.const 0)) (then (return)))
    ;; it may begin up to the last byte that was written, where there is room
    (local.set $at (i64.trunc_f64_u (local.get $address)))
    (local.set $last (i64.sub (i64.add (local.get $at) (i64.trunc_f64_u (local.get $size))) (i64.const 1)))
    (local.set $end
      (i64.sub
        (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16))
        (i64.extend_i32_u (global.get $length))))
    (if (i64.gt_s (local.get $last) (local.get $end)) (then (local.set $last (local.get $end))))
    ;; none has a byte that is not in the pattern; any other may be its last one
    (if (i32.load8_u $own (i32.load8_u $guest (i32.wrap_i64 (local.get $at))))
      (then
        (local.set $at (i64.sub (local.get $at) (i64.extend_i32_u (i32.sub (global.get $length) (i32.const 1)))))
        (if (i64.lt_s (local.get $at) (i64.const 0)) (then (local.set $at (i64.const 0)))))
      (else (local.set $at (i64.add (local.get $at) (i64.const 1)))))
    (block $none
      (loop $next
        (br_if $none (i64.gt_s (local.get $at) (local.get $last)))
        (block $differs
          (local.set $i (i32.const 0))
          (loop $same
            (br_if $differs
              (i32.ne
                (i32.load8_u $guest (i32.add (i32.wrap_i64 (local.get $at)) (local.get $i)))
                (i32.load8_u $own offset=256 (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $same (i32.lt_u (local.get $i) (global.get $length))))
          (call $told (local.get $pc) (local.get $address) (local.get $size))
          (return))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $next)))))
