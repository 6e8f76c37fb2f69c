/**
 * The one error type of the project. Everything that a user, a program or a file can get wrong ends
 * here; anything else that is thrown is a defect of wasi-rr itself.
 */

/** Stable codes: scripts and tests match these, never the message. */
export type ErrorCode =
  // the guest
  | 'MODULE_NOT_FOUND'
  | 'MODULE_UNREADABLE'
  | 'MODULE_INVALID'
  | 'MODULE_IS_COMPONENT'
  | 'MODULE_UNSUPPORTED'
  | 'IMPORTS_UNSATISFIED'
  | 'EXPORT_MISSING'
  | 'EXPORT_UNSUPPORTED'
  // recording
  | 'OPTION_INVALID'
  | 'DIRECTORY_NOT_FOUND'
  | 'LISTEN_FAILED'
  | 'OUTPUT_EXISTS'
  | 'OUTPUT_UNWRITABLE'
  | 'TRACE_WRITE_FAILED'
  | 'UNTRACKED_WRITE'
  | 'RECORDING_ENDED'
  | 'GUEST_THREAD_FAILED'
  // traces
  | 'TRACE_NOT_FOUND'
  | 'TRACE_UNREADABLE'
  | 'TRACE_IS_BUSY'
  | 'NO_TRACES'
  | 'NOT_A_TRACE'
  | 'TRACE_TOO_NEW'
  | 'TRACE_TRUNCATED'
  | 'TRACE_CORRUPT'
  | 'SEGMENT_CORRUPT'
  | 'QUERY_FAILED'
  | 'EVENT_NOT_FOUND'
  // replaying
  | 'DIVERGENCE'
  | 'REPLAY_FAILED'
  // sessions
  | 'SESSION_FAILED'
  | 'SESSION_CLOSED';

export interface ErrorDetails {
  /** Number of the event at which it happened, where there is one. */
  readonly event?: number | undefined;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

export class WasiRrError extends Error {
  override readonly name = 'WasiRrError';
  readonly code: ErrorCode;
  readonly event: number | undefined;

  /**
   * @param code what went wrong, for programs
   * @param message what happened, why, and what to do about it, for people
   */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.event = details.event;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a system or SQLite error (`ENOENT`, `SQLITE_CORRUPT`); undefined for others. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Says that something which cannot be is: a defect of wasi-rr, never the user's. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`wasi-rr: internal error: ${what}`);
}
