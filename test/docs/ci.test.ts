/**
 * docs/ci.md, command by command: each block of shell runs in a folder where the tools that it calls are, or
 * stand-ins that call a runner just as the tool does.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Finished, REPOSITORY, type Workspace, workspace } from '../cli/command.ts';

const DOCUMENT = readFileSync(join(REPOSITORY, 'docs/ci.md'), 'utf8');
const BLOCKS = new Map(
  [...DOCUMENT.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => [
    name,
    text,
  ]),
);
const block = (name: string): string => {
  const text = BLOCKS.get(name);
  if (text === undefined) throw new Error(`docs/ci.md has no block ${name}`);
  return text;
};

let ws: Workspace;
beforeEach(async () => {
  ws = workspace();
  mkdirSync(ws.path('bin'));
  mkdirSync(ws.path('target'));
  tool('wasi-rr', 'exec $WASI_RR "$@"');
  // prints its arguments and variables
  cpSync(await ws.guest('args-environ'), ws.path('target/app.wasm'));
});

/** Puts a command on the PATH of the blocks. */
function tool(name: string, script: string): void {
  chmodSync(ws.write(`bin/${name}`, `#!/bin/bash\n${script}\n`), 0o755);
}

function shell(script: string): Promise<Finished> {
  return ws.shell(`set -e; cd "${ws.root}"\n${script}`, {
    PATH: `${ws.path('bin')}:${process.env.PATH}`,
    PWD: ws.root,
  });
}

const traces = () => readdirSync(ws.traces);

test('every block is known here', () => {
  const runners = ['cargo', 'go', 'ctest', 'zig', 'wasmtime'];
  const names = [...runners, 'local', 'prune', 'chaos'].map((name) => `sh ${name}`);
  expect([...BLOCKS.keys()].toSorted()).toEqual([...names, 'yaml'].toSorted());
});

describe('runners', () => {
  test('Cargo: the program and its arguments follow the words of the variable', async () => {
    tool(
      'cargo',
      '[ "$*" = "test --target wasm32-wasip1" ] || exit 9\n' +
        '$CARGO_TARGET_WASM32_WASIP1_RUNNER "$PWD/target/app.wasm" --nocapture -- "a b" || exit 101',
    );
    const passed = await shell(block('sh cargo'));
    expect(passed).toMatchObject({ status: 0, stdout: '4\n--nocapture\0--\0a b\0\n0\n' });
    expect(traces()).toEqual([]);
    cpSync(await ws.guest('exit-3'), ws.path('target/app.wasm'));
    expect((await shell(block('sh cargo'))).status).toBe(101);
    expect(traces()).toEqual(['app-1.wrr']);
  });

  test('Go: the words of -exec, with the folder of the package as PWD', async () => {
    tool(
      'go',
      '[ "$GOOS $GOARCH $1 $2" = "wasip1 wasm test -exec" ] || exit 9\n' +
        '$3 "$PWD/target/app.wasm" -test.timeout=10m0s -test.v=true',
    );
    const run = await shell(block('sh go'));
    expect(run).toMatchObject({
      status: 0,
      stdout: `3\n-test.timeout=10m0s\0-test.v=true\0\n1\nPWD=${ws.root}\0\n`,
    });
  });

  test('Zig: the words of --test-cmd, then the program', async () => {
    tool(
      'zig',
      `words=(); while [ $# -gt 0 ]; do case "$1" in
        --test-cmd) words+=("$2"); shift 2;;
        --test-cmd-bin) words+=("$PWD/target/app.wasm"); shift;;
        *) shift;; esac; done; exec "\${words[@]}"`,
    );
    expect(await shell(block('sh zig'))).toMatchObject({ status: 0, stdout: '1\n0\n' });
    cpSync(await ws.guest('exit-3'), ws.path('target/app.wasm'));
    expect((await shell(block('sh zig'))).status).toBe(3);
    expect(traces()).toEqual(['app-1.wrr']);
  });

  test('a script that is called wasmtime', async () => {
    const run = await shell(`${block('sh wasmtime')}\nwasmtime --env A=1 target/app.wasm x`);
    expect(run).toMatchObject({
      status: 0,
      stdout: '2\n--its-own-option\0\n0\n2\nx\0\n1\nA=1\0\n',
    });
    const unknown = await shell(
      `${block('sh wasmtime')}\nwasmtime -W max-wasm-stack=1 target/app.wasm`,
    );
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain("unknown option '-W'");
  });

  // what builds C for WASI: the packages that examples/build.sh needs, and CMake
  const canBuild = ['/usr/bin/clang-19', '/usr/bin/cmake', '/usr/include/wasm32-wasi'].every(
    existsSync,
  );
  test.skipIf(!canBuild)('CTest: real, with CMake and clang', async () => {
    mkdirSync(ws.path('sdk/share/cmake'), { recursive: true });
    ws.write(
      'sdk/share/cmake/wasi-sdk.cmake',
      'set(CMAKE_SYSTEM_NAME WASI)\nset(CMAKE_C_COMPILER clang-19)\nset(CMAKE_C_COMPILER_TARGET wasm32-wasi)\n' +
        'set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\n',
    );
    ws.write(
      'CMakeLists.txt',
      `cmake_minimum_required(VERSION 3.20)
project(sample C)
enable_testing()
add_executable(reads reads.c)
add_test(NAME finds COMMAND reads input.txt --keep -- -q WORKING_DIRECTORY \${CMAKE_SOURCE_DIR})
add_test(NAME misses COMMAND reads nothing.txt WORKING_DIRECTORY \${CMAKE_SOURCE_DIR})
`,
    );
    ws.write('input.txt', 'text');
    ws.write(
      'reads.c',
      '#include <stdio.h>\nint main(int argc, char **argv) {\n  FILE *f = fopen(argv[1], "r");\n' +
        '  for (int i = 2; i < argc; i++) printf("%s|", argv[i]);\n  return f ? 0 : 3;\n}\n',
    );
    const run = await shell(
      `export WASI_SDK=$PWD/sdk\n${block('sh ctest').replace('--output-on-failure', '--verbose')}`,
    );
    expect(run.status, run.stderr).toBe(8);
    expect(run.stdout).toMatch(/--keep\|--\|-q\|/);
    expect(run.stdout).toMatch(/finds \.+ +Passed/);
    expect(run.stdout).toMatch(/misses \.+\*+Failed/);
    expect(traces()).toEqual(['reads-1.wrr']);
  });
});

