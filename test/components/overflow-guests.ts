/** Components whose stacks overflow, each in another place. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, component, outer } from './component-wat.ts';

/** So many numbers are passed on by each frame, that there are few frames: some thousand. */
const WIDTH = 100;

/** Counts at address 2048 the frames that were entered; does `between` in each. */
const dive = (between = '', width = WIDTH) => `
  (func $dive (param $left i32) ${'(param i64)'.repeat(width)} (result i32)
    (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 1)))
    ${between}
    (if (result i32) (local.get $left)
      (then (i32.add (i32.const 1) (call $dive (i32.sub (local.get $left) (i32.const 1))
        ${Array.from({ length: width }, (_, i) => `(i64.add (local.get ${i + 1}) (i64.const 1))`).join(' ')})))
      (else (i32.const 0))))`;

const deepInto = (levels: number, width = WIDTH) =>
  `(call $dive (i32.const ${levels}) ${'(i64.const 0) '.repeat(width)})`;

const FOR_EVER = deepInto(0x7fffffff);

/** Calls at the depth of the overflow return before the one that does not. */
const AT_ONCE = command(`(memory (export "memory") 1) ${dive()}
  (func (export "run") (result i32)
    (drop ${deepInto(1000)})
    (i32.store (i32.const 2048) (i32.const 0))
    ${FOR_EVER})`);

const WIDE = '(param i64)'.repeat(WIDTH);
const ONWARD = Array.from({ length: WIDTH }, (_, i) => `(local.get ${i + 1})`).join(' ');
const NEXT = `(i32.add (local.get $n) (i32.const 1)) ${ONWARD}`;

/** Two core instances call each other, the first itself as well. */
const PING_PONG = `
  (core module $pong
    (type $step (func (param i32) ${WIDE} (result i32)))
    (memory (export "memory") 1)
    (table (export "table") 1 funcref)
    (func (export "pong") (param $n i32) ${WIDE} (result i32)
      (i32.store (i32.const 2048) (local.get $n))
      (i32.add (i32.const 1) (call_indirect (type $step) ${NEXT} (i32.const 0)))))
  (core instance $pong (instantiate $pong))
  ${command(
    `(import "pong" "pong" (func $pong (param i32) ${WIDE} (result i32)))
     (import "pong" "table" (table 1 funcref))
     (memory (export "memory") 1)
     (elem (i32.const 0) $ping)
     (func $ping (param $n i32) ${WIDE} (result i32)
       (i32.store (i32.const 2052) (local.get $n))
       (i32.add (i32.const 1)
         (if (result i32) (i32.rem_u (local.get $n) (i32.const 3))
           (then (call $ping ${NEXT}))
           (else (call $pong ${NEXT})))))
     (func (export "run") (result i32) (call $ping (i32.const 1) ${'(i64.const 0) '.repeat(WIDTH)}))`,
    '(with "pong" (instance $pong))',
  )}`;

/** The stack overflows in a component within another one. */
const WITHIN = outer(`
  (core module $m (memory (export "memory") 1) ${dive()} (func (export "go") (drop ${FOR_EVER})))
  (core instance $i (instantiate $m))
  (func (export "go") (canon lift (core func $i "go")))`);

/** @param realloc body of what gives memory to the host; @param run of the program, which can call \`bytes\` */
const random = (realloc: string, run: string) => `
  (import "wasi:random/random@0.2.3" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  (core module $memory (memory (export "memory") 1) ${dive()}
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) ${realloc}))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $m))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $bytes (canon lower (func $random "get-random-bytes") (memory $m) (realloc $realloc)))
  ${command(
    `(import "memory" "memory" (memory 1)) (import "random" "bytes" (func $bytes (param i64 i32))) ${run}`,
    `(with "memory" (instance $memory)) (with "random" (instance (export "bytes" (func $bytes))))`,
  )}`;

/** The host asks for memory, and the program falls down in giving it. */
const NESTED = random(
  FOR_EVER,
  `(func $down (param i32)
     (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))))
     (call $bytes (i64.const 8) (i32.const 16)))
   (func (export "run") (result i32) (call $down (i32.const 100)) (i32.const 0))`,
);

const BYTES = '(call $bytes (i64.const 8) (i32.const 16))';

/** Memory is asked for at each level: it may be the host for which there is no room. */
export const withCalls = (width: number) =>
  random(
    '(i32.const 1024)',
    `${dive(BYTES, width)} (func (export "run") (result i32) ${deepInto(-1, width)})`,
  );

/** The guest could catch what its host throws. */
const CATCHING = random(
  '(i32.const 1024)',
  `${dive(`(block $caught (try_table (catch_all $caught) ${BYTES}))`)}
   (func (export "run") (result i32) ${FOR_EVER})`,
);

/** The program that waits in WASI 0.3 runs on a stack of its own. */
const WAITED = `
  (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
    (export "wait-for" (func async (param "how-long" u64)))))
  (core func $wait (canon lower (func $clock "wait-for")))
  (core func $return (canon task.return (result (result))))
  (core module $m
    (import "a" "wait" (func $wait (param i64)))
    (import "a" "return" (func $return (param i32)))
    (memory (export "memory") 1) ${dive()}
    (func $down (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (call $down (i32.sub (local.get 0) (i32.const 1))))
        (else (call $wait (i64.const 1000)) ${FOR_EVER})))
    (func (export "run") (call $return (call $down (i32.const 10)))))
  (core instance $i (instantiate $m (with "a" (instance
    (export "wait" (func $wait)) (export "return" (func $return))))))
  (func $run async (result (result)) (canon lift (core func $i "run") async))
  (instance $e (export "run" (func $run)))
  (export "wasi:cli/run@0.3.0" (instance $e))`;

/** What to record, by name. */
export const OVERFLOWING: Readonly<Record<string, string>> = {
  'after calls as deep': AT_ONCE,
  'in instances that call each other': PING_PONG,
  'in a component within': WITHIN,
  'in what the host has entered': NESTED,
  'with calls at each level': withCalls(WIDTH),
  'in a guest that catches everything': CATCHING,
  'of a guest that has waited': WAITED,
};

/** An HTTP server (fixtures/http-server.wat) whose stack overflows where `/trap` is asked for. */
export function overflowingServer(): Promise<Uint8Array> {
  return component(serverWith('http-server.wat'));
}

function serverWith(file: string): string {
  const text = readFileSync(join(import.meta.dirname, 'fixtures', file), 'utf8');
  return text
    .slice(text.indexOf('(component') + '(component'.length, text.lastIndexOf(')'))
    .replace('(func $kind', `${dive()}\n(func $kind`)
    .replace('(then unreachable)', `(then (drop ${FOR_EVER}))`);
}
