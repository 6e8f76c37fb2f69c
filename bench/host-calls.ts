/**
 * Child: what single calls take, from a guest's loop to the answer, under `node:wasi` and under the host of
 * wasi-rr by turns. `host-calls.js ROUNDS` prints JSON. Nothing is recorded.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeHost } from '../recorder/hosts/node.ts';
import { sandboxHost } from '../recorder/hosts/sandbox/sandbox.ts';
import { data, program, words } from '../test/guests/assemble.ts';
import { compileWat } from '../test/guests/wat.ts';

/** Nanoseconds of one call, by round. */
export interface HostCall {
  readonly name: string;
  /** What the goal speaks of; the others are for looking at. */
  readonly judged: boolean;
  readonly node: number[];
  readonly sandbox: number[];
}

interface Measure {
  readonly name: string;
  readonly judged?: boolean;
  /** Of one round, chosen to take some 20 ms. */
  readonly times: number;
  /** WAT of one go; `$file` is open for reading and writing. */
  readonly wat: string;
}

const READ_WRITE = (1 << 1) | (1 << 2) | (1 << 5) | (1 << 6) | (1 << 21);
const LISTING = 1 << 14;

const open = (directory: string, path: number, length: number, flags = 0, rights = READ_WRITE) =>
  `(call $path_open ${directory} (i32.const 0) (i32.const ${path}) (i32.const ${length}) (i32.const ${flags})
     (i64.const ${rights}) (i64.const 0) (i32.const 0) (i32.const 2560))`;
const opened = '(i32.load (i32.const 2560))';
const root = '(i32.const 3)';

/** Texts of the guest, and arrays of one buffer at 4096: of 64 bytes, 64 KiB, 1 byte. */
const DATA = `
  ${data(2048, 'file')} ${data(2064, 'a/b/c/file')} ${data(2080, 'listed')} ${data(2096, 'none')} ${data(2112, 'large')}
  ${data(2304, words(65536, 64))} ${data(2320, words(65536, 65536))} ${data(2336, words(65536, 4096))}`;

const MEASURES: readonly Measure[] = [
  ...[0, 1].map((clock) => ({
    name: `clock_time_get ${['real time', 'monotonic'][clock]}`,
    judged: true,
    times: 100_000,
    wat: `(drop (call $clock_time_get (i32.const ${clock}) (i64.const 1) (i32.const 4096)))`,
  })),
  ...(
    [
      ['16 B', 16, 40_000],
      ['4 KiB', 4096, 4000],
    ] as const
  ).map(([name, size, times]) => ({
    name: `random_get ${name}`,
    judged: true,
    times,
    wat: `(drop (call $random_get (i32.const 65536) (i32.const ${size})))`,
  })),
  ...(
    [
      ['64 B', 2304, 20_000],
      ['4 KiB', 2336, 20_000],
      ['64 KiB', 2320, 4000],
    ] as const
  ).map(([name, iovec, times]) => ({
    name: `fd_pread ${name}`,
    judged: true,
    times,
    wat: `(drop (call $fd_pread (global.get $large) (i32.const ${iovec}) (i32.const 1) (i64.const 0) (i32.const 2560)))`,
  })),
  {
    name: 'fd_read 64 B',
    judged: true,
    times: 20_000,
    wat: '(drop (call $fd_read (global.get $large) (i32.const 2304) (i32.const 1) (i32.const 2560)))',
  },
  ...(
    [
      ['64 B', 2304, 20_000],
      ['64 KiB', 2320, 2000],
    ] as const
  ).map(([name, iovec, times]) => ({
    name: `fd_pwrite ${name}`,
    judged: true,
    times,
    wat: `(drop (call $fd_pwrite (global.get $file) (i32.const ${iovec}) (i32.const 1) (i64.const 0) (i32.const 2560)))`,
  })),
  {
    name: 'fd_write 64 B',
    judged: true,
    times: 20_000,
    wat: '(drop (call $fd_write (global.get $file) (i32.const 2304) (i32.const 1) (i32.const 2560)))',
  },
  {
    name: 'fd_seek',
    times: 50_000,
    wat: '(drop (call $fd_seek (global.get $file) (i64.const 0) (i32.const 0) (i32.const 2560)))',
  },
  {
    name: 'fd_fdstat_get',
    times: 50_000,
    wat: '(drop (call $fd_fdstat_get (global.get $file) (i32.const 2560)))',
  },
  {
    name: 'fd_filestat_get',
    judged: true,
    times: 20_000,
    wat: '(drop (call $fd_filestat_get (global.get $file) (i32.const 2560)))',
  },
  ...(
    [
      ['in the root', 2048, 4],
      ['3 deep', 2064, 10],
      ['of nothing', 2096, 4],
    ] as const
  ).map(([name, at, length]) => ({
    name: `path_filestat_get ${name}`,
    judged: true,
    times: 5000,
    wat: `(drop (call $path_filestat_get ${root} (i32.const 0) (i32.const ${at}) (i32.const ${length}) (i32.const 2560)))`,
  })),
  ...(
    [
      ['in the root', 2048, 4],
      ['3 deep', 2064, 10],
    ] as const
  ).map(([name, at, length]) => ({
    name: `path_open and fd_close ${name}`,
    judged: true,
    times: 4000,
    wat: `(if ${open(root, at, length)} (then (unreachable))) (drop (call $fd_close ${opened}))`,
  })),
  {
    name: 'fd_readdir, 100 entries',
    times: 100,
    wat: `(if ${open(root, 2080, 6, 2, LISTING)} (then (unreachable)))
      (drop (call $fd_readdir ${opened} (i32.const 65536) (i32.const 65536) (i64.const 0) (i32.const 2560)))
      (drop (call $fd_close ${opened}))`,
  },
];

