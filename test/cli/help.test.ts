/** Help, usage errors, versions of Node, and the demo. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { REPOSITORY, workspace } from './command.ts';

const COMMANDS =
  'record replay tui debug log verify info query memory writes profile coverage stack globals files output snapshots attach bookmarks ls rm prune index demo'.split(
    ' ',
  );

test('help', async () => {
  const ws = workspace();
  const run = await ws.run('--help');
  expect(run).toMatchObject({ status: 0, stderr: '' });
  await expect(run.stdout).toMatchFileSnapshot('golden/help.txt');
});

test('help of every command', async () => {
  const ws = workspace();
  const texts: string[] = [];
  for (const command of COMMANDS) {
    const run = await ws.run(command, '--help');
    expect(run, command).toMatchObject({ status: 0, stderr: '' });
    texts.push(run.stdout);
  }
  await expect(texts.join(`\n${'='.repeat(80)}\n\n`)).toMatchFileSnapshot(
    'golden/help-commands.txt',
  );
});

test('every command of the list has a file of its name, and is found by it alone', async () => {
  const [, list = ''] =
    /Commands:\n([\s\S]*?)\n\n/.exec((await workspace().run('--help')).stdout) ?? [];
  const listed = list.split('\n').map((line) => line.trim().split(' ')[0]);
  const files = readdirSync(join(REPOSITORY, 'cli/commands')).map((name) => name.split('.')[0]);
  expect(listed.toSorted()).toEqual([...files, 'help'].toSorted());
  expect(COMMANDS.toSorted()).toEqual(files.toSorted());
});

test('--version', async () => {
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
  expect(await workspace().run('--version')).toMatchObject({
    status: 0,
    stdout: `${version}\n`,
    stderr: '',
  });
});

test('nothing to do, unknown commands, too many arguments', async () => {
  const ws = workspace();
  const nothing = await ws.run();
  expect(nothing).toMatchObject({ status: 2, stdout: '' });
  expect(nothing.stderr).toMatch(/^Usage: wasi-rr/);
  const unknown = await ws.run('replya');
  expect(unknown).toMatchObject({ status: 2, stdout: '' });
  expect(unknown.stderr).toMatch(/^wasi-rr: unknown command 'replya'\n.*replay/);
  const many = await ws.run('info', 'one', 'two');
  expect(many).toMatchObject({ status: 2, stdout: '' });
  expect(many.stderr).toMatch(/^wasi-rr: too many arguments.*\nTry: wasi-rr info --help\n$/);
});

test('a defect is called one, and is not taken for the exit code of a guest', async () => {
  const ws = workspace();
  // once it records
  const defect = `import { readdirSync } from 'node:fs';
    import { isMainThread } from 'node:worker_threads';
    const fail = () => { if (readdirSync(process.env.WASI_RR_TRACE_DIR).length > 0) throw new Error('boom') };
    if (isMainThread) setInterval(fail, 20);`;
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(defect)}` };
  const ended = await ws.runWith({ env }, 'record', await ws.guest('busy-loop'));
  expect(ended.status).toBe(125);
  expect(ended.stderr).toMatch(/^wasi-rr: boom\nThis is a bug in wasi-rr\..*\n {2}Error: boom/);
});

test('demo', async () => {
  const ws = workspace();
  const run = await ws.run('demo');
  expect(run).toMatchObject({ status: 0, stderr: '' });
  await expect(ws.normalised(run.stdout)).toMatchFileSnapshot('golden/demo.txt');
  expect(readdirSync(ws.traces)).toEqual(['heapsmash-O0g-1.wrr']);
  // its files are gone, and the trace replays all the same
  expect(readdirSync(ws.root).filter((name) => name.startsWith('wasi-rr-demo'))).toEqual([]);
  expect((await ws.run('replay', '-q')).status).toBe(134);
});

const OLD_NODE = '/usr/bin/node';
const run = promisify(execFile);

async function isTooOld(node: string): Promise<boolean> {
  if (!existsSync(node)) return false;
  const { stdout } = await run(node, ['-p', 'process.versions.node.split(".")[0]']);
  return Number(stdout) >= 18 && Number(stdout) < 24;
}
const oldNodeIsThere = await isTooOld(OLD_NODE);

test.skipIf(!oldNodeIsThere)(
  'a Node that is too old is told so, before anything loads',
  async () => {
    const ws = workspace();
    const source = readFileSync(join(REPOSITORY, 'cli/main.ts'), 'utf8');
    const main = ws.write('main.mjs', stripTypeScriptTypes(source));
    const ended = run(OLD_NODE, [main, '--version']);
    await expect(ended).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^wasi-rr: this is Node \d+\.\S+, and wasi-rr needs Node 24 .*\n$/,
      ),
    });
  },
);

const BUILT = join(REPOSITORY, 'dist/cli/main.js');

test.skipIf(!existsSync(BUILT))('the built package records and replays', async () => {
  const ws = workspace();
  const env = { ...process.env, WASI_RR_TRACE_DIR: ws.traces, TMPDIR: ws.root };
  const demo = await run(process.execPath, [BUILT, 'demo'], { env });
  expect(demo.stdout).toContain('the same crash, the same memory at the end');
  expect(demo.stderr).toBe('');
  if (!oldNodeIsThere) return;
  await expect(run(OLD_NODE, [BUILT, 'demo'], { env })).rejects.toMatchObject({ code: 2 });
});
