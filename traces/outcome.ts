/** How a recorded run ended. */
import { type Trap, trapDepth } from '../wasm/traps.ts';

export type Outcome =
  /** `proc_exit`, or a return from `_start` (code 0). The code is the guest's whole u32. */
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'trap'; readonly trap: Trap }
  /** Ended from outside: a signal's name, or `timeout`. */
  | { readonly kind: 'interrupted'; readonly by: string }
  /** Something other than the guest failed: the host threw, or a check of the recorder did. */
  | { readonly kind: 'failed'; readonly message: string };

/** One line for people, e.g. `exit 3` or `trap: unreachable`. Not escaped. */
export function describeOutcome(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'none (the recorder was killed)';
  switch (outcome.kind) {
    case 'exit':
      return `exit ${outcome.code}`;
    case 'trap':
      return `trap: ${outcome.trap.message}${depthText(outcome.trap)}`;
    case 'interrupted':
      return `interrupted by ${outcome.by}`;
    case 'failed':
      return `failed: ${outcome.message}`;
  }
}

function depthText(trap: Trap): string {
  const depth = trap.kind === 'stack-overflow' ? trapDepth(trap) : undefined;
  return depth ? ` (${depth} frames deep)` : '';
}

/** Whether a run ended as its author would hope: `--keep failed` deletes the traces of these. */
export function isSuccess(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'exit' && outcome.code === 0;
}

/** Reads an outcome from the text of an `unwind` event; undefined where it is none. */
export function parseOutcomeText(text: string): Outcome | undefined {
  try {
    return parseOutcome(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Reads an outcome from a JSON value that may be anything; undefined where it is none. */
export function parseOutcome(value: unknown): Outcome | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, code, by, message, trap } = value as Record<string, unknown>;
  if (kind === 'exit' && isU32(code)) return { kind, code };
  if (kind === 'interrupted' && typeof by === 'string') return { kind, by };
  if (kind === 'failed' && typeof message === 'string') return { kind, message };
  if (kind === 'trap' && isTrap(trap)) return { kind, trap };
  return undefined;
}

function isU32(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function isTrap(value: unknown): value is Trap {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, message, frames, depth, memory } = value as Record<string, unknown>;
  return (
    (depth === undefined || isU32(depth)) &&
    (memory === undefined || typeof memory === 'string') &&
    typeof kind === 'string' &&
    typeof message === 'string' &&
    Array.isArray(frames) &&
    frames.every(
      (frame: unknown) =>
        typeof frame === 'object' &&
        frame !== null &&
        typeof (frame as { func?: unknown }).func === 'number' &&
        typeof (frame as { offset?: unknown }).offset === 'number',
    )
  );
}
