;; XXH64 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md) over a memory of another
;; instance, in place. Built into xxh64-module.ts by `npm run build:wasm`.
(module
  (import "guest" "memory" (memory 0))
  (func $round (param $acc i64) (param $input i64) (result i64)
    (i64.mul
      (i64.rotl
        (i64.add (local.get $acc) (i64.mul (local.get $input) (i64.const 0xC2B2AE3D27D4EB4F)))
        (i64.const 31))
      (i64.const 0x9E3779B185EBCA87)))
  (func $merge (param $hash i64) (param $acc i64) (result i64)
    (i64.add
      (i64.mul
        (i64.xor (local.get $hash) (call $round (i64.const 0) (local.get $acc)))
        (i64.const 0x9E3779B185EBCA87))
      (i64.const 0x85EBCA77C2B2AE63)))
  ;; address and length are i64 because a full memory has 2^32 bytes
  (func (export "xxh64") (param $at i64) (param $length i64) (param $seed i64) (result i64)
    (local $end i64) (local $hash i64)
    (local $v1 i64) (local $v2 i64) (local $v3 i64) (local $v4 i64)
    (local.set $end (i64.add (local.get $at) (local.get $length)))
    (if (i64.ge_u (local.get $length) (i64.const 32))
      (then
        (local.set $v1 (i64.add (local.get $seed) (i64.const 0x60EA27EEADC0B5D6)))
        (local.set $v2 (i64.add (local.get $seed) (i64.const 0xC2B2AE3D27D4EB4F)))
        (local.set $v3 (local.get $seed))
        (local.set $v4 (i64.sub (local.get $seed) (i64.const 0x9E3779B185EBCA87)))
        (loop $stripes
          (local.set $v1 (call $round (local.get $v1) (i64.load (i32.wrap_i64 (local.get $at)))))
          (local.set $v2 (call $round (local.get $v2) (i64.load offset=8 (i32.wrap_i64 (local.get $at)))))
          (local.set $v3 (call $round (local.get $v3) (i64.load offset=16 (i32.wrap_i64 (local.get $at)))))
          (local.set $v4 (call $round (local.get $v4) (i64.load offset=24 (i32.wrap_i64 (local.get $at)))))
          (local.set $at (i64.add (local.get $at) (i64.const 32)))
          (br_if $stripes (i64.le_u (i64.add (local.get $at) (i64.const 32)) (local.get $end))))
        (local.set $hash
          (i64.add
            (i64.add (i64.rotl (local.get $v1) (i64.const 1)) (i64.rotl (local.get $v2) (i64.const 7)))
            (i64.add (i64.rotl (local.get $v3) (i64.const 12)) (i64.rotl (local.get $v4) (i64.const 18)))))
        (local.set $hash (call $merge (local.get $hash) (local.get $v1)))
        (local.set $hash (call $merge (local.get $hash) (local.get $v2)))
        (local.set $hash (call $merge (local.get $hash) (local.get $v3)))
        (local.set $hash (call $merge (local.get $hash) (local.get $v4))))
      (else (local.set $hash (i64.add (local.get $seed) (i64.const 0x27D4EB2F165667C5)))))
    (local.set $hash (i64.add (local.get $hash) (local.get $length)))
    (block $done8
      (loop $eight
        (br_if $done8 (i64.gt_u (i64.add (local.get $at) (i64.const 8)) (local.get $end)))
        (local.set $hash
          (i64.add
            (i64.mul
              (i64.rotl
                (i64.xor (local.get $hash)
                  (call $round (i64.const 0) (i64.load (i32.wrap_i64 (local.get $at)))))
                (i64.const 27))
              (i64.const 0x9E3779B185EBCA87))
            (i64.const 0x85EBCA77C2B2AE63)))
        (local.set $at (i64.add (local.get $at) (i64.const 8)))
        (br $eight)))
    (if (i64.le_u (i64.add (local.get $at) (i64.const 4)) (local.get $end))
      (then
        (local.set $hash
          (i64.add
            (i64.mul
              (i64.rotl
                (i64.xor (local.get $hash)
                  (i64.mul (i64.load32_u (i32.wrap_i64 (local.get $at))) (i64.const 0x9E3779B185EBCA87)))
                (i64.const 23))
              (i64.const 0xC2B2AE3D27D4EB4F))
            (i64.const 0x165667B19E3779F9)))
        (local.set $at (i64.add (local.get $at) (i64.const 4)))))
    (block $done1
      (loop $one
        (br_if $done1 (i64.ge_u (local.get $at) (local.get $end)))
        (local.set $hash
          (i64.mul
            (i64.rotl
              (i64.xor (local.get $hash)
                (i64.mul (i64.load8_u (i32.wrap_i64 (local.get $at))) (i64.const 0x27D4EB2F165667C5)))
              (i64.const 11))
            (i64.const 0x9E3779B185EBCA87)))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $one)))
    (local.set $hash
      (i64.mul (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 33)))
        (i64.const 0xC2B2AE3D27D4EB4F)))
    (local.set $hash
      (i64.mul (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 29)))
        (i64.const 0x165667B19E3779F9)))
    (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 32)))))
