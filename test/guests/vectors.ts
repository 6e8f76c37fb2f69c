/** Guests that read and write through awkward iovec arrays. */
import { data, program, words } from './assemble.ts';
import { fnv1a, type Guest, pattern } from './guest.ts';

const LARGE = 200 * 1024;
const letters = Buffer.from('ABCDEFGHIJKLMNOP');

/** Uneven buffers, not in the order of their addresses; two are empty. Together LARGE bytes. */
const scattered = [300001, 1, 5000, 0, 65537, 70000, 4999, 0, 310001, 134799];

const numbered = Array.from({ length: 2000 }, (_, i) => `${String(i % 100).padStart(2, '0')}\n`);

/** Says errno, then the u32 at an address. */
const sayResult = `
  (func $say_result (param $errno i32) (param $count i32)
    (call $say_number (local.get $errno))
    (call $say_number (i32.load (local.get $count))))`;

/**
 * Calls that no memory can satisfy: [what, vector, length, pointer for the count], with the memory
 * one page. Vectors are at 4096.
 */
const outOfBounds: [string, number, number, number][] = [
  ['vector beyond the end', 65532, 1, 2048],
  ['vector at -8', -8, 1, 2048],
  ['buffer reaches beyond the end', 4096, 1, 2048],
  ['buffer at 2 GiB', 4104, 1, 2048],
  ['empty buffer at -1', 4112, 1, 2048],
  ['lengths add up to 4 GiB', 4120, 2, 2048],
  ['count beyond the end', 4136, 1, 65534],
  ['good buffer, then a bad one', 4136, 2, 2048],
];

