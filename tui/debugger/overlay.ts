/** Scrolling what lies over the panes: the help, and a hang beyond the end of its recording. */
import { overlayRows } from '../model/layout.ts';
import { helpLines } from '../panes/help.ts';
import { pastLines } from '../panes/past.ts';
import type { Debugger } from './debugger.ts';

/** @param by lines; infinite for an end */
export function scrollOverlay(bugger: Debugger, by: number): void {
  const { help, past } = bugger.state;
  const room = overlayRows(bugger.layout);
  const moved = (top: number, lines: number) =>
    Math.max(0, Math.min(top + by, Math.max(0, lines - room)));
  if (help !== undefined) {
    bugger.update({ help: moved(help, helpLines(bugger).length) });
  } else if (past !== undefined) {
    bugger.update({ past: { ...past, top: moved(past.top, pastLines(past).length) } });
  }
}

/** By windows, less a line that stays in sight. */
export function pageOverlay(bugger: Debugger, pages: number): void {
  scrollOverlay(bugger, pages * Math.max(1, overlayRows(bugger.layout) - 1));
}
