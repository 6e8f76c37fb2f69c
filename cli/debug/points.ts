/** The breakpoints, watchpoints and catchpoints of a debugger, numbered from 1. */
import { escapeText, type Points, type Reason, type StackFrame, type Watch } from '../../index.ts';
import { frameTexts } from '../frames.ts';
import { type Answer, refuse } from './answer.ts';

type What =
  | { readonly kind: 'breakpoint'; readonly frames: readonly StackFrame[] }
  | { readonly kind: 'watchpoint'; readonly watch: Watch }
  | { readonly kind: 'catchpoint'; readonly call: string };

export type Point = What & {
  readonly number: number;
  /** Deleted when it is met. */
  readonly once: boolean;
};

export class PointList {
  private points: Point[] = [];
  private made = 0;

  add(what: What, once = false): Point {
    const point = { ...what, number: ++this.made, once };
    this.points.push(point);
    return point;
  }

  /** @param number undefined: all */
  delete(number: number | undefined): void {
    const left = number === undefined ? [] : this.points.filter((one) => one.number !== number);
    if (number !== undefined && left.length === this.points.length) {
      throw refuse(`there is no breakpoint ${number}.`);
    }
    this.points = left;
  }

  get active(): Points {
    return {
      breaks: this.points.flatMap((one) =>
        one.kind === 'breakpoint' ? one.frames.map(({ offset }) => offset) : [],
      ),
      calls: this.points.flatMap((one) => (one.kind === 'catchpoint' ? [one.call] : [])),
      watches: this.points.flatMap((one) => (one.kind === 'watchpoint' ? [one.watch] : [])),
    };
  }

  /** The point that a motion ended at; deletes one that is there once. */
  met(reason: Reason): Point | undefined {
    const found = this.points.find((one) => isMetBy(one, reason));
    if (found?.once) this.delete(found.number);
    return found;
  }

  list(): Answer {
    return {
      text: this.points.length === 0 ? ['no breakpoints.'] : this.points.flatMap(describePoint),
      json: { points: this.points.map(jsonPoint) },
    };
  }
}

function isMetBy(point: Point, reason: Reason): boolean {
  switch (point.kind) {
    case 'breakpoint':
      return reason.kind === 'break' && point.frames.some(({ offset }) => offset === reason.pc);
    case 'catchpoint':
      return reason.kind === 'call' && (point.call === '*' || point.call === reason.name);
    case 'watchpoint': {
      const { address, length, every } = point.watch;
      if (reason.kind !== 'watch') return false;
      const { watch } = reason;
      return watch.address === address && watch.length === length && watch.every === every;
    }
  }
}

/** One line; of a breakpoint with several places, one for each. */
export function describePoint(point: Point): string[] {
  const { number, kind, once } = point;
  const title = `${once ? 'temporary ' : ''}${kind} ${number}`;
  switch (point.kind) {
    case 'breakpoint':
      return point.frames.map((frame) => `${title} at ${frameTexts(frame)[0] ?? ''}`);
    case 'catchpoint':
      return [`${title} (${point.call === '*' ? 'any call' : escapeText(point.call)})`];
    case 'watchpoint': {
      const { address, length, every } = point.watch;
      const what = every ? 'every write' : 'changes';
      return [`${title}: 0x${address.toString(16)}, ${length} bytes, ${what}`];
    }
  }
}

export function jsonPoint(point: Point): object {
  const { number, kind, once } = point;
  switch (point.kind) {
    case 'breakpoint':
      return { number, kind, once, places: point.frames };
    case 'catchpoint':
      return { number, kind, once, call: point.call };
    case 'watchpoint':
      return { number, kind, once, ...point.watch };
  }
}
