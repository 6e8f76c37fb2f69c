/** Guests that exercise the host's other answers: arguments, clocks, randomness, polling, errors. */
import { data, program } from './assemble.ts';
import type { Guest } from './guest.ts';
import type { WasiName } from './signatures.ts';

/**
 * Says argc, writes argv[1] and what follows as raw bytes with their NULs, and then the same of the
 * whole environment. Checks that the pointers lie in order and begin where the strings do.
 */
const echo = program(`
  (memory (export "memory") 4)
  ;; Writes the strings from number $first on; the pointers are at 65536, the strings at 131072.
  (func $show (param $first i32) (param $count i32) (param $size i32)
    (local $start i32)
    (call $say_number (local.get $count))
    (if (i32.lt_u (local.get $first) (local.get $count))
      (then
        (if (i32.ne (i32.load (i32.const 65536)) (i32.const 131072)) (then (unreachable)))
        (local.set $start
          (i32.load (i32.add (i32.const 65536) (i32.mul (local.get $first) (i32.const 4)))))
        (call $say (local.get $start)
          (i32.sub (i32.add (i32.const 131072) (local.get $size)) (local.get $start)))
        (say "\n"))))
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 2048) (i32.const 2052)))
    (drop (call $args_get (i32.const 65536) (i32.const 131072)))
    (call $show (i32.const 1) (i32.load (i32.const 2048)) (i32.load (i32.const 2052)))
    (drop (call $environ_sizes_get (i32.const 2048) (i32.const 2052)))
    (drop (call $environ_get (i32.const 65536) (i32.const 131072)))
    (call $show (i32.const 0) (i32.load (i32.const 2048)) (i32.load (i32.const 2052))))`);

/** A lone surrogate has no UTF-8: it must arrive as U+FFFD, not end the program. */
const oddArgs = [
  '',
  'plain',
  'späte d',
  '\u{1f600}',
  '\ud800',
  '\u001b]0;x\u0007',
  'two\nlines',
  '',
];
const oddEnv = { EMPTY: '', KEY: 'a=b=c', ÜMLAUT: '\u{1f600}', LONG: 'x'.repeat(20000) };

const encoded = (strings: readonly string[]): string =>
  strings.map((one) => `${one.toWellFormed()}\0`).join('');

/** Arguments with which each function that takes a descriptor is given one that nobody opened. */
const badCalls: Partial<Record<WasiName, readonly (number | bigint)[]>> = {
  fd_advise: [999, 0n, 1n, 0],
  fd_allocate: [999, 0n, 1n],
  fd_close: [999],
  fd_datasync: [999],
  fd_fdstat_get: [999, 4096],
  fd_fdstat_set_flags: [999, 0],
  fd_fdstat_set_rights: [999, 0n, 0n],
  fd_filestat_get: [999, 4096],
  fd_filestat_set_size: [999, 0n],
  fd_filestat_set_times: [999, 0n, 0n, 0],
  fd_pread: [999, 2048, 1, 0n, 4096],
  fd_prestat_get: [999, 4096],
  fd_prestat_dir_name: [999, 4096, 1],
  fd_pwrite: [999, 2048, 1, 0n, 4096],
  fd_read: [999, 2048, 1, 4096],
  fd_readdir: [999, 8192, 256, 0n, 4096],
  fd_renumber: [999, 998],
  fd_seek: [999, 0n, 0, 4096],
  fd_sync: [999],
  fd_tell: [999, 4096],
  fd_write: [999, 2048, 1, 4096],
  path_create_directory: [999, 2064, 1],
  path_filestat_get: [999, 0, 2064, 1, 4096],
  path_filestat_set_times: [999, 0, 2064, 1, 0n, 0n, 0],
  path_link: [999, 0, 2064, 1, 999, 2065, 1],
  path_open: [999, 0, 2064, 1, 0, 0n, 0n, 0, 4096],
  path_readlink: [999, 2064, 1, 8192, 256, 4096],
  path_remove_directory: [999, 2064, 1],
  path_rename: [999, 2064, 1, 999, 2065, 1],
  path_symlink: [2064, 1, 999, 2065, 1],
  path_unlink_file: [999, 2064, 1],
  sock_accept: [999, 0, 4096],
  sock_recv: [999, 2048, 1, 0, 4096, 4104],
  sock_send: [999, 2048, 1, 0, 4096],
  sock_shutdown: [999, 0],
};

