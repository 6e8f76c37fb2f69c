/** What a session and the thread that keeps its keyframes say to each other. */
import type { Requests } from '../session/messages.ts';

export interface KeyframesInfo {
  /** `made`: by a replay in this session, which was compared with the recording; `stored`: they were in the trace. */
  readonly source: 'made' | 'stored';
  /** How many there are; each event has up to two. */
  readonly keyframes: number;
  /** Bytes that they take. */
  readonly bytes: number;
  /** The last event of which they know anything. */
  readonly upTo: number;
}

/** Answers are undefined where keyframes do not have them: a replay does. */
type Asked = Pick<Requests, 'memory' | 'search' | 'diff' | 'history' | 'globals'>;

export type KeyframeRequests = {
  [K in keyof Asked]: { params: Asked[K]['params']; answer: Asked[K]['answer'] | undefined };
} & {
  /** Takes those that the trace holds; undefined where it holds none. */
  load: { params: object; answer: KeyframesInfo | undefined };
  /** One replay of the whole run. @param budget bytes that they may take */
  make: { params: { budget: number }; answer: KeyframesInfo };
  /** Puts what was made into the trace. */
  store: { params: object; answer: undefined };
};

/** `workerData` of the thread. */
export interface KeyframeSetup {
  /** Path. */
  readonly trace: string;
  /** Words of requests/messages.ts. */
  readonly shared: SharedArrayBuffer;
}
