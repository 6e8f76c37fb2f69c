/** Components that cannot be run, and those that fail when they are: each says why, and what to do. */
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRecording } from '../../recorder/record.ts';
import { replay } from '../../replayer/replay.ts';
import { Scratch } from '../recorder/scratch.ts';
import { command, component, deep, outer } from './component-wat.ts';

const scratch = new Scratch('bad-components');
const cacheHome = process.env.XDG_CACHE_HOME;

beforeAll(() => {
  process.env.XDG_CACHE_HOME = scratch.fresh();
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  scratch.remove();
});

const whole = readFileSync(join(import.meta.dirname, 'fixtures/uninit-O0g.component.wasm'));
const core = readFileSync(join(import.meta.dirname, '../../examples/wasm/uninit-O0g.wasm'));

const SUCCEED = '(func (export "run") (result i32) i32.const 0)';

const LIBRARY = `
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func $f (canon lift (core func $i "f")))`;

/** Exports the function of {@link LIBRARY} in the interface of a command. */
const RUN_OF = (name: string) => `
  (instance $run (export "${name}" (func $f)))
  (export "wasi:cli/run@0.2.3" (instance $run))`;

/** Uses two interfaces that nobody has. */
const LONELY = `
  (import "acme:bank/vault@1.0.0" (instance $vault (export "open" (func))))
  (import "wasi:cli/stdout@0.4.0" (instance $stdout (export "flush" (func))))
  (core func $open (canon lower (func $vault "open")))
  (core func $flush (canon lower (func $stdout "flush")))
  ${command(
    `(import "a" "open" (func)) (import "a" "flush" (func)) ${SUCCEED}`,
    '(with "a" (instance (export "open" (func $open)) (export "flush" (func $flush))))',
  )}`;

function changed(bytes: Uint8Array, at: number, ...values: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}

describe('is refused before anything runs or is written', () => {
  test.each<[string, () => Uint8Array | Promise<Uint8Array>, string, readonly string[]]>([
    ['nothing but a header', () => component(), 'EXPORT_MISSING', ['exports nothing']],
    [
      'a library',
      () =>
        component(
          LIBRARY,
          '(instance $e (export "f" (func $f)))',
          '(export "acme:one/two" (instance $e))',
        ),
      'EXPORT_MISSING',
      ['exports acme:one/two, and not wasi:cli/run.', 'is a library', 'wac plug'],
    ],
    [
      'an HTTP server',
      () =>
        component(
          LIBRARY,
          '(instance $h (export "handle" (func $f)))',
          '(export "wasi:http/incoming-handler@0.2.3" (instance $h))',
        ),
      'EXPORT_MISSING',
      ['exports wasi:http/incoming-handler@0.2.3, and', 'is an HTTP server', '--serve HOST:PORT'],
    ],
    [
      'a command of another WASI',
      () => component(command(SUCCEED, '', '0.1.0')),
      'EXPORT_MISSING',
      ['wasi:cli/run@0.1.0', 'another version of WASI', 'wasm32-wasip2'],
    ],
    [
      'imports that nobody provides',
      () => component(LONELY),
      'IMPORTS_UNSATISFIED',
      ['\n  acme:bank/vault@1.0.0: open\n  wasi:cli/stdout@0.4.0: flush\n', 'wac plug'],
    ],
    [
      'shared memory',
      () => component(command(`(memory 1 1 shared) ${SUCCEED}`)),
      'MODULE_UNSUPPORTED',
      ['shared memory', 'Build it without threads'],
    ],
    [
      'a function of no interface',
      () =>
        component(
          '(import "ask" (func $ask))',
          '(core func $ask (canon lower (func $ask)))',
          command(
            `(import "a" "ask" (func)) ${SUCCEED}`,
            '(with "a" (instance (export "ask" (func $ask))))',
          ),
        ),
      'IMPORTS_UNSATISFIED',
      ['\n  ask\n'],
    ],
    [
      'a run without a run',
      () => component(LIBRARY, RUN_OF('walk')),
      'EXPORT_MISSING',
      ['without a function run'],
    ],
    [
      'a run of another type',
      () => component(LIBRARY, RUN_OF('run')),
      'EXPORT_UNSUPPORTED',
      ['gives a result'],
    ],
    [
      'a table that V8 does not make',
      () => component(command(`(table 4000000000 funcref) ${SUCCEED}`)),
      'MODULE_INVALID',
      ['cannot be compiled: initial table size (4000000000 elements)', 'more than this one allows'],
    ],
    ['a cut file', () => whole.subarray(0, 100_000), 'MODULE_INVALID', ['unexpected end']],
    ['a header and a byte', () => whole.subarray(0, 9), 'MODULE_INVALID', ['unexpected end']],
    ['bad bytes', () => changed(whole, 3000, 255, 255), 'MODULE_INVALID', ['offset 0x']],
    ['a core module that says so', () => changed(core, 4, 13, 0, 1), 'MODULE_INVALID', ['offset']],
    ['a later version', () => changed(whole, 4, 14), 'MODULE_INVALID', ['unknown binary version']],
    ['zeros', () => changed(new Uint8Array(100), 0, ...whole.subarray(0, 8)), 'MODULE_INVALID', []],
  ])('%s', async (_, make, code, says) => {
    const failure = await scratch.record({ module: await make() }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'WasiRrError', code });
    const { message } = failure as Error;
    for (const text of says) expect(message).toContain(text);
    // what it is and what to do, in whole sentences
    expect(message).toMatch(/^program\.wasm ?(is|has|imports|exports|uses|: the run) .*\.$/s);
    expect(message).not.toMatch(/\\n|^ +at /m);
  });
});