/** Results that do not fit at the end of the one page of memory. */
const badPointers: Partial<Record<WasiName, readonly (number | bigint)[]>> = {
  args_sizes_get: [65534, 2048],
  args_get: [65534, 65534],
  environ_sizes_get: [2048, 65534],
  clock_res_get: [0, 65530],
  clock_time_get: [0, 0n, -4],
  random_get: [65500, 100],
  fd_fdstat_get: [1, 65520],
  fd_filestat_get: [1, 65500],
  fd_prestat_get: [3, 65532],
  fd_prestat_dir_name: [3, 65536, 1],
  fd_readdir: [3, 65500, 4096, 0n, 2048],
  path_open: [3, 0, 65530, 100, 0, 0n, 0n, 0, 2048],
  path_filestat_get: [3, 0, 2064, 1, 65500],
  poll_oneoff: [65500, 2048, 4, 2060],
};

/** Says the name and the errno of every call of a table. */
function saying(calls: typeof badCalls): string {
  return Object.entries(calls)
    .map(([name, args]) => {
      const operands = args.map((arg) =>
        typeof arg === 'bigint' ? `(i64.const ${arg})` : `(i32.const ${arg})`,
      );
      return `(say "${name} ")
    (call $say_number (call $${name} ${operands.join(' ')}))`;
    })
    .join('\n    ');
}

/** A clock subscription at an address: userdata, clock 1 (monotonic), relative timeout in ns. */
const clockSubscription = (at: number, userdata: number, timeout: bigint): string => `
    (i64.store (i32.const ${at}) (i64.const ${userdata}))
    (i32.store (i32.const ${at + 16}) (i32.const 1))
    (i64.store (i32.const ${at + 24}) (i64.const ${timeout}))`;

