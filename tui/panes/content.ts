/** What a pane that is a list of lines shows. */
import type { Bookmark } from '../../traces/annotations.ts';
import type { Line } from '../text/line.ts';

/** Where Enter on a line leads. */
export type Target =
  | { readonly kind: 'event'; readonly event: number }
  | { readonly kind: 'memory'; readonly address: number };

/** What a line of Marks stands for, where it can be removed or changed. */
export type MarksEntry =
  | { readonly kind: 'bookmark'; readonly bookmark: Bookmark }
  | { readonly kind: 'mark'; readonly letter: string };

export interface ContentLine {
  readonly line: Line;
  readonly target?: Target;
  readonly entry?: MarksEntry;
}

export interface TabContent {
  readonly lines: readonly ContentLine[];
  /** For the lower border. */
  readonly note?: string;
}
