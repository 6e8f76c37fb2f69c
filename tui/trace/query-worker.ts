/**
 * The process that scans a trace, given by its path as the only argument: filters, searches, overviews
 * and the history of descriptors and output. Works in slices, and stops between them when a query is
 * called off.
 */
import { invariant, messageOf } from '../../errors.ts';
import type { RequestOptions } from '../../replayer/requests/request-link.ts';
import { StreamsAndFiles } from '../../replayer/session/streams-and-files.ts';
import { TimeSlices } from '../../replayer/session/time-slices.ts';
import { TraceReader } from '../../traces/reader.ts';
import { Timeline } from '../../traces/timeline.ts';
import type { Answers, FromQueryWorker, Query, ToQueryWorker } from './query-messages.ts';

const [, , path] = process.argv;
invariant(path !== undefined && process.send, 'started by something else than the debugger');

// opened by the first query that needs them: a damaged trace may lack one
let openReader: TraceReader | undefined;
let openTimeline: Timeline | undefined;
let openHistory: StreamsAndFiles | undefined;
const reader = () => (openReader ??= new TraceReader(path));
const timeline = () => (openTimeline ??= new Timeline(path));
const history = () => (openHistory ??= new StreamsAndFiles(reader()));

/** Bytes of output that one answer holds. */
const OUTPUT_LIMIT = 64 << 10;

/** By the id of their query. */
const running = new Map<number, AbortController>();

process.on('message', (message: ToQueryWorker) => {
  if (message.type === 'query') {
    void run(message.id, message.query);
    return;
  }
  for (const [id, abort] of running) if (id < message.before) abort.abort();
});

async function run(id: number, query: Query): Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  running.set(id, abort);
  try {
    const onProgress = (share: number) => send({ id, type: 'progress', share });
    // a recording in progress has more by now
    reader().refresh();
    send({ id, type: 'answer', answer: await answer(query, { signal, onProgress }) });
  } catch (thrown) {
    if (signal.aborted) send({ id, type: 'cancelled' });
    else send({ id, type: 'failed', message: messageOf(thrown) });
  } finally {
    running.delete(id);
  }
}

function send(message: FromQueryWorker): void {
  process.send?.(message);
}

/** @param options progress is a share */
async function answer(query: Query, options: RequestOptions): Promise<Answers[Query['kind']]> {
  switch (query.kind) {
    case 'matches':
      return matches(query, options);
    case 'find':
      return find(query, options);
    case 'overview':
      return timeline().overview(reader().eventCount, query.slices, query.marked);
    case 'history': {
      const events = shareOf(options, query.event + 1);
      return {
        descriptors: await history().filesAt(query.event, events),
        resources: await history().resourcesAt(query.event, events),
        output: await history().outputAt(query.event, OUTPUT_LIMIT, events),
      };
    }
  }
}

/** Takes progress in events and tells it as a share of `total`. */
function shareOf({ signal, onProgress }: RequestOptions, total: number): RequestOptions {
  return { signal, onProgress: (done) => onProgress?.(done / Math.max(1, total)) };
}

async function matches(
  { filter, sort }: Extract<Query, { kind: 'matches' }>,
  options: RequestOptions,
): Promise<Uint32Array<ArrayBuffer>> {
  const { eventCount } = reader();
  if (sort !== 'number' && Object.keys(filter).length === 0) {
    return Uint32Array.from(timeline().sorted(sort));
  }
  const slices = new TimeSlices(shareOf(options, eventCount));
  const found: number[] = [];
  for (const { numbers, looked } of timeline().matches(filter, 0, eventCount)) {
    for (const number of numbers) found.push(number);
    await slices.turn(looked);
  }
  if (sort === 'number') return Uint32Array.from(found);
  const wanted = new Uint8Array(eventCount);
  for (const number of found) wanted[number] = 1;
  const sorted = timeline().sorted(sort);
  return Uint32Array.from(sorted.filter((number) => wanted[number] === 1));
}

async function find(
  { filter, from, backwards }: Extract<Query, { kind: 'find' }>,
  options: RequestOptions,
): Promise<number | undefined> {
  const [start, end] = backwards ? [0, from] : [from, reader().eventCount];
  const slices = new TimeSlices(shareOf(options, end - start));
  for (const { numbers, looked } of timeline().matches(filter, start, end, backwards)) {
    if (numbers.length > 0) return numbers[0];
    await slices.turn(looked);
  }
  return undefined;
}