export const calls: Guest[] = [
  /** Arguments and environment, empty, odd and long. */
  {
    name: 'args-environ',
    input: { args: oddArgs, env: oddEnv },
    wat: echo,
    expect: {
      ending: { kind: 'exit', code: 0 },
      stdout:
        `${oddArgs.length + 1}\n${encoded(oddArgs)}\n` +
        `${Object.keys(oddEnv).length}\n` +
        `${encoded(Object.entries(oddEnv).map(([name, value]) => `${name}=${value}`))}\n`,
    },
  },

  /** Only argv[0], and no environment. */
  {
    name: 'args-environ-empty',
    wat: echo,
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '1\n0\n' },
  },

  /** 100 KiB of randomness, hashed to the exit code (0–63). */
  {
    name: 'random-hash',
    wat: program(`
  (memory (export "memory") 4)
  (func (export "_start")
    (if (call $random_get (i32.const 65536) (i32.const 102400)) (then (unreachable)))
    (call $proc_exit (i32.and (i32.const 63)
      (call $hash (i32.const 65536) (i32.const 102400) (i32.const 0x811c9dc5)))))`),
    expect: { ending: { kind: 'exit', code: 'varies' }, stdout: '' },
  },

  /** Writes the raw u64 of realtime, monotonic and realtime's resolution: 24 bytes. */
  {
    name: 'clock-raw',
    wat: program(`
  (func (export "_start")
    (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 2048)))
    (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 2056)))
    (drop (call $clock_res_get (i32.const 0) (i32.const 2064)))
    (call $say (i32.const 2048) (i32.const 24)))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdoutLength: 24 },
  },

  /** A clock that does not exist: EINVAL (28), and the result is left alone. */
  {
    name: 'clock-unknown',
    wat: program(`
  (func (export "_start")
    (i64.store (i32.const 2048) (i64.const 77))
    (call $say_number (call $clock_time_get (i32.const 99) (i64.const 1) (i32.const 2048)))
    (call $say_number (i32.load (i32.const 2048))))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '28\n77\n' },
  },

  /** Sleeps 1 ms: one event with its userdata, errno 0 and type 0 (clock). */
  {
    name: 'poll-clock',
    wat: program(`
  (func (export "_start")
    ${clockSubscription(2048, 4711, 1000000n)}
    (call $say_number (call $poll_oneoff (i32.const 2048) (i32.const 3000) (i32.const 1) (i32.const 4000)))
    (call $say_number (i32.load (i32.const 4000)))
    (call $say_number (i32.load (i32.const 3000)))
    (call $say_number (i32.load16_u (i32.const 3008)))
    (call $say_number (i32.load8_u (i32.const 3010))))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '0\n1\n4711\n0\n0\n' },
  },

  /** Polls for nothing: EINVAL (28). */
  {
    name: 'poll-nothing',
    wat: program(`
  (func (export "_start")
    (call $say_number (call $poll_oneoff (i32.const 2048) (i32.const 3000) (i32.const 0) (i32.const 4000))))`),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '28\n' },
  },

  /** A descriptor that nobody opened, for each of 35 functions: EBADF (8). */
  {
    name: 'bad-descriptors',
    wat: program(`
  ${data(2064, 'xy')}
  (func (export "_start")
    (i32.store (i32.const 2048) (i32.const 8192))
    (i32.store (i32.const 2052) (i32.const 16))
    ${saying(badCalls)})`),
    expect: {
      ending: { kind: 'exit', code: 0 },
      stdout: Object.keys(badCalls)
        .map((name) => `${name} 8\n`)
        .join(''),
    },
  },

  /** Out-pointers and paths that lie partly outside memory. Errnos are the host's; it may trap. */
  {
    name: 'pointers-out-of-bounds',
    input: { files: { x: 'x' } },
    wat: program(`
  ${data(2064, 'x')}
  (func (export "_start")
    ${saying(badPointers)})`),
    expect: { ending: { kind: 'any' } },
  },

  /**
   * N host calls (the first argument, or 1000), one a turn of the loop: a mix of cheap ones, two of
   * which fail or write nothing. Says N.
   */
  {
    name: 'mixed-calls',
    wat: mixedCalls(),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '1000\n' },
  },
  {
    name: 'mixed-calls-20000',
    input: { args: ['20000'] },
    wat: mixedCalls(),
    expect: { ending: { kind: 'exit', code: 0 }, stdout: '20000\n' },
  },
];

function mixedCalls(): string {
  const mix = [
    'call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 2048)',
    'call $random_get (i32.const 2056) (i32.const 16)',
    'call $sched_yield',
    'call $fd_fdstat_get (i32.const 1) (i32.const 2080)',
    'call $fd_prestat_get (i32.const 99) (i32.const 2104)',
    'call $environ_sizes_get (i32.const 2112) (i32.const 2116)',
    'call $clock_res_get (i32.const 0) (i32.const 2120)',
    'call $fd_write (i32.const 1) (i32.const 2128) (i32.const 1) (i32.const 2136)',
  ];
  // Turn n goes to depth n mod 8 of the nested blocks: behind the end of that block is call n mod 8.
  const blocks = '(block '.repeat(mix.length);
  const cases = mix.map((one) => `) (drop (${one})) (br $done)`).join('\n        ');
  return program(`
  (func $turns (result i32)
    (local $at i32) (local $digit i32) (local $turns i32)
    (drop (call $args_sizes_get (i32.const 2144) (i32.const 2148)))
    (if (i32.lt_u (i32.load (i32.const 2144)) (i32.const 2)) (then (return (i32.const 1000))))
    (drop (call $args_get (i32.const 4096) (i32.const 8192)))
    (local.set $at (i32.load (i32.const 4100)))
    (block $end
      (loop $next
        (local.set $digit (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
        (br_if $end (i32.gt_u (local.get $digit) (i32.const 9)))
        (local.set $turns
          (i32.add (i32.mul (local.get $turns) (i32.const 10)) (local.get $digit)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $turns))
  (func (export "_start")
    (local $turn i32) (local $turns i32)
    (local.set $turns (call $turns))
    (loop $next
      (block $done
        ${blocks}
        (br_table ${[...mix.keys()].join(' ')} (i32.and (local.get $turn) (i32.const 7)))
        ${cases})
      (local.set $turn (i32.add (local.get $turn) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $turn) (local.get $turns))))
    (call $say_number (local.get $turns)))`);
}
