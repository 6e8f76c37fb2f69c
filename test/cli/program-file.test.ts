/** Programs that come from a pipe, go away while they run, or are run from a directory that is gone. */
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { finished, MAIN, printed, workspace } from './command.ts';

test('a program from a pipe', async () => {
  const ws = workspace();
  await ws.guest('exit-3');
  const run = await ws.shell('$WASI_RR record -q <(cat exit-3.wasm); echo $?');
  expect(run).toMatchObject({ stdout: expect.stringMatching(/3\n$/), stderr: '' });
  expect((await ws.run('verify')).stdout).toMatch(/^ok /);
});

test('a signal ends the wait for one that nobody writes', async () => {
  const ws = workspace();
  // opening the pipe for writing waits until it is being read
  const run = await ws.shell(
    'mkfifo pipe; $WASI_RR record pipe & pid=$!; exec 3> pipe; kill -TERM $pid; wait $pid; echo $?',
  );
  expect(run).toMatchObject({ stdout: '143\n', stderr: '' });
});

test('the file of a program goes away while it runs: its exit code and its trace stay', async () => {
  const ws = workspace();
  const module = await ws.guest('blocked-read');
  const child = ws.start({ stdin: 'open' }, 'record', '-q', module);
  const end = finished(child);
  await printed(child, 'start\n');
  rmSync(module);
  child.stdin?.end('input');
  expect(await end).toMatchObject({ status: 0, stderr: '' });
  expect((await ws.run('verify')).stdout).toMatch(/^ok /);
});

test.each(['', '--dir .'])(
  'in a directory that was removed: record %s says so',
  async (options) => {
    const ws = workspace();
    await ws.guest('exit-3');
    const run = await ws.shell(
      // not by a script, whose shell would complain as well
      `mkdir gone; cd gone; rmdir ../gone; "$NODE" "$MAIN" record ${options} "$MODULE"; echo $?`,
      { NODE: process.execPath, MAIN, MODULE: ws.path('exit-3.wasm') },
    );
    expect(run).toMatchObject({
      stdout: '2\n',
      stderr: 'wasi-rr: the current directory has been removed. Change to another one.\n',
    });
  },
);
