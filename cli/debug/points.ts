/** The breakpoints, watchpoints and catchpoints of a debugger, numbered from 1. */
import {
  type Arrival,
  activePoints,
  afterMotion,
  escapeText,
  newStopPoint,
  type Points,
  type StopPoint,
  type StopWhat,
  type WatchOn,
} from '../../index.ts';
import { frameTexts } from '../frames.ts';
import { type Answer, refuse } from './answer.ts';

export class PointList {
  private points: readonly StopPoint[] = [];
  private made = 0;

  add(what: StopWhat, more: { once?: boolean; condition?: string | undefined } = {}): StopPoint {
    const point = newStopPoint(what, ++this.made, more);
    this.points = [...this.points, point];
    return point;
  }

  /** @throws WasiRrError OPTION_INVALID where there is none of this number */
  get(number: number): StopPoint {
    const found = this.find(number);
    if (found === undefined) throw refuse(`there is no breakpoint ${number}.`);
    return found;
  }

  has(number: number): boolean {
    return this.points.some((one) => one.number === number);
  }

  /** Breakpoints that stop at one of these instructions are removed. @returns those */
  deleteAt(pcs: ReadonlySet<number>): readonly StopPoint[] {
    const there = this.points.filter(
      (one) => one.kind === 'breakpoint' && one.frames.some(({ offset }) => pcs.has(offset)),
    );
    this.points = this.points.filter((one) => !there.includes(one));
    return there;
  }

  /** @param numbers none: all */
  delete(numbers: readonly number[]): void {
    for (const number of numbers) this.get(number);
    this.points = this.points.filter(
      ({ number }) => numbers.length > 0 && !numbers.includes(number),
    );
  }

  /** @param numbers none: all */
  change(numbers: readonly number[], by: Partial<StopPoint>): void {
    for (const number of numbers) this.get(number);
    this.points = this.points.map((one) =>
      numbers.length === 0 || numbers.includes(one.number) ? ({ ...one, ...by } as StopPoint) : one,
    );
  }

  get all(): readonly StopPoint[] {
    return this.points;
  }

  get active(): Points {
    return activePoints(this.points);
  }

  find(number: number | undefined): StopPoint | undefined {
    return this.points.find((one) => one.number === number);
  }

  /** Counts hits. */
  passed(arrival: Arrival): void {
    this.points = afterMotion(this.points, arrival);
  }

  /** @param kind undefined: all */
  list(kind?: StopPoint['kind']): Answer {
    const listed = this.points.filter((one) => kind === undefined || one.kind === kind);
    return {
      text: listed.length === 0 ? [`no ${kind ?? 'breakpoint'}s.`] : listed.flatMap(pointLines),
      json: { points: listed.map(jsonPoint) },
    };
  }
}

/** `temporary breakpoint 3` */
export function pointTitle({ number, kind, once }: StopPoint): string {
  return `${once ? 'temporary ' : ''}${kind} ${number}`;
}

const WATCHED: Readonly<Record<WatchOn, string>> = {
  change: 'changes',
  write: 'every write',
  read: 'every read',
  access: 'every read and write',
};

/** One line; of a breakpoint with several places, one for each. */
export function describePoint(point: StopPoint): string[] {
  const title = pointTitle(point);
  const condition = point.condition === undefined ? '' : ` if ${escapeText(point.condition)}`;
  switch (point.kind) {
    case 'breakpoint':
      return point.frames.map((frame) => `${title} at ${frameTexts(frame)[0] ?? ''}${condition}`);
    case 'catchpoint': {
      const what = point.call === '*' ? 'any call' : escapeText(point.call);
      return [`${title} (${what})${condition}`];
    }
    case 'watchpoint': {
      const { address, length, on } = point.watch;
      const name = point.name === undefined ? '' : `${escapeText(point.name)} at `;
      const range = `0x${address.toString(16)}, ${length} bytes`;
      return [`${title}: ${name}${range}, ${WATCHED[on]}${condition}`];
    }
  }
}

/** As {@link describePoint}, with what became of it. */
function pointLines(point: StopPoint): string[] {
  const { hits, ignore, enabled } = point;
  const notes = [
    ...(hits > 0 ? [`already hit ${hits === 1 ? 'once' : `${hits} times`}`] : []),
    ...(ignore > 0 ? [`passes over the next ${ignore}`] : []),
    ...(enabled ? [] : ['off']),
  ];
  const lines = describePoint(point);
  return notes.length === 0 ? lines : [...lines, `    ${notes.join(', ')}`];
}

export function jsonPoint(point: StopPoint): object {
  const { number, kind, once, enabled, condition = null, ignore, hits } = point;
  const state = { number, kind, once, enabled, condition, ignore, hits };
  switch (point.kind) {
    case 'breakpoint':
      return { ...state, places: point.frames };
    case 'catchpoint':
      return { ...state, call: point.call };
    case 'watchpoint':
      return { ...state, name: point.name ?? null, ...point.watch };
  }
}
