/** Runs the real command as its own process, from the sources, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { guestModule } from '../guests/guests.ts';
import { hasWritten, whenRecorded } from '../traces/when-recorded.ts';

export const REPOSITORY = join(import.meta.dirname, '../..');
export const MAIN = join(REPOSITORY, 'cli/main.ts');

/** As scripts call it. */
const COMMAND = 'tested-wasi-rr';

export interface Finished {
  /** Null where a signal ended the process. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Text for stdin; `open` leaves it open and silent. Empty by default. */
  readonly stdin?: string | 'open';
  /** Whose process it is; one's own by default. */
  readonly uid?: number;
  readonly gid?: number;
}

/** What was made of the sources and of components is kept there: a start takes a third of the time. */
const CACHE = {
  NODE_COMPILE_CACHE: join(tmpdir(), 'wasi-rr-test-compile-cache'),
  XDG_CACHE_HOME: join(tmpdir(), 'wasi-rr-test-component-cache'),
};

/** A temporary folder with a trace folder in it. */
export class Workspace {
  readonly root = mkdtempSync(join(tmpdir(), 'wasi-rr-cli-'));
  /** Where traces go. */
  readonly traces = join(this.root, 'traces');
  private readonly children: ChildProcess[] = [];

  constructor() {
    mkdirSync(this.traces);
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  /** Writes the module of a guest, as NAME.wasm. */
  async guest(name: string): Promise<string> {
    return this.write(`${name}.wasm`, await guestModule(name));
  }

  run(...args: string[]): Promise<Finished> {
    return this.runWith({}, ...args);
  }

  runWith(options: RunOptions, ...args: string[]): Promise<Finished> {
    return finished(this.start(options, ...args));
  }

  /**
   * Records a program until the call that wrote `said` is in the trace; then interrupts it with Ctrl-C.
   * @param output name of the trace
   */
  async recordUntil(
    { said, output, ...options }: RunOptions & { readonly said: string; readonly output: string },
    ...args: string[]
  ): Promise<Finished> {
    const child = this.start(options, 'record', '-q', '-o', output, ...args);
    const end = finished(child);
    await whenRecorded(this.path(output), hasWritten(said));
    child.kill('SIGINT');
    return end;
  }

  start({ env, cwd, stdin = '', ...user }: RunOptions, ...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [MAIN, ...args], {
      ...user,
      cwd: cwd ?? this.root,
      env: {
        ...CACHE,
        PATH: process.env.PATH,
        TMPDIR: this.root,
        WASI_RR_TRACE_DIR: this.traces,
        ...env,
      },
    });
    this.children.push(child);
    // a process that ends without reading its input is no failure of the test
    child.stdin?.on('error', () => {});
    if (stdin !== 'open') child.stdin?.end(stdin);
    return child;
  }

  /** Runs a shell script in which `$WASI_RR` is the command: one word, wherever the checkout lies. */
  shell(script: string, env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    const child = spawn('/bin/bash', ['--norc', '-c', script], {
      cwd: this.root,
      env: {
        ...CACHE,
        WASI_RR_TRACE_DIR: this.traces,
        WASI_RR: COMMAND,
        ...env,
        PATH: `${env.PATH ?? process.env.PATH}:${this.commands()}`,
      },
    });
    this.children.push(child);
    child.stdin.end();
    return finished(child);
  }

  /** A folder with the command as one file. */
  private commands(): string {
    const folder = this.path('.commands');
    const file = join(folder, COMMAND);
    if (!existsSync(file)) {
      mkdirSync(folder);
      writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, {
        mode: 0o755,
      });
    }
    return folder;
  }

  /** A transcript without what differs from run to run: paths, times, sizes, versions. */
  normalised(text: string): string {
    return (
      text
        .replaceAll(this.root, '$TMP')
        .replaceAll(REPOSITORY, '$REPOSITORY')
        .replaceAll(/wasi-rr-demo-\w+/g, 'wasi-rr-demo-XXXXXX')
        .replaceAll(/\b\d+\.\d{6}\b/g, '0.000000')
        // what the standard streams are differs by system and host
        .replaceAll(/\{fs_filetype=[^}]*\}/g, '{fs_filetype=…}')
        .replaceAll(/\bxxh64 [0-9a-f]{16}\b/g, 'xxh64 …')
        .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'YYYY-MM-DD hh:mm:ss')
    );
  }

  remove(): void {
    // what a test that failed left behind
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** What the example `hang` prints last. */
export const HANG_SAYS = '500 tokens\n';

/** A workspace for one test. */
export function workspace(): Workspace {
  const created = new Workspace();
  onTestFinished(() => created.remove());
  return created;
}

export function finished(child: ChildProcess): Promise<Finished> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) =>
      resolve({
        status,
        signal,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      }),
    );
  });
}

/** Resolves when the process has printed this on stdout; fails if it ends without. */
export function printed(child: ChildProcess, text: string): Promise<void> {
  let seen = '';
  return new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error(`ended after ${JSON.stringify(seen)}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk;
      if (seen.includes(text)) resolve();
    });
  });
}

/** Waits until the process has said something on stderr. @returns the match */
export function saidOnStderr(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
      const match = pattern.exec(said);
      if (match !== null) resolve(match);
    });
    child.once('close', () => reject(new Error(`it ended, having said: ${said}`)));
  });
}

/** Path of a file of the examples. */
export function example(path: string): string {
  return join(REPOSITORY, 'examples', path);
}
