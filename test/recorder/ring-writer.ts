/** A worker that fills a ring: records of seeded lengths, each its own number over and over. */
import { workerData } from 'node:worker_threads';
import { RingWriter } from '../../recorder/ring.ts';
import { lengthsFrom } from './ring-records.ts';

const { shared, seed, count } = workerData as {
  shared: SharedArrayBuffer;
  seed: number;
  count: number;
};
const ring = new RingWriter(shared);
const next = lengthsFrom(seed);
for (let i = 0; i < count; i++) {
  const length = next();
  // room for more than is used, as the boundary asks for
  ring.begin(length + 1024);
  ring.out.bytes.fill(i & 255, ring.out.at, ring.out.at + length);
  ring.out.at += length;
  ring.commit();
}
