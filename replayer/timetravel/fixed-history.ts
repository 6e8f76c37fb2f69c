/**
 * How a value changed that lies in the same bytes of memory all the time: a global, what is on the heap, a
 * variable of one call of its function. One replay in which its bytes are watched.
 */
import type { FollowedValue } from '../values/followed.ts';
import type { ChangeList } from './change-list.ts';
import { type Mark, sameMark } from './mark.ts';
import type { ProbeEvents, ProbeRun } from './probe-run.ts';
import { WatchedBytes, type WrittenBytes } from './watched-bytes.ts';

export interface FixedHistoryQuery {
  readonly to: Mark;
  /** Tick with which the function was entered that it belongs to; what stood there before is not its own. */
  readonly entered: number | undefined;
}

export function fixedHistoryPass(
  { to, entered }: FixedHistoryQuery,
  followed: FollowedValue,
  list: ChangeList,
  run: () => ProbeRun,
): ProbeEvents {
  const { now } = followed;
  /** The first write of a call puts a value there, whatever stood there. */
  let isOwn = entered === undefined;
  const written = ({ mark, by, call, address, before, same }: WrittenBytes) => {
    const had = isOwn;
    isOwn = true;
    if ((had && same) || !list.look()) return;
    const part = followed.changed(now, run().memory, address, before);
    if (had && part.before === part.after) return;
    list.add({
      ...{ mark, by, call, path: part.path, after: part.after },
      before: had ? part.before : undefined,
      activation: undefined,
    });
  };
  const watched = new WatchedBytes(run, written);
  const goOn = (tick: number) => {
    if (tick < to.tick) run().wantTick(to.tick);
    else run().arm(to.depth);
  };
  return {
    ...watched.events,
    begin: () => {
      if (entered !== undefined) {
        run().wantTick(entered);
        return;
      }
      watched.watch(now.range);
      run().wantTick(to.tick);
    },
    ticked: ({ tick }) => {
      if (tick === entered) watched.watch(now.range);
      goOn(tick);
    },
    switched: () => {
      if (run().tick === to.tick) run().arm(to.depth);
    },
    stop: (at) => {
      if (sameMark(at, to)) run().leave();
    },
  };
}