function guest(): Promise<Uint8Array<ArrayBuffer>> {
  const loops = MEASURES.map(
    ({ wat, times }, i) => `
    (func (export "run${i}") (local $left i32)
      (local.set $left (i32.const ${times}))
      (loop $next ${wat} (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))`,
  );
  return compileWat(
    program(`
    (memory (export "memory") 4)
    ${DATA}
    (global $file (mut i32) (i32.const 0))
    (global $large (mut i32) (i32.const 0))
    (func (export "begin")
      (if ${open(root, 2048, 4)} (then (unreachable)))
      (global.set $file ${opened})
      (if ${open(root, 2112, 5)} (then (unreachable)))
      (global.set $large ${opened}))
    ${loops.join('\n')}`),
  );
}

function fill(folder: string): void {
  const deep = join(folder, 'a/b/c');
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(folder, 'file'), '');
  writeFileSync(join(deep, 'file'), '');
  // enough for fd_read to read on and on
  writeFileSync(join(folder, 'large'), Buffer.alloc(64 << 20));
  mkdirSync(join(folder, 'listed'));
  for (let i = 0; i < 100; i++) writeFileSync(join(folder, 'listed', `entry-${i}`), '');
}

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-bench-host-'));
try {
  fill(folder);
  const module = new WebAssembly.Module(await guest());
  const streams = { stdin: 0, stdout: 1, stderr: 2 };
  const config = { args: [], env: [], preopens: [{ host: folder, guest: '/' }], ...streams };
  const runs = [nodeHost, sandboxHost].map((made) => {
    const host = made(config);
    const imports = { wasi_snapshot_preview1: Object.fromEntries(host.functions) };
    const { exports } = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    host.bind(exports.memory as WebAssembly.Memory);
    (exports.begin as () => void)();
    return exports as Record<string, () => void>;
  });
  const calls = MEASURES.map(
    ({ name, judged = false }): HostCall => ({ name, judged, node: [], sandbox: [] }),
  );
  // the first rounds run code that V8 has not optimised yet
  const rounds = Number(process.argv[2] ?? 20) + 3;
  for (let round = 0; round < rounds; round++) {
    for (const [i, { times }] of MEASURES.entries()) {
      for (const [which, exports] of runs.entries()) {
        const start = performance.now();
        exports[`run${i}`]?.();
        const each = ((performance.now() - start) * 1e6) / times;
        if (round >= 3) calls[i]?.[which === 0 ? 'node' : 'sandbox'].push(each);
      }
    }
  }
  process.stdout.write(JSON.stringify(calls));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
