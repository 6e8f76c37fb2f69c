/**
 * That the guests are what they claim to be: they compile, are valid where they should be, and end as
 * `expect` says under plain `node:wasi`, unless `expect.nodeWasi` says what it does instead.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Guest } from './guest.ts';
import { guestModule, guests } from './guests.ts';

const RUNNER = join(import.meta.dirname, 'run-node-wasi.ts');

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'wasi-rr-guests-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('names are unique', () => {
  expect(new Set(guests.map((one) => one.name)).size).toBe(guests.length);
});

describe('every guest compiles, and is valid unless it is meant to be refused for that', () => {
  test.each(guests)('$name', async ({ name, expect: expected }) => {
    const bytes = await guestModule(name);
    const invalid = expected.ending.kind === 'refused' && expected.ending.at === 'compile';
    if (invalid) expect(() => new WebAssembly.Module(bytes)).toThrow(WebAssembly.CompileError);
    else expect(new WebAssembly.Module(bytes)).toBeInstanceOf(WebAssembly.Module);
  });
});

describe('missing imports are really imported', () => {
  const linked = guests.filter((one) => one.expect.ending.kind === 'refused');
  test.each(linked)('$name', async ({ name, expect: { ending } }) => {
    if (ending.kind !== 'refused' || !ending.missing) return;
    const module = new WebAssembly.Module(await guestModule(name));
    expect(WebAssembly.Module.imports(module)).toEqual(
      expect.arrayContaining(ending.missing.map((one) => expect.objectContaining(one))),
    );
  });
});

describe.concurrent('under node:wasi', () => {
  const plain = guests.filter((one) => one.expect.nodeWasi === undefined);
  const finite = plain.filter((one) => one.expect.ending.kind !== 'never');
  const endless = plain.filter((one) => one.expect.ending.kind === 'never');

  test.each(finite)('$name ends as expected', async (guest) => {
    const { child, stdout, stderr } = await start(guest);
    const code = await exitOf(child);
    const { ending } = guest.expect;
    const said = stderr();
    switch (ending.kind) {
      case 'exit':
        if (ending.code === 'varies') expect(code).toBeLessThan(64);
        else expect({ code, said }).toMatchObject({ code: ending.code & 255 });
        break;
      case 'trap':
        expect({ code, said }).toEqual({
          code: 134,
          said: expect.stringContaining(ending.message),
        });
        break;
      case 'exception':
        expect({ code, said }).toMatchObject({ code: 135 });
        break;
      case 'reactor':
        expect({ code, said }).toMatchObject({ code: 0 });
        break;
      case 'refused':
        expect({ code, said }).toMatchObject({ code: 125 });
        break;
      case 'any':
        expect(code, 'ended by a signal').not.toBeNull();
        break;
    }
    expectStdout(guest, stdout());
  });

  test.each(endless)('$name does not end by itself', async (guest) => {
    const { child, stdout } = await start(guest);
    await new Promise((started) => child.stdout?.once('data', started));
    // Long enough for a guest that does end to have done so.
    await new Promise((passed) => setTimeout(passed, 300));
    const running = child.exitCode === null;
    child.kill('SIGKILL');
    await exitOf(child);
    expect(running).toBe(true);
    expectStdout(guest, stdout());
  });
});

function expectStdout(guest: Guest, actual: Buffer): void {
  const { stdout, stdoutLength } = guest.expect;
  if (stdout !== undefined) expect(actual.toString('latin1')).toBe(latin1(stdout));
  if (stdoutLength !== undefined) expect(actual.length).toBe(stdoutLength);
}

function latin1(expected: string | Uint8Array): string {
  return Buffer.from(expected).toString('latin1');
}

/** Starts the guest in a child process, with its module and its folder in a scratch folder. */
async function start(guest: Guest): Promise<{
  child: ChildProcess;
  stdout: () => Buffer;
  stderr: () => string;
}> {
  const { stdin, files } = guest.input ?? {};
  const file = join(scratch, `${guest.name}.wasm`);
  writeFileSync(file, await guestModule(guest.name));
  const args = ['--no-warnings', RUNNER, guest.name, file];
  if (files) {
    const folder = join(scratch, guest.name, 'fs');
    mkdirSync(folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    args.push(folder);
  }
  const child = spawn(process.execPath, args);
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // A guest may end without having read its stdin.
  child.stdin.on('error', () => {});
  if (stdin !== 'open') child.stdin.end(stdin ?? '');
  return {
    child,
    stdout: () => Buffer.concat(out),
    stderr: () => Buffer.concat(errors).toString(),
  };
}

/** The exit code once all output has arrived; null when a signal ended it. */
function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((ended) => child.once('close', ended));
}
