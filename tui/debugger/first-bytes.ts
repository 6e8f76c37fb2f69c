/** `:first "TEXT"`: to where memory holds some bytes for the first time in the run. */
import { messageOf } from '../../errors.ts';
import { PREPARING } from '../guest/travel-view.ts';
import { searchBytes } from '../model/value-types.ts';
import type { Debugger } from './debugger.ts';
import { goInside } from './stepping.ts';

/** @param text as a search of memory takes it */
export async function goToFirstBytes(bugger: Debugger, text: string): Promise<void> {
  const bytes = searchBytes(text);
  if (bytes === undefined || bytes.length === 0) {
    bugger.say(`${text} says no bytes: give a text in quotes, or 0x62 0x75`, 'problem');
    return;
  }
  const since = performance.now();
  const last = Math.max(1, bugger.reader.eventCount);
  const onProgress = (event: number, preparing?: number) => {
    const what = preparing === undefined ? 'looking for the first of these bytes' : PREPARING;
    bugger.update({
      work: { what, share: preparing ?? Math.max(0, event) / last, since, asked: true },
    });
  };
  onProgress(0);
  try {
    const seen = await bugger.travel.ask((travel, options) => travel.firstSeen(bytes, options), {
      onProgress,
    });
    bugger.update({ work: undefined });
    if (seen === undefined) {
      bugger.say(`memory never holds ${text}`);
      return;
    }
    const { by, mark, address, other } = seen;
    const isHere = by === 'guest' && other === undefined;
    const motion = isHere
      ? ({ kind: 'mark', mark } as const)
      : ({ kind: 'event', event: mark.event } as const);
    await goInside(bugger, 'to the first of these bytes', motion);
    const who = {
      guest: 'written by the guest',
      host: 'written by the host',
      start: 'there from the start',
    };
    bugger.say(`${text} at 0x${address.toString(16)}, ${who[by]}`);
  } catch (thrown) {
    bugger.update({ work: undefined });
    bugger.say(messageOf(thrown), 'problem');
  }
}
