/** `record --on-trace-error`: what becomes of the guest and its trace when no more can be written. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileWat } from '../guests/wat.ts';
import { finished, MAIN, printed, type Workspace, workspace } from './command.ts';

/**
 * Asks for 40 MB that cannot be compressed, says that it has come to its end, and exits with 7. A file and its log of 12 MB
 * each have no room for it long before the guest is at its end.
 */
const GREEDY = `(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\\10\\00\\00\\00\\08\\00\\00\\00")
  (data (i32.const 16) "the end\\n")
  (func (export "_start") (local $i i32)
    (loop $again
      (drop (call $random (i32.const 65536) (i32.const 4096)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 10000))))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $exit (i32.const 7))))`;

/** Records {@link GREEDY} where no file may become larger. @param limit blocks of 1 KiB */
async function recordLimited(ws: Workspace, limit: number, options: string) {
  ws.write('greedy.wasm', await compileWat(GREEDY));
  return ws.shell(`ulimit -f ${limit}; $WASI_RR record ${options} greedy.wasm`);
}

async function outcomeOf(ws: Workspace) {
  return JSON.parse((await ws.run('info', '--json')).stdout).meta.outcome;
}

// below and above the size from which the write-ahead log is moved into the database while it is written
describe.each([2_000, 12_000])('files may not grow beyond %i KiB', (limit) => {
  test('stop: the guest is ended, 123, and what was written replays', async () => {
    const ws = workspace();
    const run = await recordLimited(ws, limit, '');
    expect(run).toMatchObject({ status: 123, stdout: '' });
    expect(run.stderr).toMatch(/cannot be written on: .*ulimit -f.* can be replayed\. .* -o .*\n$/);
    expect(run.stderr).toContain('The program was ended; --on-trace-error continue');
    expect(await outcomeOf(ws)).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^the trace could not be written on .* was ended$/),
    });
    expect(await ws.run('verify')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^prefix .* [1-9]\d* events: failed: the trace could not/),
    });
  });

  test('continue: the guest ends as it would, and the trace says where it stops', async () => {
    const ws = workspace();
    const run = await recordLimited(ws, limit, '--on-trace-error continue');
    expect(run).toMatchObject({ status: 7, stdout: 'the end\n' });
    const [moment, end] = run.stderr.split('\n');
    expect(moment).toMatch(
      /cannot be written on: .* The program runs on without being recorded\.$/,
    );
    expect(end).toMatch(
      /exit 7; its trace could not be written to the end, and holds the first \d+ call/,
    );
    expect(await outcomeOf(ws)).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^the trace could not be written on .* ran on unrecorded$/),
    });
    const replayed = await ws.run('replay');
    expect(replayed).toMatchObject({ status: 125, stdout: '' });
    expect(replayed.stderr).toMatch(/\b(\d+) of \1 recorded events replayed as recorded/);
    expect((await ws.run('ls')).stdout).toContain('could not be written on');
  });
});

describe('files may not grow, and the guest is a component', () => {
  test('stop: it is ended, 123, and what was written replays', async () => {
    const ws = workspace();
    const run = await recordLimited(ws, 2_000, '--via-component');
    expect(run).toMatchObject({ status: 123, stdout: '' });
    expect(run.stderr).toContain('The program was ended; --on-trace-error continue');
    expect((await ws.run('verify')).stdout).toMatch(
      /^prefix .* [1-9]\d* events: failed: the trace could not/,
    );
  });

  test('continue: it ends as it would, and the trace says where it stops', async () => {
    const ws = workspace();
    const run = await recordLimited(ws, 2_000, '--via-component --on-trace-error continue');
    // wasi:cli/exit knows no other code
    expect(run).toMatchObject({ status: 1, stdout: 'the end\n' });
    expect(run.stderr).toContain('The program runs on without being recorded.');
    expect((await ws.run('verify')).stdout).toMatch(
      /^prefix .* events: failed: the trace could not/,
    );
  });
});

test('the trace folder is removed: a guest that computes is ended as well', async () => {
  const ws = workspace();
  const child = ws.start({}, 'record', await ws.guest('busy-loop'));
  const end = finished(child);
  await printed(child, 'start\n');
  rmSync(ws.traces, { recursive: true });
  const run = await end;
  expect(run.status).toBe(123);
  expect(run.stderr).toContain('was removed or replaced');
  expect(existsSync(ws.traces)).toBe(false);
});

test('the guest sits in a read when the trace is lost: 123 all the same', async () => {
  const ws = workspace();
  const child = ws.start({ stdin: 'open' }, 'record', await ws.guest('blocked-read'));
  const end = finished(child);
  await printed(child, 'start\n');
  rmSync(ws.traces, { recursive: true });
  expect((await end).status).toBe(123);
});

/** Modes mean nothing to root. */
const USER = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** Whether that user may read the checkout. */
const canRecord = spawnSync(process.execPath, [MAIN, '--version'], USER).status === 0;

test.skipIf(!canRecord)(
  'the trace folder becomes read-only: the trace is complete all the same',
  async () => {
    const ws = workspace();
    const module = await ws.guest('blocked-read');
    if (USER.uid !== undefined) {
      chmodSync(ws.root, 0o755);
      chmodSync(module, 0o644);
      chownSync(ws.traces, USER.uid, USER.gid);
    }
    const child = ws.start({ stdin: 'open', ...USER }, 'record', module);
    const end = finished(child);
    await printed(child, 'start\n');
    chmodSync(ws.traces, 0o555);
    child.stdin?.end('input');
    const run = await end;
    expect(run).toMatchObject({ status: 0, signal: null });
    expect(run.stderr).toContain('recorded in');
    expect((await ws.run('verify')).stdout).toMatch(/^ok /);
    chmodSync(ws.traces, 0o755);
  },
);