const EXIT_INSIDE = `
  (import "exit" (func $exit (param "status" (result))))
  (core func $exit (canon lower (func $exit)))
  (core module $m (import "a" "exit" (func $exit (param i32))) ${deep('i32.const 1 call $exit')})
  (core instance $i (instantiate $m (with "a" (instance (export "exit" (func $exit))))))
  (func (export "go") (canon lift (core func $i "go")))`;

const TRAP_INSIDE = `
  (core module $m ${deep('unreachable')})
  (core instance $i (instantiate $m))
  (func (export "go") (canon lift (core func $i "go")))`;

const EXIT =
  '(import "wasi:cli/exit@0.2.3" (instance $exit (export "exit" (func (param "status" (result))))))';

describe('leaves a trace that replays', () => {
  test.each<[string, readonly string[], object]>([
    ['success', [command(SUCCEED)], { kind: 'exit', code: 0 }],
    [
      'an error of run',
      [command('(func (export "run") (result i32) i32.const 1)')],
      { kind: 'exit', code: 1 },
    ],
    [
      'exit, deep in a component within',
      [EXIT, outer(EXIT_INSIDE, '(with "exit" (func $exit "exit"))')],
      { kind: 'exit', code: 1 },
    ],
    [
      'a trap, deep in a component within',
      [outer(TRAP_INSIDE)],
      { kind: 'trap', trap: { kind: 'unreachable', message: 'unreachable' } },
    ],
    [
      'a trap of a start function',
      [command(`(func $s unreachable) (start $s) ${SUCCEED}`)],
      { kind: 'trap', trap: { kind: 'unreachable' } },
    ],
    [
      'a function that the shim lacks',
      [
        `(import "wasi:cli/stdout@0.2.3" (instance $b (export "get-teletype" (func (result u32)))))
         (core func $l (canon lower (func $b "get-teletype")))`,
        command(
          '(import "a" "b" (func $t (result i32))) (func (export "run") (result i32) call $t)',
          '(with "a" (instance (export "b" (func $l))))',
        ),
      ],
      {
        kind: 'failed',
        message: expect.stringContaining('  wasi:cli/stdout@0.2.3 get-teletype') as string,
      },
    ],
    [
      'a result that is none',
      [command('(func (export "run") (result i32) i32.const 7)')],
      { kind: 'trap', trap: { kind: 'other', message: expect.stringContaining('discriminant') } },
    ],
  ])('%s', async (_, definitions, outcome) => {
    const run = await scratch.record({ module: await component(...definitions) });
    expect(run.outcome).toMatchObject(outcome);
    const report = await replay({ trace: run.trace });
    const status = run.outcome.kind === 'failed' ? 'prefix' : 'identical';
    expect(report).toMatchObject({ status, outcome: run.outcome });
  });
});

describe('an option that is for core modules is refused', () => {
  test.each([
    ['another host', { host: 'node' }, 'preview2-shim answers it, which promises no sandbox'],
    ['the sandbox', { host: 'sandbox' }, 'preview2-shim answers it, which promises no sandbox'],
    ['faults', { chaos: {} }, 'into core modules'],
    ['a socket', { tcpListen: ['127.0.0.1:0'] }, '--net'],
  ])('%s', async (_what, options, message) => {
    await expect(scratch.record({ module: whole, ...options })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining(message),
    });
  });
});

test('a command is run as a whole, and nothing else of it can be called', async () => {
  const output = scratch.fresh('.wrr');
  const module = await component(command(SUCCEED));
  const recording = await openRecording({ module, output, stdin: openSync('/dev/null', 'r') });
  expect(recording.exports).toEqual(['_start']);
  expect(() => recording.call('wasi:cli/run')).toThrow(
    expect.objectContaining({ code: 'EXPORT_MISSING' }),
  );
  expect(await recording.call('_start')).toEqual({ kind: 'returned', results: [] });
  expect((await recording.finish()).outcome).toEqual({ kind: 'exit', code: 0 });
  expect(await replay({ trace: output })).toMatchObject({ status: 'identical' });
});
