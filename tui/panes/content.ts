/** What a pane that is a list of lines shows. */
import type { Line } from '../text/line.ts';

/** Where Enter on a line leads. */
export type Target =
  | { readonly kind: 'event'; readonly event: number }
  | { readonly kind: 'memory'; readonly address: number };

export interface ContentLine {
  readonly line: Line;
  readonly target?: Target;
}

export interface TabContent {
  readonly lines: readonly ContentLine[];
  /** For the lower border. */
  readonly note?: string;
}
