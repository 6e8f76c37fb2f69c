/**
 * Records one program, with a witness in the guest's thread: `node recorder-child.ts JOB`, where JOB is a
 * {@link Job} as JSON. Is there to be killed.
 */
import { openSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { Worker, type WorkerOptions } from 'node:worker_threads';
import type { RunOptions } from '../../recorder/record.ts';

/** What is recorded, and where to. */
export interface Job extends Pick<RunOptions, 'module' | 'args' | 'env' | 'preopens' | 'output'> {
  readonly input: string;
}

const witness = new URL('witness.ts', import.meta.url).href;

// the recorder's own threads, with the witness in them
workerThreads.Worker = class extends Worker {
  constructor(program: string | URL, options: WorkerOptions = {}) {
    const { execArgv = [] } = options;
    super(program, { ...options, execArgv: [...execArgv, '--import', witness] });
  }
};
syncBuiltinESMExports();

const { record } = await import('../../recorder/record.ts');
const { input, ...job } = JSON.parse(process.argv[2] ?? '') as Job;
const nowhere = openSync('/dev/null', 'w');
await record({ ...job, stdin: openSync(input, 'r'), stdout: nowhere, stderr: nowhere });
