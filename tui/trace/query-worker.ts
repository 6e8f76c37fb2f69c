/**
 * The thread that scans a trace: filters, searches, overviews and the history of descriptors and output.
 * Works in chunks of some 10 ms and stops between them when a query is called off.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant, messageOf } from '../../errors.ts';
import { StreamsAndFiles } from '../../replayer/session/streams-and-files.ts';
import { TraceReader } from '../../traces/reader.ts';
import { Timeline } from '../../traces/timeline.ts';
import type {
  Answers,
  FromQueryWorker,
  Query,
  QuerySetup,
  ToQueryWorker,
} from './query-messages.ts';

invariant(parentPort !== null, 'the query worker has no parent');
const port = parentPort;
const { trace, shared } = workerData as QuerySetup;
const firstValid = new Int32Array(shared);
const reader = new TraceReader(trace);
const timeline = new Timeline(trace);
const history = new StreamsAndFiles(reader);

/** Bytes of output that one answer holds. */
const OUTPUT_LIMIT = 64 << 10;

class Cancelled extends Error {}

port.on('message', async ({ id, query }: ToQueryWorker) => {
  const send = (message: FromQueryWorker) => port.postMessage(message);
  let told = performance.now();
  const step = (share: number) => {
    if (id < Atomics.load(firstValid, 0)) throw new Cancelled();
    if (performance.now() - told < 100) return;
    told = performance.now();
    send({ id, type: 'progress', share });
  };
  try {
    step(0);
    // a recording in progress has more by now
    reader.refresh();
    send({ id, type: 'answer', answer: await answer(query, step) });
  } catch (thrown) {
    if (thrown instanceof Cancelled) send({ id, type: 'cancelled' });
    else send({ id, type: 'failed', message: messageOf(thrown) });
  }
});

type Step = (share: number) => void;

async function answer(query: Query, step: Step): Promise<Answers[Query['kind']]> {
  switch (query.kind) {
    case 'matches':
      return matches(query, step);
    case 'find':
      return find(query, step);
    case 'overview':
      return timeline.overview(reader.eventCount, query.slices, query.marked);
    case 'history': {
      const onProgress = (event: number) => step(event / (query.event + 1));
      return {
        descriptors: await history.filesAt(query.event, { onProgress }),
        output: await history.outputAt(query.event, OUTPUT_LIMIT, { onProgress }),
      };
    }
  }
}

function matches(query: Extract<Query, { kind: 'matches' }>, step: Step): Uint32Array<ArrayBuffer> {
  const { eventCount } = reader;
  const { filter, sort } = query;
  if (sort !== 'number' && Object.keys(filter).length === 0) {
    return Uint32Array.from(timeline.sorted(sort));
  }
  const found: number[] = [];
  for (const { numbers, looked } of timeline.matches(filter, 0, eventCount)) {
    for (const number of numbers) found.push(number);
    step(looked / eventCount);
  }
  if (sort === 'number') return Uint32Array.from(found);
  const wanted = new Uint8Array(eventCount);
  for (const number of found) wanted[number] = 1;
  return Uint32Array.from(timeline.sorted(sort).filter((number) => wanted[number] === 1));
}

function find(query: Extract<Query, { kind: 'find' }>, step: Step): number | undefined {
  const { filter, from, backwards } = query;
  const [start, end] = backwards ? [0, from] : [from, reader.eventCount];
  for (const { numbers, looked } of timeline.matches(filter, start, end, backwards)) {
    if (numbers.length > 0) return numbers[0];
    step(looked / Math.max(1, end - start));
  }
  return undefined;
}
