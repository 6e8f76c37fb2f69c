/** What a pane that is a list of lines shows. */
import type { Mark } from '../../replayer/timetravel/mark.ts';
import type { VariableRow } from '../../replayer/values/messages.ts';
import type { Bookmark } from '../../traces/annotations.ts';
import { escapeText } from '../../wasi/escape.ts';
import { type Line, line, span } from '../text/line.ts';
import { wrapWords } from '../text/wrap.ts';

/** Where Enter on a line leads. */
export type Target =
  | { readonly kind: 'event'; readonly event: number }
  | { readonly kind: 'memory'; readonly address: number }
  /** Inside of the run, before an instruction. */
  | { readonly kind: 'moment'; readonly mark: Mark; readonly level?: number }
  /** Of the stack: a frame of wasm and a call of the source in it, 0 the innermost. */
  | { readonly kind: 'frame'; readonly level: number; readonly call: number }
  /** The call that opened a descriptor. */
  | { readonly kind: 'opening'; readonly fd: number };

/** What a line of Marks stands for, where it can be removed or changed. */
export type MarksEntry =
  | { readonly kind: 'bookmark'; readonly bookmark: Bookmark }
  | { readonly kind: 'mark'; readonly letter: string };

export interface ContentLine {
  readonly line: Line;
  readonly target?: Target;
  readonly entry?: MarksEntry;
  /** Of Locals. */
  readonly row?: VariableRow;
  /** Of Breaks: the point's number. */
  readonly point?: number;
}

/** A message in place of a pane's lines. */
export function messageLines(text: string, cells: number): ContentLine[] {
  return wrapWords(escapeText(text), cells - 2).map((part) => ({ line: line(span(part, 'dim')) }));
}

export interface TabContent {
  readonly lines: readonly ContentLine[];
  /** For the lower border. */
  readonly note?: string;
}
