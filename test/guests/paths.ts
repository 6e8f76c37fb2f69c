/** Guests that give the host awkward paths and folders. */
import { data, program } from './assemble.ts';
import type { Guest } from './guest.ts';

/**
 * Creates a file under each path, says errno and closes it. Rights: fd_read, fd_write.
 * The paths lie one after the other from 4096.
 */
function opening(paths: readonly (string | Uint8Array)[]): string {
  const contents = paths.map((path) => Buffer.from(path));
  let address = 4096;
  const calls = contents.map((path) => {
    const at = address;
    address += path.length;
    return `(call $open (i32.const ${at}) (i32.const ${path.length}))`;
  });
  return program(`
  ${data(4096, Buffer.concat(contents))}
  (func $open (param $path i32) (param $length i32)
    (local $errno i32)
    (local.set $errno (call $path_open (i32.const 3) (i32.const 0)
      (local.get $path) (local.get $length) (i32.const 1)
      (i64.const 0x42) (i64.const 0) (i32.const 0) (i32.const 2048)))
    (if (i32.eqz (local.get $errno))
      (then (drop (call $fd_close (i32.load (i32.const 2048))))))
    (call $say_number (local.get $errno)))
  (func (export "_start")
    ${calls.join('\n    ')})`);
}

/** What a terminal must never be sent: title, clear screen, C1 CSI, bidi override, line breaks. */
const escapes = [
  '\u001b]0;owned\u0007',
  '\u001b[2J\u001b[H',
  '\u009b31mred',
  'gpj.\u202eexe',
  'two\r\nlines',
  'bell\u0007\u0008\u007f',
];

export const paths: Guest[] = [
  /** Paths that are no UTF-8: stray, cut off, overlong, surrogate. Errno is the host's (ILSEQ, 25). */
  {
    name: 'paths-not-utf8',
    input: { files: {} },
    wat: opening([
      Uint8Array.of(0xff, 0xfe),
      Uint8Array.of(0x61, 0x80, 0x62),
      Uint8Array.of(0x66, 0xe2, 0x82),
      Uint8Array.of(0xc0, 0xaf),
      Uint8Array.of(0xed, 0xa0, 0x80),
    ]),
    expect: { ending: { kind: 'any' } },
  },

  /**
   * File names that are terminal control sequences: legal, so they are created; anything that shows
   * them must escape them. Also writes them all to stdout, as a program may.
   */
  {
    name: 'paths-with-escapes',
    input: { files: {} },
    wat: opening(escapes).replace(
      '(func (export "_start")',
      `(func (export "_start")
    (call $say (i32.const 4096) (i32.const ${Buffer.byteLength(escapes.join(''))}))`,
    ),
    expect: {
      ending: { kind: 'exit', code: 0 },
      stdout: `${escapes.join('')}${'0\n'.repeat(escapes.length)}`,
    },
  },

  /** Empty, absolute, escaping, with a NUL, endless. None may reach a file outside the preopen. */
  {
    name: 'paths-odd',
    input: { files: { file: 'x' } },
    wat: opening([
      '',
      '/',
      '/etc/passwd',
      '..',
      '../outside',
      'a/../../outside',
      'file\u0000.txt',
      'file/',
      './/.//file',
      'x'.repeat(300),
      'y/'.repeat(2500),
    ]),
    expect: { ending: { kind: 'any' } },
  },

  /**
   * Lists the preopen with a buffer of 30 bytes, which holds no whole entry with a name of 7 or more.
   * Asks for each entry twice from the same cookie and at the end once more from 0. Leaves out `.` and
   * `..` (hosts differ). Says how many entries there were, the sum of their name lengths, and how many
   * repeated answers differed.
   */
  {
    name: 'readdir-tiny-buffer',
    input: {
      files: { a: '', 'bb.txt': '', seven77: '', 'a-rather-long-name.conf': '', ünïcode: '' },
    },
    wat: program(`
  (global $differing (mut i32) (i32.const 0))
  (func $read (param $at i32) (param $cookie i64) (result i32)
    (if (call $fd_readdir (i32.const 3) (local.get $at) (i32.const 30) (local.get $cookie) (i32.const 2048))
      (then (call $proc_exit (i32.const 1))))
    (i32.load (i32.const 2048)))
  (func $compare (param $used i32)
    (if (i32.ne
          (call $hash (i32.const 4096) (local.get $used) (i32.const 1))
          (call $hash (i32.const 5120) (local.get $used) (i32.const 1)))
      (then (global.set $differing (i32.add (global.get $differing) (i32.const 1))))))
  (func $is_dot (result i32)
    (i32.or
      (i32.and (i32.eq (i32.load (i32.const 4112)) (i32.const 1))
        (i32.eq (i32.load8_u (i32.const 4120)) (i32.const 46)))
      (i32.and (i32.eq (i32.load (i32.const 4112)) (i32.const 2))
        (i32.eq (i32.load16_u (i32.const 4120)) (i32.const 0x2e2e)))))
  (func (export "_start")
    (local $cookie i64) (local $used i32) (local $entries i32) (local $names i32)
    (block $end
      (loop $next
        (local.set $used (call $read (i32.const 4096) (local.get $cookie)))
        (if (i32.ne (call $read (i32.const 5120) (local.get $cookie)) (local.get $used))
          (then (call $proc_exit (i32.const 2))))
        (call $compare (local.get $used))
        (br_if $end (i32.lt_u (local.get $used) (i32.const 24)))
        (if (i32.eqz (call $is_dot))
          (then
            (local.set $entries (i32.add (local.get $entries) (i32.const 1)))
            (local.set $names (i32.add (local.get $names) (i32.load (i32.const 4112))))))
        (local.set $cookie (i64.load (i32.const 4096)))
        (br $next)))
    (local.set $used (call $read (i32.const 4096) (i64.const 0)))
    (drop (call $read (i32.const 5120) (i64.const 0)))
    (call $compare (local.get $used))
    (call $say_number (local.get $entries))
    (call $say_number (local.get $names))
    (call $say_number (global.get $differing)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '5\n46\n0\n' },
  },
];
