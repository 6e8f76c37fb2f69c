/** A thread that packs and unpacks without end. */
import { parentPort, workerData } from 'node:worker_threads';
import { allowEnding, zstdCompressSync, zstdDecompressSync } from '../../traces/zstd.ts';

allowEnding(new Int32Array(workerData as SharedArrayBuffer), 0);
const bytes = Buffer.alloc(100, 'packed');
for (let i = 0; ; i++) {
  if (!zstdDecompressSync(zstdCompressSync(bytes)).equals(bytes)) throw new Error('not the same');
  if (i === 10) parentPort?.postMessage('begun');
}
