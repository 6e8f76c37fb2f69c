/** What each function of a run spent, by which calls it came about, from one instrumented replay. */
import type { TraceReader } from '../../traces/reader.ts';
import type { FrameNames } from '../source/frame-names.ts';
import { type Running, replayInstrumented } from '../timetravel/instrumented-replay.ts';
import type { TravelTarget } from '../timetravel/travel-target.ts';
import { CallTree } from './call-tree.ts';
import type { Profile, ProfiledFunction } from './messages.ts';

/** Nodes of 40 bytes. */
const MAX_NODES = 2_000_000;

/**
 * @param onEvent is told of every event that passes; what it throws ends the replay
 * @throws WasiRrError as replayInstrumented
 */
export async function profileRun(
  target: TravelTarget,
  names: FrameNames,
  onEvent: (event: number) => void = () => {},
  maxNodes = MAX_NODES,
): Promise<Profile> {
  const { trace } = target;
  let tree: CallTree | undefined;
  let running: Running | undefined;
  /** By event: the node of its call, plus one. */
  const nodeOfEvent = new Int32Array(trace.eventCount);
  const hostBase = 1 << 30;
  const note = await replayInstrumented(
    target,
    { tick: true, frames: 'depth', calls: true },
    (started) => {
      running = started;
      const own = new CallTree(started.probes, maxNodes);
      started.onSwitch((stack) => own.switchTo(stack));
      tree = own;
    },
    {
      before: (event, func) => {
        onEvent(event);
        nodeOfEvent[event] = (tree?.hostCalled(hostBase + func.id) ?? -1) + 1;
      },
      after: () => {},
    },
  );
  if (tree === undefined || running === undefined) return EMPTY;
  const nodes = tree.read();
  const hostNs = new Float64Array(nodes.func.length);
  for (const event of trace.events()) {
    const node = (nodeOfEvent[event.number] ?? 0) - 1;
    if (node >= 0 && event.kind === 'call') hostNs[node] = (hostNs[node] ?? 0) + event.durationNs;
  }
  const { layout } = running;
  const functions: ProfiledFunction[] = [];
  const indexOf = new Map<number, number>();
  const func = nodes.func.map((number) => {
    if (number < 0) return -1;
    let index = indexOf.get(number);
    if (index === undefined) {
      index = functions.length;
      indexOf.set(number, index);
      functions.push(
        number >= hostBase
          ? hostFunction(trace, number - hostBase)
          : guestFunction(names, number, layout.bodyStarts[number - layout.importedFunctions] ?? 0),
      );
    }
    return index;
  });
  return { ...nodes, functions, func, hostNs, note };
}

const EMPTY: Profile = {
  functions: [],
  func: Int32Array.of(-1),
  parent: Int32Array.of(-1),
  calls: new Float64Array(1),
  ticks: new Float64Array(1),
  hostNs: new Float64Array(1),
  lost: 0,
  note: undefined,
};

function hostFunction(trace: TraceReader, id: number): ProfiledFunction {
  return { func: undefined, name: trace.functions.get(id)?.name, place: undefined };
}

function guestFunction(names: FrameNames, func: number, start: number): ProfiledFunction {
  const { name, source } = names.frame(start, func);
  const own = source.at(-1);
  return { func, name: name ?? own?.name, place: own?.place };
}
