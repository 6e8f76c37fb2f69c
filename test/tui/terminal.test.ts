/** The built program in a real terminal: what people see, and what is left of it afterwards. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_TMUX, TmuxTerminal } from './tmux.ts';
import { type Recorded, recordExample } from './traces.ts';

const PROJECT = join(import.meta.dirname, '../..');

/** What the UI is made of. */
const BUILT = ['errors.ts', 'wasm', 'wasi', 'traces', 'replayer', 'tui'];

/** What a shell has when it is given its terminal back. */
const AT_REST = { alternateScreen: false, cursorShown: true, mouse: false };

let recorded: Recorded;
let hang: Recorded;
let program: string;

/** It throws, as a defect would, once there is a file WASI_RR_CRASH, and leaves its number in WASI_RR_PID. */
const PROGRAM = `import { existsSync, writeFileSync } from 'node:fs';
import { runTui } from './dist/tui/tui.js';
const { WASI_RR_CRASH, WASI_RR_PID, WASI_RR_TRACE } = process.env;
if (WASI_RR_PID) writeFileSync(WASI_RR_PID, String(process.pid));
setInterval(() => { if (existsSync(WASI_RR_CRASH ?? '')) throw new Error('on purpose'); }, 50).unref();
process.exitCode = await runTui(WASI_RR_TRACE, { follow: false, sources: [process.env.WASI_RR_SOURCES ?? '.'] });
`;

beforeAll(async () => {
  if (!HAS_TMUX) return;
  recorded = await recordExample('heapsmash');
  hang = await recordExample('hang');
  const { folder } = recorded;
  const build = join(folder, 'build');
  mkdirSync(build);
  symlinkSync(join(PROJECT, 'node_modules'), join(build, 'node_modules'));
  writeFileSync(join(build, 'package.json'), '{"type":"module","version":"0.0.0"}');
  const config = {
    extends: join(PROJECT, 'tsconfig.build.json'),
    compilerOptions: {
      rootDir: PROJECT,
      outDir: join(build, 'dist'),
      declaration: false,
      emitDeclarationOnly: false,
    },
    include: BUILT.map((folder) => join(PROJECT, folder)),
  };
  writeFileSync(join(build, 'tsconfig.json'), JSON.stringify(config));
  // types are checked elsewhere: code with an error in them is built all the same
  const { stdout } = spawnSync(join(PROJECT, 'node_modules/.bin/tsc'), ['-p', build], {
    encoding: 'utf8',
  });
  if (!existsSync(join(build, 'dist/tui/tui.js'))) throw new Error(`not built: ${stdout}`);
  program = join(build, 'run.js');
  writeFileSync(program, PROGRAM);
});

afterAll(() => {
  recorded?.[Symbol.dispose]();
  hang?.[Symbol.dispose]();
});

async function start(terminal: TmuxTerminal, environment = ''): Promise<void> {
  await terminal.until('ready>');
  terminal.type(`export WASI_RR_TRACE="${recorded.trace}" ${environment}; clear; echo before it`);
  terminal.keys('Enter');
  await terminal.until(/^before it/m);
  terminal.type(`"${process.execPath}" "${program}"; echo "status $?"`);
  terminal.keys('Enter');
  await terminal.until('1 Timeline');
}

async function expectRestored(terminal: TmuxTerminal, status: number): Promise<void> {
  const text = await terminal.until(`status ${status}`);
  expect(text).toMatch(/^before it/m);
  expect(text).not.toContain('1 Timeline');
  expect(terminal.modes()).toEqual(AT_REST);
  terminal.type('stty -a | tr " ;" "\\n\\n" | grep -cE "^(icanon|echo|isig)$"');
  terminal.keys('Enter');
  await terminal.until(/^3$/m);
}

