/** Pipes, terminals and colours. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ECHO } from '../guests/echo.ts';
import { compileWat } from '../guests/wat.ts';
import { example, Workspace } from './command.ts';

const ws = new Workspace();
beforeAll(async () => {
  const program = example('wasm/syscalls-O2.wasm');
  await ws.run('record', '-q', '--dir', '.::/', program, '50000');
});
afterAll(() => ws.remove());

const ESCAPE = '\x1b[';
const ERASE = `\r${ESCAPE}K`;

describe('a reader that goes away', () => {
  test.each([
    ['log', '$WASI_RR log'],
    ['log --json', '$WASI_RR log --json'],
    ['query', '$WASI_RR query "select * from calls"'],
    ['--help', '$WASI_RR --help'],
  ])('%s ends quietly', async (_, command) => {
    const run = await ws.shell(`${command} | head -n 1; echo "\${PIPESTATUS[0]}"`);
    expect(run.stderr).toBe('');
    expect(run.stdout.trimEnd().split('\n').at(-1)).toBe('0');
    expect(run.stdout.split('\n').length).toBe(3);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk is said', async () => {
    const run = await ws.shell('$WASI_RR log > /dev/full');
    expect(run.status).toBe(125);
    expect(run.stderr).toMatch(/^wasi-rr: the output cannot be written: .*ENOSPC.*\n$/);
  });
});

describe('colours', () => {
  const log = async (env: NodeJS.ProcessEnv) =>
    (await ws.runWith({ env }, 'log', '--to', '4')).stdout;

  test('none in a pipe, some where they are forced', async () => {
    expect(await log({})).not.toContain(ESCAPE);
    expect(await log({ FORCE_COLOR: '1' })).toContain(ESCAPE);
    expect(await log({ FORCE_COLOR: '0' })).not.toContain(ESCAPE);
  });

  test('JSON never has any', async () => {
    const run = await ws.runWith({ env: { FORCE_COLOR: '1' } }, 'log', '--json', '--to', '4');
    expect(run.stdout).not.toContain(ESCAPE);
  });

  test.skipIf(!existsSync('/usr/bin/script'))(
    'some on a terminal, none with NO_COLOR',
    async () => {
      const inTerminal = async (env: NodeJS.ProcessEnv, command: string) =>
        (await ws.shell(`script -qec "${command}" /dev/null`, { TERM: 'xterm-256color', ...env }))
          .stdout;
      expect(await inTerminal({}, '$WASI_RR log --to 4')).toContain(ESCAPE);
      expect(await inTerminal({ NO_COLOR: '1' }, '$WASI_RR log --to 4')).not.toContain(ESCAPE);
      expect(await inTerminal({ TERM: 'dumb' }, '$WASI_RR log --to 4')).not.toContain(ESCAPE);
    },
  );
});

test.skipIf(!existsSync('/usr/bin/script')).each([
  ['a module', ''],
  ['a component', '--via-component'],
])('what is typed on a terminal reaches %s', async (_what, option) => {
  ws.write('echo.wasm', await compileWat(ECHO));
  const run = await ws.shell(
    `printf 'typed\\n' | script -qec "$WASI_RR record -q ${option} -o typed${option}.wrr echo.wasm" /dev/null`,
  );
  // the terminal shows it, and so does the guest
  expect(run.stdout.match(/typed\r\n/g)).toHaveLength(2);
  const replay = await ws.run('replay', '-q', `typed${option}.wrr`);
  expect(replay).toMatchObject({ status: 0, stdout: 'typed\n' });
});

test.skipIf(!existsSync('/usr/bin/script'))(
  'progress is shown on a terminal only, and taken away',
  async () => {
    const script =
      'script -qec "$WASI_RR replay --module \\"\\$MODULE\\" \\"\\$TRACE\\" >/dev/null" /dev/null; true';
    await ws.run('record', '-q', '-o', 'slow.wrr', example('wasm/compute-O2.wasm'), '1000000');
    const run = await ws.shell(script, {
      TRACE: ws.path('slow.wrr'),
      MODULE: example('wasm/compute-O2.wasm'),
      TERM: 'xterm',
    });
    expect(run.stdout).toContain(`${ERASE}replaying slow.wrr: `);
    expect(run.stdout.lastIndexOf(ERASE)).toBeGreaterThan(run.stdout.lastIndexOf('events)'));
  },
);
