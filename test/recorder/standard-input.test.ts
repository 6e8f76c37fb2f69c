/** Standard input of every kind under every host, recorded and replayed. A terminal is in test/cli/terminal.test.ts. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { record } from '../../recorder/record.ts';
import { ECHO } from '../guests/echo.ts';
import { compileWat } from '../guests/wat.ts';
import { replayed } from '../replayer/replayed.ts';
import { Scratch } from './scratch.ts';

const scratch = new Scratch('standard-input');
afterAll(() => scratch.remove());

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;

/** What a guest is given, and what the test does meanwhile. */
interface Input {
  readonly stdin: number;
  readonly feed?: () => void;
}

/** A pipe into which something comes when the guest may wait for it already, and then nothing more. */
function latePipe(flags: number): Input {
  const path = scratch.fresh();
  execFileSync('mkfifo', [path]);
  // lets the others be opened at once
  const both = openSync(path, O_RDWR);
  const stdin = openSync(path, O_RDONLY | flags);
  const writer = openSync(path, O_WRONLY);
  closeSync(both);
  const feed = () => {
    writeSync(writer, 'late\n');
    closeSync(writer);
  };
  return { stdin, feed: () => void setTimeout(feed, 300) };
}

function file(): Input {
  const path = scratch.fresh();
  writeFileSync(path, 'one\ntwo\n');
  return { stdin: openSync(path, 'r') };
}

const HOSTS = [
  ['sandbox', { host: 'sandbox' }],
  ['node:wasi', { host: 'node' }],
  ['preview2-shim', { viaComponent: true }],
] as const;

async function recordEcho(host: object, { stdin, feed }: Input) {
  const output = scratch.fresh('.txt');
  const stdout = openSync(output, 'w');
  const trace = scratch.fresh('.wrr');
  feed?.();
  const module = await compileWat(ECHO);
  const { outcome } = await record({ module, ...host, stdin, stdout, output: trace });
  return { outcome, trace, said: readFileSync(output, 'utf8') };
}

const CLOSED: Input = { stdin: 99_999 };

describe.each(HOSTS)('%s', (name, host) => {
  test.each<readonly [string, () => Input, string | RegExp]>([
    ['a file', file, 'one\ntwo\n'],
    ['a device', () => ({ stdin: openSync('/dev/null', 'r') }), ''],
    ['a pipe', () => latePipe(0), 'late\n'],
    // node:wasi passes on what the system says, and the guest may be late as well
    [
      'a pipe that does not wait',
      () => latePipe(O_NONBLOCK),
      name === 'node:wasi' ? /^(6|late)\n$/ : 'late\n',
    ],
    ...(name === 'node:wasi' ? [] : [['none', () => CLOSED, /^\d+\n$/] as const]),
  ])('%s', async (_kind, input, expected) => {
    const { outcome, trace, said } = await recordEcho(host, input());
    expect(outcome).toEqual({ kind: 'exit', code: 0 });
    expect(said).toMatch(expected);
    const again = await replayed(trace);
    expect(again.status).toBe('identical');
    expect(again.stdout.toString()).toBe(said);
  });
});

test('node:wasi runs nothing without a standard input', async () => {
  const { outcome } = await recordEcho({ host: 'node' }, CLOSED);
  expect(outcome).toMatchObject({ kind: 'failed', message: expect.stringContaining('EBADF') });
});
