/**
 * Runs jco in a thread of its own, for one component: after one that it fails on it refuses every other,
 * and its memory does not shrink.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import { invariant, messageOf } from '../../errors.ts';
import { PREVIEW1_MODULE } from '../../wasi/preview1.ts';

/** `workerData` of the thread. */
export interface TranspileTask {
  /** A component; with an adapter a core module for Preview 1. */
  readonly bytes: Uint8Array;
  readonly adapter: Uint8Array | undefined;
  readonly options: Parameters<typeof transpileBytes>[1];
}

/** What the thread posts, once. */
export type TranspileAnswer =
  | {
      readonly kind: 'done';
      /** The component that was taken apart. */
      readonly component: Uint8Array;
      /** File name → bytes. */
      readonly files: Readonly<Record<string, Uint8Array>>;
      readonly imports: readonly string[];
      readonly exports: readonly string[];
    }
  | { readonly kind: 'failed'; readonly message: string };

invariant(parentPort, 'jco runs outside a worker');
parentPort.postMessage(await answer(workerData as TranspileTask));

async function answer({ bytes, adapter, options }: TranspileTask): Promise<TranspileAnswer> {
  try {
    const component =
      adapter === undefined ? bytes : await componentNew(bytes, [[PREVIEW1_MODULE, adapter]]);
    const { files, imports, exports } = await transpileBytes(component, options);
    return { kind: 'done', component, files, imports, exports: exports.map(([name]) => name) };
  } catch (thrown) {
    return { kind: 'failed', message: messageOf(thrown) };
  }
}
