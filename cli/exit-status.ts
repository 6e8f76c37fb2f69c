/** What a process exits with for what became of a guest. */
import { constants } from 'node:os';
import type { Outcome } from '../index.ts';

export const EXIT = {
  usage: 2,
  /** The trace could not be written on, and so the guest was ended. */
  traceLost: 123,
  /** As coreutils' timeout. */
  timeout: 124,
  /** wasi-rr itself failed. */
  failed: 125,
  /** 128 + SIGABRT, as wasmtime has it. */
  trap: 134,
} as const;

/** The signal that ended the run; undefined where none did. */
export function signalOf(outcome: Outcome | undefined): NodeJS.Signals | undefined {
  const by = outcome?.kind === 'interrupted' ? outcome.by : undefined;
  return by !== undefined && Object.hasOwn(constants.signals, by)
    ? (by as NodeJS.Signals)
    : undefined;
}

/** 0 to 255; {@link EXIT.failed} for a run without an end. */
export function statusOf(outcome: Outcome | undefined): number {
  switch (outcome?.kind) {
    case 'exit':
      // a u32 of which a process can report 8 bits: what failed must not look like success
      return outcome.code & 0xff || (outcome.code === 0 ? 0 : 1);
    case 'trap':
      return EXIT.trap;
    case 'interrupted': {
      const signal = signalOf(outcome);
      if (signal !== undefined) return 128 + constants.signals[signal];
      return outcome.by === 'timeout' ? EXIT.timeout : EXIT.failed;
    }
    default:
      return EXIT.failed;
  }
}
