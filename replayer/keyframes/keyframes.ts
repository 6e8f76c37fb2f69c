/**
 * Keyframes of a session's trace: taken from the trace, or made by a replay of their own beside the session, and
 * asked before any replay is. What they do not know is undefined.
 */
import { workerUrl } from '../../worker-url.ts';
import { RequestLink, type RequestOptions } from '../requests/request-link.ts';
import type { KeyframeRequests, KeyframesInfo } from './messages.ts';

/** Bytes that keyframes may take unless asked otherwise. */
export const DEFAULT_BUDGET = 128 << 20;

/** Those that are answered out of memory that is kept. */
type Question = 'memory' | 'search' | 'diff' | 'history' | 'globals';

export class Keyframes {
  private readonly link: RequestLink<KeyframeRequests>;
  private known: KeyframesInfo | undefined;
  private making: Promise<KeyframesInfo> | undefined;

  /** @param trace path */
  constructor(trace: string) {
    this.link = new RequestLink({
      url: workerUrl('replayer/keyframes/keyframe-worker'),
      setup: () => ({ trace }),
      // what a thread that died has kept is gone
      receive: () => {},
    });
  }

  /** What there is. */
  get info(): KeyframesInfo | undefined {
    return this.known;
  }

  /** Whether they are being made. */
  get isMaking(): boolean {
    return this.making !== undefined;
  }

  /**
   * Takes those that the trace holds.
   * @returns undefined where it holds none for its log as it is now
   * @throws WasiRrError TRACE_CORRUPT
   */
  async load(options?: RequestOptions): Promise<KeyframesInfo | undefined> {
    this.known = await this.link.request('load', {}, options);
    return this.known;
  }

  /**
   * Makes them: one replay of the whole run, in a thread of its own. Asked again meanwhile, waits for the same.
   * @param options `budget`: bytes that they may take, 128 MiB by default
   * @throws WasiRrError DIVERGENCE and others where the trace does not replay to its end, MODULE_UNSUPPORTED,
   *   SESSION_FAILED, SESSION_CLOSED; the reason of `signal`
   */
  make(options: RequestOptions & { readonly budget?: number } = {}): Promise<KeyframesInfo> {
    this.making ??= this.makeOnce(options).finally(() => {
      this.making = undefined;
    });
    return this.making;
  }

  /** Puts what was made into the trace. @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY */
  store(): Promise<undefined> {
    return this.link.request('store', {});
  }

  /**
   * @returns undefined where they do not know, or there are none
   * @throws WasiRrError TRACE_CORRUPT, SESSION_FAILED, SESSION_CLOSED; the reason of `signal`
   */
  async ask<K extends Question>(
    name: K,
    params: KeyframeRequests[K]['params'],
    options: RequestOptions = {},
  ): Promise<KeyframeRequests[K]['answer']> {
    // while they are made the thread hears nothing
    if (this.known === undefined || this.making !== undefined) return undefined;
    const { signal } = options;
    try {
      return await this.link.request(name, params, { signal });
    } catch (thrown) {
      if (signal?.aborted) throw thrown;
      // damaged, or gone with their thread: a replay gives it as well
      this.known = undefined;
      return undefined;
    }
  }

  /** Ends the thread. */
  close(): Promise<void> {
    return this.link.close();
  }

  private async makeOnce({
    budget = DEFAULT_BUDGET,
    ...options
  }: Parameters<Keyframes['make']>[0] & {}) {
    this.known = undefined;
    this.known = await this.link.request('make', { budget }, options);
    return this.known;
  }
}
