/** The guest where one stands; comes there by a replay, or without one where a stretch knows it. */
import { WasiRrError } from '../../errors.ts';
import { type Mark, sameMark } from './mark.ts';
import { type Position, positionOf } from './position.ts';
import type { ProbeRun } from './probe-run.ts';
import { NO_POINTS, type OnEvent, type Runs } from './runs.ts';
import type { Stretches } from './stretches.ts';

export class Positions {
  private readonly runs: Runs;
  private readonly stretches: Stretches;
  latest: Position | undefined;

  constructor(runs: Runs, stretches: Stretches) {
    this.runs = runs;
    this.stretches = stretches;
  }

  /**
   * The guest at a mark; kept until the next position.
   * @throws WasiRrError EVENT_NOT_FOUND where the run does not come there; as ProbeRun.run
   */
  async at(mark: Mark, onEvent: OnEvent): Promise<Position> {
    if (this.latest !== undefined && sameMark(this.latest.mark, mark)) return this.latest;
    const position = this.known(mark) ?? (await this.seek(mark, onEvent));
    this.latest = position;
    return position;
  }

  private known(mark: Mark): Position | undefined {
    const there = this.stretches.at(mark);
    return there?.stretch.position(there.index);
  }

  private async seek(mark: Mark, onEvent: OnEvent): Promise<Position> {
    const func = this.runs.functionAt(mark.pc);
    const { stepped } = this.runs;
    let position: Position | undefined;
    const run: ProbeRun = this.runs.newRun(
      stepped.has(func) ? stepped : new Set([func]),
      NO_POINTS,
      {
        begin: () => run.wantTick(mark.tick),
        ticked: () => run.arm(mark.depth),
        switched: () => {
          if (run.tick === mark.tick) run.arm(mark.depth);
        },
        stop: (at) => {
          if (!sameMark(at, mark)) return;
          position = positionOf(run, at);
          run.leave();
        },
      },
      onEvent,
    );
    await run.run();
    if (position === undefined) throw notThere(mark);
    return position;
  }
}

export function notThere({ pc, tick, depth, event }: Mark): WasiRrError {
  return new WasiRrError(
    'EVENT_NOT_FOUND',
    `the run never comes to 0x${pc.toString(16)} at tick ${tick}, depth ${depth}.`,
    { event },
  );
}