describe('GitHub Actions', () => {
  interface Step {
    readonly uses?: string;
    readonly run?: string;
    readonly if?: string;
    readonly with?: Readonly<Record<string, unknown>>;
  }
  interface Workflow {
    readonly on: readonly string[];
    readonly jobs: {
      readonly wasm: {
        readonly env: Readonly<Record<string, string>>;
        readonly steps: readonly Step[];
      };
    };
  }

  /** By the parser that knip brings along. */
  function workflow(): Workflow {
    const { parse } = createRequire(createRequire(import.meta.url).resolve('knip'))('yaml') as {
      parse: (text: string) => Workflow;
    };
    return parse(block('yaml'));
  }

  test('its commands fail as the tests do, and leave the traces where the artifact takes them from', async () => {
    const { env, steps } = workflow().jobs.wasm;
    tool('npm', '[ "$*" = "install --global wasi-rr" ]');
    tool('rustup', '[ "$*" = "target add wasm32-wasip1" ]');
    tool('cargo', '$CARGO_TARGET_WASM32_WASIP1_RUNNER "$PWD/target/app.wasm" || exit 101');
    cpSync(await ws.guest('exit-3'), ws.path('target/app.wasm'));
    const variables = Object.entries(env).map(
      ([name, value]) =>
        `export ${name}="${value.replace(/\$\{\{ github\.workspace \}\}/, ws.root)}"\n`,
    );
    const always = steps.flatMap((step) => (step.run && step.if === undefined ? [step.run] : []));
    const tests = await shell(`${variables.join('')}${always.join('\n')}`);
    expect(tests.status, tests.stderr).toBe(101);
    const afterwards = steps.flatMap((step) =>
      step.run && step.if === 'failure()' ? [step.run] : [],
    );
    expect(await shell(`${variables.join('')}${afterwards.join('\n')}`)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('app-1.wrr'),
    });
    const upload = steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    expect(upload).toMatchObject({ if: 'failure()', with: { name: 'traces', path: 'traces/' } });
    expect(readdirSync(ws.path(String(upload?.with?.path)))).toEqual(['app-1.wrr']);
  });

  test('a failure is looked into on another machine', async () => {
    await ws.run('record', '-q', '-o', 'app-1.wrr', await ws.guest('exit-3'));
    tool('gh', '[ "$*" = "run download --name traces --dir traces" ] && mv app-1.wrr traces/');
    const run = await shell(`set +e\n${block('sh local')}`);
    expect(run.status).toBe(0);
    expect(run.stderr).toBe('');
    expect(run.stdout.match(/proc_exit\(3\)/g)?.length).toBe(2);
  });
});

test('the folder is kept small', async () => {
  expect((await shell(block('sh prune'))).status).toBe(0);
});

test('runs until one fails', async () => {
  cpSync(await ws.guest('exit-3'), ws.path('target/app.wasm'));
  const run = await shell(block('sh chaos'));
  expect(run.status).toBe(3);
  expect(traces()).toEqual(['app-1.wrr']);
});
