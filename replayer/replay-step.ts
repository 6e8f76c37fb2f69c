/** What a replay asks of whoever drives it, so that one can make the guest's calls in a way of his own. */
import type { CoreValue } from '../traces/events.ts';

/** A call that the recorded host made; the replay wants to know how it ended. */
export interface CallStep {
  readonly kind: 'call';
  readonly target: (...args: CoreValue[]) => unknown;
  readonly args: readonly CoreValue[];
}

/** How a call ended. */
export type CallEnding = { readonly returned: unknown } | { readonly thrown: unknown };

/** Makes the call here and now. */
export function made({ target, args }: CallStep): CallEnding {
  try {
    return { returned: target(...args) };
  } catch (thrown) {
    return { thrown };
  }
}
