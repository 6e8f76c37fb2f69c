/** What goes between a thread and who asks it: one request at a time, by number. Knows no request. */
import { messageOf, WasiRrError } from '../../errors.ts';

/** The requests that a thread answers, by name: parameters and answer of each. */
export type RequestTable<R> = {
  readonly [K in keyof R]: { readonly params: unknown; readonly answer: unknown };
};

/** A request on its way, one of those of a table. */
export type RequestOf<R extends RequestTable<R>> = {
  readonly [K in keyof R]: {
    readonly id: number;
    readonly name: K;
    readonly params: R[K]['params'];
  };
}[keyof R];

export type Reply =
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  /** It was given up. */
  | { readonly type: 'aborted'; readonly id: number }
  /** `code` of a WasiRrError; undefined for anything else that was thrown. */
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: string | undefined;
      readonly message: string;
      readonly event: number | undefined;
    };

export function failedReply(id: number, thrown: unknown): Reply {
  const { code, event } = thrown instanceof WasiRrError ? thrown : {};
  return { type: 'failed', id, code, message: messageOf(thrown), event };
}

/** Words of the memory that both threads see. */
export const SHARED_WORD = {
  bytes: 20,
  /** How many requests have been sent: work ahead of time stops for the next one. */
  sent: 0,
  /** Id of the request that is to be given up. */
  cancelled: 1,
  /** Event that the running request has come to. */
  event: 2,
  /** While a program is prepared for it: 1 and how many thousandths are done; else 0. */
  prepared: 3,
  /** @see allowEnding */
  ending: 4,
} as const;
