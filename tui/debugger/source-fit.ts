/** The cursor of the Source pane: follows the guest; where it only waits, stays where the user put it. */
import { resize, reveal } from '../model/scroll.ts';
import { sourceView } from '../panes/source-view.ts';
import type { Debugger } from './debugger.ts';
import type { SourceScroll } from './state.ts';

/** @param height lines of the pane */
export function fittedSource(bugger: Debugger, height: number): SourceScroll {
  const view = sourceView(bugger);
  const { source, inside } = bugger.state;
  if (view === undefined) return source;
  const sized = { ...resize(source.scroll, height), length: view.lines.length };
  const isOther = view.key !== source.text;
  const scroll = isOther ? { ...sized, top: 0, cursor: 0 } : sized;
  const goes = (isOther || source.shown !== inside) && view.current !== undefined;
  return {
    scroll: goes ? reveal(scroll, view.current ?? 0) : scroll,
    text: view.key,
    shown: inside,
  };
}