export const vectors: Guest[] = [
  /** Reads 200 KiB and then a rest into one buffer until the end of stdin; says count and hash. */
  {
    name: 'read-large',
    input: { stdin: pattern(LARGE + 5000) },
    wat: program(`
  (memory (export "memory") 8)
  ${data(2048, words(65536, LARGE))}
  (func (export "_start")
    (local $got i32) (local $total i32) (local $hash i32)
    (local.set $hash (i32.const 0x811c9dc5))
    (loop $more
      (if (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 2060))
        (then (call $proc_exit (i32.const 1))))
      (local.set $got (i32.load (i32.const 2060)))
      (local.set $total (i32.add (local.get $total) (local.get $got)))
      (local.set $hash (call $hash (i32.const 65536) (local.get $got) (local.get $hash)))
      (br_if $more (local.get $got)))
    (call $say_number (local.get $total))
    (call $say_number (local.get $hash)))`),
    expect: {
      ending: { kind: 'exit', code: 0 },
      stdout: `${LARGE + 5000}\n${fnv1a(pattern(LARGE + 5000))}\n`,
    },
  },

  /** The same over five uneven buffers. A short read fills only the first of them. */
  {
    name: 'read-scattered',
    input: { stdin: pattern(LARGE + 5000) },
    wat: program(`
  (memory (export "memory") 8)
  ${data(2048, words(...scattered))}
  ;; Hashes the first $left bytes of the buffers.
  (func $hash_buffers (param $left i32) (param $hash i32) (result i32)
    (local $vector i32) (local $length i32)
    (local.set $vector (i32.const 2048))
    (loop $next
      (local.set $length (i32.load offset=4 (local.get $vector)))
      (if (i32.gt_u (local.get $length) (local.get $left))
        (then (local.set $length (local.get $left))))
      (local.set $hash
        (call $hash (i32.load (local.get $vector)) (local.get $length) (local.get $hash)))
      (local.set $left (i32.sub (local.get $left) (local.get $length)))
      (local.set $vector (i32.add (local.get $vector) (i32.const 8)))
      (br_if $next (local.get $left)))
    (local.get $hash))
  (func (export "_start")
    (local $got i32) (local $total i32) (local $hash i32)
    (local.set $hash (i32.const 0x811c9dc5))
    (loop $more
      (if (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 5) (i32.const 2100))
        (then (call $proc_exit (i32.const 1))))
      (local.set $got (i32.load (i32.const 2100)))
      (local.set $total (i32.add (local.get $total) (local.get $got)))
      (local.set $hash (call $hash_buffers (local.get $got) (local.get $hash)))
      (br_if $more (local.get $got)))
    (call $say_number (local.get $total))
    (call $say_number (local.get $hash)))`),
    expect: {
      ending: { kind: 'exit', code: 0 },
      stdout: `${LARGE + 5000}\n${fnv1a(pattern(LARGE + 5000))}\n`,
    },
  },

  /** Reads and writes no iovecs at all, then one empty one: errno 0 and a count of 0 each time. */
  {
    name: 'zero-iovecs',
    input: { stdin: letters },
    wat: program(`
  ${data(2048, words(2100, 0))}
  ${sayResult}
  (func $untouched (result i32)
    (i32.store (i32.const 2064) (i32.const 77))
    (i32.const 2064))
  (func (export "_start")
    (call $say_result (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 0) (call $untouched)) (i32.const 2064))
    (call $say_result (call $fd_write (i32.const 1) (i32.const 2048) (i32.const 0) (call $untouched)) (i32.const 2064))
    (call $say_result (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 1) (call $untouched)) (i32.const 2064))
    (call $say_result (call $fd_write (i32.const 1) (i32.const 2048) (i32.const 1) (call $untouched)) (i32.const 2064)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '0\n0\n'.repeat(4) },
  },

  /** Two buffers share four bytes: filled in order, so that the second wins. */
  {
    name: 'read-overlapping',
    input: { stdin: letters.subarray(0, 8) },
    wat: program(`
  ${data(2048, words(3000, 6, 3002, 6))}
  ${sayResult}
  (func (export "_start")
    (call $say_result (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 2) (i32.const 2064)) (i32.const 2064))
    (call $say (i32.const 3000) (i32.const 6)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '0\n8\nABGHEF' },
  },

  /** Both buffers are the same bytes. */
  {
    name: 'read-same-twice',
    input: { stdin: letters.subarray(0, 8) },
    wat: program(`
  ${data(2048, words(3000, 4, 3000, 4))}
  ${sayResult}
  (func (export "_start")
    (call $say_result (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 2) (i32.const 2064)) (i32.const 2064))
    (call $say (i32.const 3000) (i32.const 4)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '0\n8\nEFGH' },
  },

  /** Writes the same bytes from overlapping buffers. */
  {
    name: 'write-overlapping',
    wat: program(`
  ${data(2048, words(3000, 6, 3002, 6))}
  ${data(3000, 'ABCDEFGH')}
  ${sayResult}
  (func (export "_start")
    (call $say_result (call $fd_write (i32.const 1) (i32.const 2048) (i32.const 2) (i32.const 2064)) (i32.const 2064)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: 'ABCDEFCDEFGH0\n12\n' },
  },

  /**
   * The count is written over the iovec array: once over a length, once over a buffer's address. Who
   * looks at the array after the call sees something else than the host did.
   */
  {
    name: 'read-count-in-vector',
    input: { stdin: letters.subarray(0, 10) },
    wat: program(`
  ${data(2048, words(3000, 5, 3016, 5))}
  ${sayResult}
  (func (export "_start")
    (call $say_result (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 2052)) (i32.const 2052))
    (call $say (i32.const 3000) (i32.const 5))
    (say "\n")
    (call $say_result (call $fd_read (i32.const 0) (i32.const 2056) (i32.const 1) (i32.const 2056)) (i32.const 2056))
    (call $say (i32.const 3016) (i32.const 5)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '0\n5\nABCDE\n0\n5\nFGHIJ' },
  },

  /** The count is written into the middle of the data that was just read: it comes last. */
  {
    name: 'read-count-in-data',
    input: { stdin: letters.subarray(0, 8) },
    wat: program(`
  ${data(2048, words(3000, 8))}
  (func (export "_start")
    (drop (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 3002)))
    (call $say (i32.const 3000) (i32.const 8)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: 'AB\u0008\u0000\u0000\u0000GH' },
  },

  /**
   * The first buffer is the second iovec: the data redirects it from 4000 to 5000. The host has taken
   * its iovecs before it reads, so the rest goes to 4000 all the same.
   */
  {
    name: 'read-over-vector',
    input: { stdin: Buffer.concat([words(5000, 8), Buffer.from('abcdefgh')]) },
    wat: program(`
  ${data(2048, words(2056, 8, 4000, 8))}
  ${data(4000, '........')}
  ${data(5000, '........')}
  ${sayResult}
  (func (export "_start")
    (call $say_result (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 2) (i32.const 2080)) (i32.const 2080))
    (call $say (i32.const 4000) (i32.const 8))
    (call $say (i32.const 5000) (i32.const 8)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '0\n16\nabcdefgh........' },
  },

  /** The count is written over the bytes that were just written out. */
  {
    name: 'write-count-in-data',
    wat: program(`
  ${data(2048, words(3000, 8))}
  ${data(3000, 'ABCDEFGH')}
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 2048) (i32.const 1) (i32.const 3002)))
    (call $say (i32.const 3000) (i32.const 8)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: 'ABCDEFGHAB\u0008\u0000\u0000\u0000GH' },
  },

  /**
   * Vectors, buffers and counts outside memory, for a read and a write each. Says the errno of each;
   * which one is the host's choice, and it may trap instead. It must not fall over.
   */
  {
    name: 'vectors-out-of-bounds',
    input: { stdin: letters },
    wat: program(`
  ${data(
    4096,
    words(
      65530,
      100,
      0x80000000,
      4,
      0xffffffff,
      0,
      8192,
      0x80000000,
      8192,
      0x80000000,
      8192,
      4,
      65530,
      100,
    ),
  )}
  (func (export "_start")
    ${outOfBounds
      .map(([what, vector, length, count]) =>
        ['fd_read', 'fd_write']
          .map(
            (name) => `(say "${name}: ${what}: ")
    (call $say_number (call $${name} (i32.const ${name === 'fd_read' ? 0 : 2})
      (i32.const ${vector}) (i32.const ${length}) (i32.const ${count})))`,
          )
          .join('\n    '),
      )
      .join('\n    ')})`),
    expect: { ending: { kind: 'any' } },
  },

  /**
   * 0x20000001 vectors: eight times that wraps to 8 in 32 bits. Says the errno, the host's choice. It
   * must neither believe the wrapped size nor allocate for the count.
   */
  {
    name: 'vectors-count-overflow',
    input: { stdin: letters },
    wat: program(`
  ${data(4096, words(8192, 4))}
  (func (export "_start")
    (call $say_number (call $fd_read (i32.const 0) (i32.const 4096) (i32.const 0x20000001) (i32.const 2048)))
    (call $say_number (call $fd_write (i32.const 2) (i32.const 4096) (i32.const 0x20000001) (i32.const 2048))))`),
    expect: {
      ending: { kind: 'any' },
      nodeWasi: 'allocates 8 GiB for the vectors and takes half a minute',
    },
  },

  /** Writes 2000 iovecs of 3 bytes, going on where the host stopped: hosts have limits (IOV_MAX). */
  {
    name: 'write-many-iovecs',
    wat: program(`
  (memory (export "memory") 1)
  ${data(8192, words(...numbered.flatMap((_, i) => [32768 + 3 * i, 3])))}
  ${data(32768, numbered.join(''))}
  (func (export "_start")
    (local $vector i32) (local $left i32) (local $wrote i32) (local $length i32)
    (local.set $vector (i32.const 8192))
    (local.set $left (i32.const 2000))
    (loop $more
      (if (call $fd_write (i32.const 1) (local.get $vector) (local.get $left) (i32.const 2048))
        (then (call $proc_exit (i32.const 1))))
      (local.set $wrote (i32.load (i32.const 2048)))
      (loop $skip
        (local.set $length (i32.load offset=4 (local.get $vector)))
        (if (i32.ge_u (local.get $wrote) (local.get $length))
          (then
            (local.set $wrote (i32.sub (local.get $wrote) (local.get $length)))
            (local.set $vector (i32.add (local.get $vector) (i32.const 8)))
            (br_if $skip (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
          (else
            (i32.store (local.get $vector)
              (i32.add (i32.load (local.get $vector)) (local.get $wrote)))
            (i32.store offset=4 (local.get $vector)
              (i32.sub (local.get $length) (local.get $wrote))))))
      (br_if $more (local.get $left))))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: numbered.join('') },
  },
];
