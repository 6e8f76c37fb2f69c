/** Bookmarks: notes on calls that the trace keeps. */
import { messageOf } from '../../errors.ts';
import type { Debugger } from './debugger.ts';

export function addBookmark(bugger: Debugger, note: string): void {
  const { position, guest } = bugger;
  if (guest.ready === undefined) {
    bugger.say(`not kept: ${guest.problem?.message ?? 'the session is not there yet'}`, 'problem');
    return;
  }
  try {
    guest.ready.addBookmark(`#${position}`, note, position);
    bugger.say(`bookmarked #${position}`);
  } catch (thrown) {
    bugger.say(`not kept: ${messageOf(thrown)}`, 'problem');
  }
}
