;; The hooks of a profile: a tree of calls, each node with how often it was entered and the ticks that passed
;; while it was the innermost. In wasm, since a guest enters some hundred million functions a second: a hook in
;; JavaScript costs ten times as much.
;;
;; A node is 40 bytes; the root, which is no function, is at address 0:
;;    0  i32  function          4  i32  parent, as an address
;;    8  i32  depth             12 i32  first child; 0: none
;;   16  i32  next sibling      24 i64  calls              32 i64  ticks
;; A child that is entered becomes its parent's first: most calls are like one of the last few.
(module
  ;; counts down
  (import "guest" "ticksLeft" (global $left (mut i64)))
  (memory (export "memory") 1)
  ;; nodes there may be; what would need more counts for its caller
  (global $limit (export "limit") (mut i32) (i32.const 2))
  (global $count (export "count") (mut i32) (i32.const 1))
  ;; calls that got no node
  (global $lost (export "lost") (mut i64) (i64.const 0))
  ;; the innermost node
  (global $current (export "current") (mut i32) (i32.const 0))
  ;; ticksLeft when ticks were last counted
  (global $seen (mut i64) (i64.const 0))

  (func $countTicks (export "countTicks")
    (i64.store offset=32 (global.get $current)
      (i64.add
        (i64.load offset=32 (global.get $current))
        (i64.sub (global.get $seen) (global.get $left))))
    (global.set $seen (global.get $left)))

  ;; leaves all nodes that are as deep or deeper; an exception leaves several at once
  (func $leave (param $depth i32)
    (block $done
      (loop $again
        (br_if $done (i32.lt_s (i32.load offset=8 (global.get $current)) (local.get $depth)))
        (br_if $done (i32.eqz (global.get $current)))
        (global.set $current (i32.load offset=4 (global.get $current)))
        (br $again))))

  ;; the current node's child for a function, made if there is none and may be; else -1
  (func $child (param $func i32) (result i32)
    (local $node i32) (local $before i32)
    (local.set $node (i32.load offset=12 (global.get $current)))
    (block $none
      (loop $again
        (br_if $none (i32.eqz (local.get $node)))
        (if (i32.eq (i32.load (local.get $node)) (local.get $func))
          (then
            (if (local.get $before)
              (then
                (i32.store offset=16 (local.get $before) (i32.load offset=16 (local.get $node)))
                (i32.store offset=16 (local.get $node) (i32.load offset=12 (global.get $current)))
                (i32.store offset=12 (global.get $current) (local.get $node))))
            (return (local.get $node))))
        (local.set $before (local.get $node))
        (local.set $node (i32.load offset=16 (local.get $node)))
        (br $again)))
    (if (i32.ge_u (global.get $count) (global.get $limit)) (then (return (i32.const -1))))
    (local.set $node (i32.mul (global.get $count) (i32.const 40)))
    (if (i32.gt_u
          (i32.add (local.get $node) (i32.const 40))
          (i32.mul (memory.size) (i32.const 65536)))
      (then
        (if (i32.lt_s (memory.grow (memory.size)) (i32.const 0)) (then (return (i32.const -1))))))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store (local.get $node) (local.get $func))
    (i32.store offset=4 (local.get $node) (global.get $current))
    (i32.store offset=8 (local.get $node)
      (i32.add (i32.load offset=8 (global.get $current)) (i32.const 1)))
    (i32.store offset=16 (local.get $node) (i32.load offset=12 (global.get $current)))
    (i32.store offset=12 (global.get $current) (local.get $node))
    (local.get $node))

  ;; counts a call of a function by the innermost node
  (func $called (param $func i32) (result i32)
    (local $node i32)
    (local.set $node (call $child (local.get $func)))
    (if (i32.eq (local.get $node) (i32.const -1))
      (then (global.set $lost (i64.add (global.get $lost) (i64.const 1))))
      (else
        (i64.store offset=24 (local.get $node)
          (i64.add (i64.load offset=24 (local.get $node)) (i64.const 1)))))
    (local.get $node))

  ;; a function of the guest's begins; depth 1 is the outermost
  (func (export "entered") (param $func i32) (param $depth i32)
    (local $node i32)
    (call $countTicks)
    (call $leave (local.get $depth))
    ;; whose caller got no node gets none
    (if (i32.ne
          (i32.add (i32.load offset=8 (global.get $current)) (i32.const 1))
          (local.get $depth))
      (then
        (global.set $lost (i64.add (global.get $lost) (i64.const 1)))
        (return)))
    (local.set $node (call $called (local.get $func)))
    (if (i32.ne (local.get $node) (i32.const -1))
      (then (global.set $current (local.get $node)))))

  (func (export "left") (param $func i32) (param $depth i32)
    (call $countTicks)
    (call $leave (local.get $depth)))

  ;; the guest calls a function of the host's; -1: there is no node for it
  (func (export "hostCalled") (param $func i32) (result i32)
    (call $called (local.get $func))))
