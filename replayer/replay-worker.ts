/** A replay's thread: it has a far larger stack than the recorded run had, and can be ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant, messageOf, WasiRrError } from '../errors.ts';
import { TraceReader } from '../traces/reader.ts';
import { allowEnding } from '../traces/zstd.ts';
import type { HttpResponse } from '../wasi/component/http-responses.ts';
import { unansweredCall } from '../wasi/live-call.ts';
import { setSuspendingStacks } from '../wasm/suspending-stacks.ts';
import { MAX_FRAMES } from '../wasm/traps.ts';
import { ComponentReplay } from './component/component-replay.ts';
import { countingFrames } from './component/core-modules.ts';
import { ResponseTap } from './component/response-tap.ts';
import type { CallObserver } from './feed.ts';
import { GuestReplay } from './guest-replay.ts';
import { probesOf } from './instrument/hooks.ts';
import { OutputTap } from './output-tap.ts';
import { SUSPENDING_STACK_KB } from './overflow.ts';
import { type FromReplay, MAX_UNPRINTED, type ReplaySetup, SHARED } from './replay-messages.ts';

/** Bytes of output that are sent in one message, where there are so many. */
const CHUNK = 64 << 10;
/** Bytes of what a diverging call says that go into the report. */
const DESCRIBED = 4096;

invariant(parentPort, 'a replay runs outside a worker');
const port = parentPort;
const setup = workerData as ReplaySetup;
const shared = new Int32Array(setup.shared);
allowEnding(shared, SHARED.ending);
Error.stackTraceLimit = MAX_FRAMES + 20;
setSuspendingStacks(SUSPENDING_STACK_KB);

const chunk = { stream: 'stdout' as 'stdout' | 'stderr', parts: [] as Uint8Array[], size: 0 };

function print(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
  if (stream !== chunk.stream || chunk.size + bytes.length > CHUNK) sendOutput();
  chunk.stream = stream;
  chunk.parts.push(bytes);
  chunk.size += bytes.length;
}

function sendOutput(): void {
  if (chunk.size === 0) return;
  let waiting = Atomics.load(shared, SHARED.unprinted);
  while (waiting > MAX_UNPRINTED) {
    Atomics.wait(shared, SHARED.unprinted, waiting, 100);
    waiting = Atomics.load(shared, SHARED.unprinted);
  }
  // a copy with a buffer of its own, so that it can be handed over
  const bytes = new Uint8Array(chunk.size);
  let at = 0;
  for (const part of chunk.parts) {
    bytes.set(part, at);
    at += part.length;
  }
  Atomics.add(shared, SHARED.unprinted, bytes.length);
  port.postMessage({ type: 'output', stream: chunk.stream, bytes } satisfies FromReplay, [
    bytes.buffer,
  ]);
  chunk.parts = [];
  chunk.size = 0;
}

function observer(): CallObserver {
  const tap = setup.output ? new OutputTap(print) : undefined;
  return {
    before(_event, func, args, memory) {
      tap?.before(func.name, args, memory);
    },
    after(event, func, args, memory, result) {
      if ((event & 1023) === 0) shared[SHARED.events] = event;
      tap?.after(func.name, args, memory, Number(result));
    },
  };
}

function sendResponse(response: HttpResponse): void {
  port.postMessage({ type: 'response', response } satisfies FromReplay);
}

async function run(): Promise<FromReplay> {
  const trace = new TraceReader(setup.trace);
  try {
    if (trace.meta.flavour === 'component') {
      const tap = setup.responses ? new ResponseTap(trace, sendResponse) : undefined;
      const replay = new ComponentReplay(trace, {
        onOutput: setup.output ? print : undefined,
        onMatched: tap && ((event, memory) => tap.called(event, memory)),
        onTaken: tap && ((event) => tap.taken(event)),
        onEvent: (event) => {
          if ((event & 1023) === 0) shared[SHARED.events] = event;
        },
      });
      const end = await replay.run();
      tap?.end();
      return { type: 'ended', end, events: replay.events };
    }
    const made = setup.module === undefined ? countingFrames(trace, trace.module()) : undefined;
    const replay: GuestReplay = new GuestReplay(trace, {
      module: setup.module ?? made?.bytes ?? trace.module(),
      start: made?.start,
      original: made?.original,
      attach: (exports) => made && replay.endAtOverflow(probesOf(exports, made.prefix)),
      observer: observer(),
      describe: (name, args, memory) => unansweredCall(name, args, memory, DESCRIBED),
    });
    const end = replay.run();
    return { type: 'ended', end, events: replay.events };
  } finally {
    trace.close();
  }
}

function failure(thrown: unknown): FromReplay {
  const known = thrown instanceof WasiRrError ? thrown : undefined;
  return { type: 'failed', code: known?.code, message: messageOf(thrown), event: known?.event };
}

let last: FromReplay;
try {
  last = await run();
} catch (thrown) {
  last = failure(thrown);
}
sendOutput();
port.postMessage(last);
