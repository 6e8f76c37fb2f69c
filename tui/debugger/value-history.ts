/** How a variable changed: asked for in Locals, shown in Writes. */
import { messageOf } from '../../errors.ts';
import type { HistoryQuestion, LocatedHistory } from '../../replayer/timetravel/messages.ts';
import { PREPARING } from '../guest/travel-view.ts';
import { EMPTY_SCROLL } from '../model/scroll.ts';
import type { Debugger } from './debugger.ts';

/** Changes of one answer, the last ones. */
const KEPT = 1000;

type Asked = Pick<HistoryQuestion, 'mark' | 'place' | 'of'> & { readonly name: string };

export interface ShownHistory {
  readonly kind: 'values';
  readonly asked: Asked;
  readonly found: LocatedHistory;
}

export async function valueHistory(
  bugger: Debugger,
  asked: Asked,
  scope: 'call' | 'function',
): Promise<void> {
  const since = performance.now();
  const last = Math.max(1, asked.mark.event);
  const what = 'replaying to see how it changed';
  const onProgress = (event: number, preparing?: number) =>
    bugger.update({
      work:
        preparing === undefined
          ? { what, share: Math.max(0, event) / last, since, asked: true }
          : { what: PREPARING, share: preparing, since, asked: true },
    });
  onProgress(0);
  const { mark, place, of } = asked;
  try {
    const found = await bugger.travel.ask(
      (travel, options) => travel.history({ mark, place, of, scope, keep: KEPT }, options),
      { onProgress },
    );
    const writers: ShownHistory = { kind: 'values', asked, found };
    const scrolls = { ...bugger.state.scrolls, writes: EMPTY_SCROLL };
    bugger.update({ work: undefined, writers, scrolls, tab: 'writes', focus: 'tab' });
  } catch (thrown) {
    bugger.update({ work: undefined });
    bugger.say(messageOf(thrown), 'problem');
  }
}

/** From one call of the function to all of them, and back. */
export async function historyElsewhere(bugger: Debugger): Promise<void> {
  const { writers } = bugger.state;
  if (writers?.kind !== 'values') {
    bugger.say('H in Locals shows how a variable changed');
    return;
  }
  const { asked, found } = writers;
  if (found.scope === 'run')
    bugger.say(`${asked.name} belongs to no function: this is the whole run`);
  else await valueHistory(bugger, asked, found.scope === 'call' ? 'function' : 'call');
}