describe.skipIf(!HAS_TMUX)('in a real terminal', () => {
  it('opens at the failure, moves, filters, searches, looks into memory, and quits', async () => {
    using terminal = new TmuxTerminal(140, 30);
    await start(terminal);
    await terminal.until(/▸✖ +16 .*trap: table index is out of bounds/);
    expect(terminal.modes()).toEqual({ alternateScreen: true, cursorShown: false, mouse: true });
    terminal.keys('Up');
    await terminal.until(/▸ +15 .*fd_write/);
    terminal.type('g');
    await terminal.until(/▸ +0 .*_start/);
    terminal.type('fname:fd_read');
    terminal.keys('Enter');
    await terminal.until('5 calls shown');
    terminal.keys('Escape');
    await terminal.until('path_open("/users.csv")');
    terminal.type('/fd_close');
    terminal.keys('Enter');
    await terminal.until(/▸ +13 .*fd_close/);
    terminal.type(':m 0x115e8');
    terminal.keys('Enter');
    await terminal.until(/000115e8 {2}32◂2c/);
    terminal.type('S');
    await terminal.until(/after #12 of 16/);
    await terminal.until(/changed since #13/);
    terminal.type('5');
    await terminal.until(/4 {2}file +r- +3253 {2}\/users\.csv {2}#7/);
    terminal.type('7');
    await terminal.until(/0 {2}__stack_pointer +\d+ {2}0x1/);
    terminal.type('q');
    await expectRestored(terminal, 0);
  });

  it('goes inside of the run: to a line, its variables, and who wrote one', async () => {
    using terminal = new TmuxTerminal(140, 30);
    await start(terminal, `WASI_RR_SOURCES="${join(PROJECT, 'examples')}"`);
    terminal.type('i');
    await terminal.until(/Source src\/heapsmash\.c:35 main[\s\S]*▸ 35 /);
    terminal.type('L');
    await terminal.until('u = 0x12310');
    terminal.type('G');
    terminal.keys('Enter');
    await terminal.until('rank = 0x727562');
    terminal.type('jW');
    // the cursor is on the last write
    await terminal.until(/1 rename_user/);
    terminal.keys('Enter');
    await terminal.until(/after #10 of 16, tick 10,464[\s\S]*▸ 13 /);
    terminal.type('q');
    await expectRestored(terminal, 0);
  });

  it('lets a hang run on past its end, and shows where it spends its time', async () => {
    using terminal = new TmuxTerminal(140, 30);
    await start(terminal, `WASI_RR_TRACE="${hang.trace}"`);
    await terminal.until('c run on past the end');
    terminal.type('c');
    await terminal.until(/\d\.\d % {2}str/);
    terminal.keys('Space');
    await terminal.until(/paused \d+ ms past the end/);
    terminal.keys('Escape');
    await terminal.until('1 Timeline');
    terminal.type('c');
    await terminal.until('runs on');
    terminal.type('q');
    await expectRestored(terminal, 0);
  });

  it('follows the size of its terminal', async () => {
    using terminal = new TmuxTerminal(140, 30);
    await start(terminal);
    terminal.resize(80, 24);
    await terminal.until(/^╭─2 Call/m);
    terminal.resize(40, 10);
    const tiny = await terminal.until('60×15');
    expect(tiny).not.toContain('2 Call');
    terminal.keys('Tab');
    await terminal.until('the run ended');
    terminal.resize(140, 30);
    await terminal.until(/1 Timeline.*2 ?Call/);
    terminal.keys('C-c');
    await expectRestored(terminal, 0);
  });

  it('suspends and comes back', async () => {
    using terminal = new TmuxTerminal(140, 30);
    await start(terminal);
    terminal.keys('Up');
    await terminal.until(/▸ +15/);
    terminal.keys('C-z');
    await terminal.until('Stopped');
    expect(terminal.modes()).toEqual(AT_REST);
    terminal.type('fg');
    terminal.keys('Enter');
    await terminal.until(/▸ +15/);
    expect(terminal.modes().alternateScreen).toBe(true);
    terminal.keys('Up');
    await terminal.until(/▸ +14/);
    terminal.type('q');
    await expect.poll(() => terminal.modes()).toEqual(AT_REST);
    // the shell forgot the rest of its line when the job stopped
    terminal.type('echo "status $?"');
    terminal.keys('Enter');
    await expectRestored(terminal, 0);
  });

  it('gives the terminal back when it crashes, and says why', async () => {
    using terminal = new TmuxTerminal(140, 30);
    const crash = join(recorded.folder, 'crash');
    await start(terminal, `WASI_RR_CRASH="${crash}"`);
    writeFileSync(crash, '');
    await terminal.until('the debugger crashed: Error: on purpose');
    await expectRestored(terminal, 1);
  });

  it('prints the log where the terminal cannot be drawn on', async () => {
    using terminal = new TmuxTerminal(140, 30);
    await terminal.until('ready>');
    const main = join(PROJECT, 'cli/main.ts');
    terminal.type(
      `TERM=dumb "${process.execPath}" "${main}" tui "${recorded.trace}"; echo "status $?"`,
    );
    terminal.keys('Enter');
    const text = await terminal.until('status 0');
    expect(text).toContain('← trap: table index is out of bounds');
    expect(text).not.toContain('1 Timeline');
  });

  it('gives the terminal back when it is ended by a signal', async () => {
    using terminal = new TmuxTerminal(140, 30);
    const file = join(recorded.folder, 'pid');
    await start(terminal, `WASI_RR_PID="${file}"`);
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGTERM');
    await expectRestored(terminal, 143);
  });

  it('draws no colours with NO_COLOR, and still shows where it stands', async () => {
    using terminal = new TmuxTerminal(140, 30);
    await start(terminal, 'NO_COLOR=1');
    await terminal.until(/▸✖ +16/);
    terminal.type('q');
    await expectRestored(terminal, 0);
  });
});
