/** A program that opens all the files that it may leaves the recorder what it needs for the trace. */
import { expect, test } from 'vitest';
import { TraceReader } from '../../traces/reader.ts';
import { program } from '../guests/assemble.ts';
import { compileWat } from '../guests/wat.ts';
import { workspace } from './command.ts';

/** Opens a file until that fails, then closes one and opens it again; says with which errors. */
const GREEDY = program(`
  (func $open (result i32)
    (call $path_open (i32.const 3) (i32.const 0) (i32.const 4096) (i32.const 4) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 4104)))
  (func (export "_start") (local $errno i32)
    (loop $next
      (local.set $errno (call $open))
      (br_if $next (i32.eqz (local.get $errno))))
    (call $say_number (local.get $errno))
    (call $say_number (call $fd_close (i32.load (i32.const 4104))))
    (call $say_number (call $open))
    (call $say_number (call $open)))
  (data (i32.const 4096) "file")`);

const [IO, MFILE] = [29, 33];

test('a module gets mfile, in a trace that is complete', async () => {
  const ws = workspace();
  ws.write('greedy.wasm', await compileWat(GREEDY));
  ws.write('file', '');
  const run = await ws.shell('ulimit -n 200; $WASI_RR record -q --dir .::/ greedy.wasm; echo $?');
  expect(run).toMatchObject({ stdout: `${MFILE}\n0\n0\n${MFILE}\n0\n`, stderr: '' });
  expect((await ws.run('verify')).stdout).toMatch(/^ok .* 1\d\d events/);
});

test('a component gets an error, too, which has no name of its own in WASI 0.2', async () => {
  const ws = workspace();
  ws.write('greedy.wasm', await compileWat(GREEDY));
  ws.write('file', '');
  // the adapter has room for 128 files
  const run = await ws.shell(
    'ulimit -n 110; $WASI_RR record -q --via-component --dir .::/ greedy.wasm; echo $?',
  );
  expect(run).toMatchObject({ stdout: `${IO}\n0\n0\n${IO}\n0\n`, stderr: '' });
  expect((await ws.run('verify')).stdout).toMatch(/^ok /);
  const reader = new TraceReader(ws.path('traces', 'greedy-1.wrr'));
  const opens = [...reader.events()].filter(
    (one) => 'func' in one && /open-at/.test(one.func.name),
  );
  reader.close();
  // 48 are the recorder's; its threads have some of the others
  expect(opens.length).toBeGreaterThan(3);
  expect(opens.length).toBeLessThan(110 - 48);
});
