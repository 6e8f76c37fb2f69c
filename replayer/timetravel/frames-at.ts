/** The guest's stack at a mark, by a replay that is compared with the recording. */
import { WasiRrError } from '../../errors.ts';
import type { CallObserver } from '../feed.ts';
import { type Frame, readFrames } from './frames.ts';
import { type Running, replayInstrumented } from './instrumented-replay.ts';
import type { Mark } from './mark.ts';
import { frameOfTailCall } from './tail-calls.ts';
import type { TravelTarget } from './travel-target.ts';

/** Of a component, a frame of any instance. */
export interface StackedFrame extends Pick<Frame, 'func' | 'pc'> {
  readonly instance?: number;
}

/**
 * The stack just before the instruction at a mark, innermost frame first; at a mark without a pc, that of
 * the call which is event `mark.event`.
 * @param onEvent is told of every event that passes; what it throws ends the replay
 * @throws WasiRrError as replayInstrumented; EVENT_NOT_FOUND where the run never comes there
 */
export async function framesAt(
  target: TravelTarget,
  mark: Mark,
  onEvent: (event: number) => void = () => {},
): Promise<readonly StackedFrame[]> {
  let running: Running | undefined;
  let frames: readonly StackedFrame[] | undefined;
  const inCall = mark.pc < 0;
  const observer: CallObserver = {
    before: (event) => {
      onEvent(event);
      if (running === undefined) return;
      const ended = frameOfTailCall(running.probes, running.layout);
      if (inCall && event === mark.event) frames = framesNow(running);
      ended?.();
    },
    after: () => {},
  };
  await replayInstrumented(
    target,
    { tick: true, frames: 'spill', ...(!inCall && { breaks: new Set([mark.pc]) }) },
    (started) => {
      running = started;
      const { probes, event } = started;
      if (inCall) return;
      probes.set('stop', (pc, depth) => {
        const now = -Number(probes.global('ticksLeft').value);
        if (now !== mark.tick || depth !== mark.depth || event() !== mark.event) return;
        frames = framesNow(started, pc);
      });
    },
    observer,
  );
  if (frames !== undefined) return frames;
  const place = inCall
    ? `a call at event ${mark.event}`
    : `0x${mark.pc.toString(16)} at tick ${mark.tick}, depth ${mark.depth}`;
  throw new WasiRrError('EVENT_NOT_FOUND', `the run never comes to ${place}.`, {
    event: mark.event,
  });
}

/** @param pc of the innermost frame; that of the call under way unless given */
function framesNow({ probes, layout, allFrames }: Running, pc?: number): readonly StackedFrame[] {
  const all = allFrames();
  if (all !== undefined) {
    return all.map(({ func, offset, instance }, level) => ({
      ...{ func, instance },
      pc: (level === 0 ? pc : undefined) ?? offset,
    }));
  }
  const top = Number(probes.global('top').value);
  return readFrames(layout, probes.memory('frames').buffer, top, pc);
}
