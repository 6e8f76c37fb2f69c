/** Bookmarks: notes on calls that the trace keeps. What is removed can be put back until the UI is left. */
import { messageOf } from '../../errors.ts';
import * as annotations from '../../traces/annotations.ts';
import type { MarksEntry } from '../panes/content.ts';
import type { Debugger } from './debugger.ts';
import { openPrompt } from './prompts.ts';

/** Changes the trace, and reads anew what it holds. @returns whether it could */
function change(bugger: Debugger, done: string, work: () => void): boolean {
  try {
    work();
    bugger.update({ bookmarks: annotations.listBookmarks(bugger.path) });
    bugger.say(done);
    return true;
  } catch (thrown) {
    bugger.say(`not kept: ${messageOf(thrown)}`, 'problem');
    return false;
  }
}

export function addBookmark(bugger: Debugger, note: string): void {
  const event = bugger.position;
  change(bugger, `bookmarked #${event}; 9 lists the bookmarks`, () =>
    annotations.addBookmark(bugger.path, { event, name: `#${event}`, note }),
  );
}

function selectedEntry(bugger: Debugger): MarksEntry | undefined {
  return bugger.content()?.lines[bugger.state.scrolls.bookmarks.cursor]?.entry;
}

export function removeEntry(bugger: Debugger): void {
  const entry = selectedEntry(bugger);
  if (entry === undefined) {
    bugger.say('this line is neither a bookmark nor a mark');
  } else if (entry.kind === 'mark') {
    const { letter } = entry;
    bugger.update({ marks: bugger.state.marks.filter((mark) => mark.letter !== letter) });
    bugger.say(`mark ${letter} removed`);
  } else {
    const { bookmark } = entry;
    const removed = change(bugger, `bookmark of #${bookmark.event} removed; z puts it back`, () =>
      annotations.removeBookmark(bugger.path, bookmark.id),
    );
    if (removed) bugger.update({ removedBookmarks: [...bugger.state.removedBookmarks, bookmark] });
  }
}

export function restoreBookmark(bugger: Debugger): void {
  const { removedBookmarks } = bugger.state;
  const bookmark = removedBookmarks.at(-1);
  if (bookmark === undefined) {
    bugger.say('no bookmark was removed');
    return;
  }
  const restored = change(bugger, `bookmark of #${bookmark.event} put back`, () =>
    annotations.addBookmark(bugger.path, bookmark),
  );
  if (restored) bugger.update({ removedBookmarks: removedBookmarks.slice(0, -1) });
}

export function editEntry(bugger: Debugger): void {
  const entry = selectedEntry(bugger);
  if (entry?.kind !== 'bookmark') {
    bugger.say('this line is no bookmark; b makes one of the selected call');
    return;
  }
  bugger.update({ editing: entry.bookmark });
  openPrompt(bugger, 'editNote', entry.bookmark.note);
}

/** Ends what {@link editEntry} began. */
export function changeNote(bugger: Debugger, note: string): void {
  const { editing } = bugger.state;
  if (editing === undefined) return;
  change(bugger, `bookmark of #${editing.event} changed`, () =>
    annotations.editBookmark(bugger.path, editing.id, note),
  );
}
