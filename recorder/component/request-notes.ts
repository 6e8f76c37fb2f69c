/** Notes on the requests that a server is answering: for people. What is going on is known by its async context. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServedRequest, Span } from '../../traces/requests.ts';
import type { RequestState } from './component-messages.ts';
import type { GuestStack, RunWatch } from './core-boundary.ts';

/** Runs of events that are noted of one request. */
const MAX_SPANS = 10_000;

/** What the notes of a request that has not been answered say. */
const NOT_DONE = 'the program was not done with it';

/** A request that has come and is not done. */
export class OpenRequest {
  readonly id: number;
  readonly method: string;
  readonly path: string;
  readonly startNs: number;
  status: number | null = null;
  failure: string | null = null;
  readonly spans: Span[] = [];
  durationNs: number | undefined;
  /** Number of the call with which the program gave its response; undefined where nothing tells. */
  givenWith: number | undefined;

  constructor(id: number, method: string, path: string, startNs: number) {
    this.id = id;
    this.method = method;
    this.path = path;
    this.startNs = startNs;
  }
}

export class RequestNotes implements RunWatch {
  private readonly going = new AsyncLocalStorage<OpenRequest>();
  private readonly nowNs: () => number;
  private readonly onNews: (request: ServedRequest, state: RequestState) => void;
  private count = 0;
  private readonly late = new Set<OpenRequest>();
  private readonly stacks = new WeakMap<GuestStack, OpenRequest>();
  /** What the guest keeps for a task → the request that it is for. */
  private readonly kept = new Map<number, OpenRequest>();
  /** Whose the guest said that it is, since it was entered. */
  private running: OpenRequest | undefined;

  /**
   * @param nowNs nanoseconds since the recording's start
   * @param onNews called when each comes and when it is answered; `more` where the guest did something for it after that
   */
  constructor(nowNs: () => number, onNews: (request: ServedRequest, state: RequestState) => void) {
    this.nowNs = nowNs;
    this.onNews = onNews;
  }

  /** Does what is to be done for a request; what follows from that is noted as its. */
  answer<Result>(method: string, path: string, work: (open: OpenRequest) => Result): Result {
    const open = new OpenRequest(++this.count, method, path, this.nowNs());
    // whatever hangs or kills it is to be found among the requests
    this.tell({ ...open, failure: NOT_DONE }, 'begun');
    return this.going.run(open, () => work(open));
  }

  /**
   * The guest keeps something for its task, or asks for it: by that its further entries are known, which the
   * runtime makes for several tasks out of one context.
   */
  context(what: 'get' | 'set', kept: number, stack: GuestStack | undefined): void {
    if (kept === 0) return;
    if (what === 'get') {
      this.running ??= this.kept.get(kept);
      return;
    }
    const goesOn = stack && this.stacks.get(stack);
    const of = this.running ?? goesOn ?? this.going.getStore();
    if (of !== undefined) this.kept.set(kept, of);
  }

  /** The guest gives what a task was called for. @param event number of the call with which it does */
  returned(event: number | undefined, stack: GuestStack | undefined): void {
    const of = this.running ?? (stack && this.stacks.get(stack)) ?? this.going.getStore();
    if (of !== undefined) of.givenWith = event;
  }

  ran(first: number, last: number, stack: GuestStack | undefined): void {
    const of = this.running ?? this.going.getStore();
    if (of !== undefined && stack !== undefined) this.stacks.set(stack, of);
    this.note(first, last, of);
  }

  wentOn(first: number, last: number, stack: GuestStack): void {
    this.note(first, last, this.stacks.get(stack));
  }

  private note(first: number, last: number, of: OpenRequest | undefined): void {
    this.running = undefined;
    if (of === undefined || of.spans.length >= MAX_SPANS) return;
    const { spans } = of;
    let [from, to] = [first, last];
    // what a stack calls that goes on is noted before what it did itself
    for (let before = spans.at(-1); before && before[1] + 1 >= from; before = spans.at(-1)) {
      spans.pop();
      [from, to] = [Math.min(from, before[0]), Math.max(to, before[1])];
    }
    spans.push([from, to]);
    if (of.durationNs !== undefined) this.late.add(of);
  }

  /** What the guest went on to do for requests that were answered is noted as well. */
  flush(): void {
    for (const of of this.late) this.tell(of, 'more');
    this.late.clear();
  }

  done(open: OpenRequest): void {
    open.durationNs = Math.max(0, this.nowNs() - open.startNs);
    this.tell(open, 'done');
  }

  private tell(open: OpenRequest, state: RequestState): void {
    const { id, method, path, status, failure, startNs, durationNs = 0, spans } = open;
    this.onNews({ id, method, path, status, failure, startNs, durationNs, spans }, state);
  }
}
