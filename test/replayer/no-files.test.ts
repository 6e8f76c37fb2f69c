/**
 * A replay opens no file but the trace and what wasi-rr and Node consist of, and no socket: what the
 * recorded program had opened may be gone, or be something else by now.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../examples/cases.ts';
import { Scratch } from '../recorder/scratch.ts';

const hasStrace =
  spawnSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' }).status === 0;

const scratch = new Scratch('no-files');
afterAll(() => scratch.remove());

const PROJECT = resolve(import.meta.dirname, '../..');
const PROGRAM = `
  import { replay } from ${JSON.stringify(join(PROJECT, 'replayer/replay.ts'))};
  const { status } = await replay({ trace: process.argv[1], onOutput: () => {} });
  process.stdout.write(status);
`;

/** What Node and the C library look at in any program. */
const RUNTIME = [
  /^\/(lib|lib64|usr\/lib|usr\/local\/lib)\//,
  /^\/etc\/(ld\.so\.cache|ssl\/openssl\.cnf|localtime)$/,
  /^\/usr\/(lib|share)\/(ssl|locale|zoneinfo)\//,
  /^\/proc\/(self|meminfo|cpuinfo|stat|version_signature|sys\/vm\/|\d+)/,
  /^\/sys\/(fs\/cgroup|devices\/system\/cpu)/,
  /^\/dev\/(null|urandom|pts\/\d+|tty)$/,
];

describe.skipIf(!hasStrace)('a replay under strace', () => {
  test('opens the trace and wasi-rr, and nothing of what the program had', async () => {
    const example = exampleCases().find(({ name }) => name === 'heapsmash-ok-O0g');
    if (example === undefined) throw new Error('no heapsmash');
    // the inputs stay where they are: a replay that looked for them would find them
    const run = await scratch.recordExample(example);
    const calls = scratch.fresh('.strace');
    const child = spawnSync(
      'strace',
      [
        '-f',
        '-e',
        'trace=open,openat,openat2,creat,connect,socket,bind,execve',
        '-s',
        '4096',
        '-o',
        calls,
        process.execPath,
        '--no-warnings',
        '--input-type=module',
        '--eval',
        PROGRAM,
        run.trace,
      ],
      // Node's own cache, which the tests share, would be among the files
      { encoding: 'utf8', cwd: '/', env: { ...process.env, NODE_COMPILE_CACHE: '' } },
    );
    expect({ status: child.status, stdout: child.stdout, stderr: child.stderr }).toEqual({
      status: 0,
      stdout: 'identical',
      stderr: '',
    });

    const lines = spawnSync('cat', [calls], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout.split(
      '\n',
    );
    expect(lines.filter((line) => /\b(socket|connect|bind)\(/.test(line))).toEqual([]);
    expect(lines.filter((line) => /\bexecve\(/.test(line))).toHaveLength(1);
    const paths = lines.flatMap((line) => {
      const [, path] = /\b(?:open|openat|openat2|creat)\((?:[^",]*, )?"([^"]*)"/.exec(line) ?? [];
      return path === undefined ? [] : [path];
    });
    // so the pattern above finds what there is
    expect(paths).toContain(run.trace);
    const known = [run.trace, `${run.trace}-journal`, `${run.trace}-wal`, process.execPath];
    const foreign = paths.filter(
      (path) =>
        !known.includes(path) &&
        !path.startsWith(`${PROJECT}/`) &&
        !RUNTIME.some((pattern) => pattern.test(path)),
    );
    expect([...new Set(foreign)]).toEqual([]);
    // the trace stands in the same folder as the inputs: none of those
    expect(
      paths.filter((path) => path.startsWith(dirname(run.trace)) && path !== run.trace),
    ).toEqual([]);
    expect(paths.filter((path) => path.startsWith(run.inputs))).toEqual([]);
    // nor another wasm module or a host that could answer for real
    expect(
      paths.filter((path) => /\/recorder\/|\/examples\/|wasi-shim|\.wasm$/.test(path)),
    ).toEqual([]);
  });
});
