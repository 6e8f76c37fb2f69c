/**
 * Runs jco in a thread of its own, for one component: after one that it fails on it refuses every other,
 * and its memory does not shrink.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { invariant, messageOf } from '../../errors.ts';

/** `workerData` of the thread. */
export interface TranspileTask {
  readonly bytes: Uint8Array;
  readonly options: Parameters<typeof transpileBytes>[1];
}

/** What the thread posts, once. */
export type TranspileAnswer =
  | {
      readonly kind: 'done';
      /** File name → bytes. */
      readonly files: Readonly<Record<string, Uint8Array>>;
      readonly imports: readonly string[];
      readonly exports: readonly string[];
    }
  | { readonly kind: 'failed'; readonly message: string };

invariant(parentPort, 'jco runs outside a worker');
parentPort.postMessage(await answer(workerData as TranspileTask));

async function answer({ bytes, options }: TranspileTask): Promise<TranspileAnswer> {
  try {
    const { files, imports, exports } = await transpileBytes(bytes, options);
    return { kind: 'done', files, imports, exports: exports.map(([name]) => name) };
  } catch (thrown) {
    return { kind: 'failed', message: messageOf(thrown) };
  }
}
