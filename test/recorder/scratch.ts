/** A folder of its own for a test file, and the runs that are recorded in it. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExampleCase } from '../../examples/cases.ts';
import { type RecordReport, type RunOptions, record } from '../../recorder/record.ts';
import type { TraceReader } from '../../traces/reader.ts';
import type { Guest } from '../guests/guest.ts';
import { compileWat } from '../guests/wat.ts';
import { hasWritten, whenRecorded } from '../traces/when-recorded.ts';

/** What a run printed, besides its report. */
export interface RecordedRun extends RecordReport {
  readonly trace: string;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Everything that the run was given; a replay must do without. */
  readonly inputs: string;
}

type Given = Omit<RunOptions, 'stdin' | 'stdout' | 'stderr' | 'output' | 'folder' | 'keep'>;

/** File descriptors of a run's standard streams, and where its output goes. */
export interface Streams {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
}

export class Scratch {
  readonly path: string;
  private runs = 0;

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `wasi-rr-${name}-`));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** A path in the folder that nothing has yet. */
  fresh(suffix = ''): string {
    return join(this.path, `${++this.runs}${suffix}`);
  }

  /** A new folder with these files. */
  folder(files: Readonly<Record<string, string>>): string {
    const path = this.fresh();
    writeFiles(path, files);
    return path;
  }

  /**
   * Records a guest with its input.
   * @param until as {@link record}'s
   */
  async recordGuest(
    guest: Guest,
    options: Partial<Given> = {},
    until?: string,
  ): Promise<RecordedRun> {
    const { args, env, stdin, files } = guest.input ?? {};
    const inputs = this.fresh();
    mkdirSync(inputs);
    if (files) writeFiles(join(inputs, 'root'), files);
    return this.record(
      {
        module: await compileWat(guest.wat),
        paranoid: true,
        ...(args && { args }),
        ...(env && { env }),
        ...(files && { preopens: [{ host: join(inputs, 'root'), guest: '/' }] }),
        ...options,
      },
      { inputs, stdin: stdin ?? new Uint8Array(0), until },
    );
  }

  /** Records an example on fresh copies of its input; one that hangs, until it does. */
  async recordExample(example: ExampleCase, options: Partial<Given> = {}): Promise<RecordedRun> {
    const inputs = this.fresh();
    mkdirSync(inputs);
    const folders = Object.entries({ ...example.copy, ...example.ro });
    const preopens = folders.map(([guest, source], i) => {
      const host = join(inputs, `folder-${i}`);
      cpSync(source, host, { recursive: true });
      return { host, guest };
    });
    return this.record(
      {
        module: example.wasm,
        args: example.args,
        env: example.env,
        preopens,
        paranoid: true,
        ...options,
      },
      {
        inputs,
        stdin: example.stdin === undefined ? new Uint8Array(0) : readFileSync(example.stdin),
        until: example.expect.exits.includes('hang') ? HANG_SAYS : undefined,
      },
    );
  }

  /**
   * Records with output into files that are read afterwards.
   * @param given `until`: interrupts it by `test` once the call that printed this is in the trace, or all that is
   *   asked for, and it had time to begin what comes after
   */
  async record(
    options: Given,
    given: {
      readonly inputs?: string;
      readonly stdin?: Uint8Array | 'open';
      readonly until?: string | ((trace: TraceReader) => boolean) | undefined;
      /** Milliseconds from then to the interruption. */
      readonly after?: number | undefined;
    } = {},
  ): Promise<RecordedRun> {
    const inputs = given.inputs ?? this.fresh();
    mkdirSync(inputs, { recursive: true });
    const streams = openStreams(inputs, given.stdin ?? new Uint8Array(0));
    const output = this.fresh('.wrr');
    const signal =
      given.until === undefined ? undefined : stopAfter(output, given.until, given.after);
    try {
      const report = await record({ ...options, ...(signal && { signal }), ...streams, output });
      // a guest that sits in a read may go now: its thread ends as soon as the read does
      if (report.stuck && given.stdin === 'open')
        writeFileSync(streams.stdin, 'wake up, whoever still reads');
      return {
        ...report,
        trace: report.trace ?? '',
        ...printed(inputs),
        inputs,
      };
    } finally {
      closeStreams(streams);
    }
  }
}

/** What `hang` prints last. */
const HANG_SAYS = '500 tokens\n';

/** Aborts, by `test`, some time after the trace has enough, or what prints this. @param after milliseconds */
function stopAfter(
  trace: string,
  until: string | ((trace: TraceReader) => boolean),
  after = 100,
): AbortSignal {
  const stop = new AbortController();
  void whenRecorded(trace, typeof until === 'string' ? hasWritten(until) : until).then(
    () => setTimeout(() => stop.abort('test'), after),
    (thrown: unknown) => stop.abort(thrown),
  );
  return stop.signal;
}

/** @param stdin `open`: a pipe that stays open and stays silent */
export function openStreams(
  folder: string,
  stdin: Uint8Array | 'open' = new Uint8Array(0),
): Streams {
  const input = join(folder, 'stdin');
  if (stdin === 'open') execFileSync('mkfifo', [input]);
  else writeFileSync(input, stdin);
  return {
    // a named pipe that is opened for both has a writer, so a read waits instead of ending
    stdin: openSync(input, stdin === 'open' ? 'r+' : 'r'),
    stdout: openSync(join(folder, 'stdout'), 'w'),
    stderr: openSync(join(folder, 'stderr'), 'w'),
  };
}

export function closeStreams(streams: Streams): void {
  for (const fd of Object.values(streams)) closeSync(fd);
}

/** What a run with the streams of this folder has printed. */
export function printed(folder: string): { stdout: Buffer; stderr: Buffer } {
  return {
    stdout: readFileSync(join(folder, 'stdout')),
    stderr: readFileSync(join(folder, 'stderr')),
  };
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}
