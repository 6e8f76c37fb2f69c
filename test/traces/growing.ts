/** A recording that goes on while a test looks at its trace. */
import { openSync } from 'node:fs';
import { type OpenRecording, openRecording } from '../../recorder/record.ts';
import { compileWat } from '../guests/wat.ts';

/** Makes calls when it is told to: an entry, the calls, a leave. */
const GUEST = `(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "yield") (param $times i32)
    (loop $again
      (drop (call $yield))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again (local.get $times))))
  (func (export "fail") (drop (call $close (i32.const 99))))
  (func (export "exit") (param i32) (call $exit (local.get 0))))`;

export class GrowingRun {
  private readonly recording: OpenRecording;

  private constructor(recording: OpenRecording) {
    this.recording = recording;
  }

  static async begin(output: string): Promise<GrowingRun> {
    const stdin = openSync('/dev/null', 'r');
    const module = await compileWat(GUEST);
    return new GrowingRun(await openRecording({ module, output, stdin }));
  }

  get trace(): string {
    return this.recording.trace;
  }

  /** Calls an export and waits until all of that is in the trace. @returns events that are there */
  async call(name: 'yield' | 'fail' | 'exit', ...args: number[]): Promise<number> {
    const { events: before } = this.recording.progress;
    const calls = name === 'yield' ? (args[0] ?? 0) : 1;
    await this.recording.call(name, args);
    while (this.recording.progress.events < before + calls + 2) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return this.recording.progress.events;
  }

  async finish(): Promise<void> {
    await this.recording.finish();
  }
}
