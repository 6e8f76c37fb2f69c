/** What goes between a test and its thread that works ahead. */

export interface AheadRequests {
  readonly look: { readonly params: { readonly at: number }; readonly answer: string };
  readonly step: { readonly params: { readonly at: number }; readonly answer: string };
}

/** Words of `told`: how often work ahead began, and how often it was given up; whether it is to end. */
export const TOLD = { begun: 0, givenUp: 1, ends: 2, bytes: 16 } as const;
