/**
 * Motions inside of the run, one after the other: what is typed while one is under way waits for it. Each is a
 * replay, which Esc gives up with all that waits.
 */
import { messageOf } from '../../errors.ts';
import type { LocatedArrival } from '../../replayer/timetravel/messages.ts';
import type { Arrival, Cause, Motion } from '../../replayer/timetravel/motions.ts';
import { afterMotion } from '../../replayer/timetravel/stop-points.ts';
import { PREPARING } from '../guest/travel-view.ts';
import { numberText } from '../model/number-text.ts';
import { selectNumber } from '../model/timeline-list.ts';
import { ownCode } from '../source/own-code.ts';
import type { Debugger } from './debugger.ts';
import { type Inside, momentText } from './inside.ts';

export interface Trip {
  /** What it is, for the footer. */
  readonly what: string;
  readonly motion: () => Motion;
  /** Whether it begins where the guest stands. */
  readonly fromHere: boolean;
  /** Whether Ctrl-O leads back. */
  readonly jumps?: boolean;
  /** Frame to select; unless given, the innermost, or after a jump that of the program's own code. */
  readonly level?: number;
  /** @returns false to stay, having said why */
  readonly accept?: (arrival: LocatedArrival) => boolean;
}

/** Motions that wait at most: a key that is held down must not go on for long. */
const MOST_WAITING = 8;

export class Trips {
  private readonly bugger: Debugger;
  private waiting: Trip[] = [];
  private settled: Promise<unknown> = Promise.resolve();
  private running = false;
  /** Of the motion under way. */
  private abort = new AbortController();
  /** The event that is being entered. */
  private entering: { readonly position: number; readonly abort: AbortController } | undefined;

  constructor(bugger: Debugger) {
    this.bugger = bugger;
  }

  async go(trip: Trip): Promise<void> {
    if (this.waiting.length >= MOST_WAITING) return;
    this.waiting.push(trip);
    if (this.running) return;
    this.running = true;
    try {
      for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
        await this.take(next);
      }
    } finally {
      this.running = false;
      this.bugger.update({ work: undefined });
    }
  }

  /** What motions that are typed from now on wait for: a breakpoint that is being set. */
  settle(work: Promise<void>): Promise<void> {
    this.settled = Promise.allSettled([this.settled, work]);
    return work;
  }

  /** Gives up what waits. */
  forget(): void {
    this.waiting = [];
    this.abort.abort(new Error('called off'));
    this.entering?.abort.abort(new Error('called off'));
  }

  /** The user has gone elsewhere: what was under way is not wanted any more. */
  leave(): void {
    if (!this.running) return;
    this.waiting = [];
    this.abort.abort(LEFT);
  }

  get isMoving(): boolean {
    return this.running;
  }

  /** Goes to where the guest stands right after the selected event, in the background. */
  enter(): void {
    const { position, state } = this.bugger;
    if (this.running || state.insideProblem?.position === position) return;
    if (this.entering?.position === position) return;
    this.entering?.abort.abort(new Error('called off'));
    const entering = { position, abort: new AbortController() };
    this.entering = entering;
    queueMicrotask(() => void this.arriveAt(entering));
  }

  private async arriveAt(entering: { position: number; abort: AbortController }): Promise<void> {
    const { bugger } = this;
    const { position } = entering;
    const { signal } = entering.abort;
    try {
      const arrival = await this.move(undefined, hereMotion(bugger, position), 'replaying', signal);
      if (this.entering !== entering) return;
      this.entering = undefined;
      if (bugger.position === position && bugger.state.inside === undefined) {
        bugger.update({ inside: atOwnCode(bugger, insideOf(arrival)), work: undefined });
      }
    } catch (thrown) {
      if (this.entering !== entering) return;
      this.entering = undefined;
      const text = isCalledOff(thrown) ? 'stopped, r replays' : messageOf(thrown);
      bugger.update({ insideProblem: { position, text }, work: undefined });
    }
  }

  private async take(trip: Trip): Promise<void> {
    const { bugger } = this;
    this.entering?.abort.abort(new Error('called off'));
    this.entering = undefined;
    const { inside } = bugger.state;
    this.abort = new AbortController();
    const { signal } = this.abort;
    try {
      let from = inside?.mark;
      if (trip.fromHere && from === undefined) {
        const start = hereMotion(bugger, bugger.position);
        const here = await this.move(undefined, start, trip.what, signal);
        bugger.update({ inside: insideOf(here) });
        from = here.mark;
      }
      await this.settled;
      const motion = trip.motion();
      const arrival = await this.move(from, motion, trip.what, signal);
      bugger.update({ points: afterMotion(bugger.state.points, arrival) });
      if (trip.accept?.(arrival) === false) return;
      this.land(arrival, motion, trip);
    } catch (thrown) {
      this.waiting = [];
      if (thrown === LEFT) return;
      const { inside: still } = bugger.state;
      if (!isCalledOff(thrown)) bugger.say(messageOf(thrown), 'problem');
      else bugger.say(`stopped: still ${still ? momentText(still.mark) : `#${bugger.position}`}`);
    }
  }

  private land(arrival: LocatedArrival, motion: Motion, { jumps, level }: Trip): void {
    const { bugger } = this;
    const { list, inside: before } = bugger.state;
    const { reader, state } = bugger;
    // the trap and the exit are events that have not passed before their instruction
    const isEnd = motion.kind === 'end' || arrival.reason.kind === 'end';
    const event = isEnd ? reader.eventCount - 1 : Math.max(0, arrival.mark.event);
    const moved = selectNumber(list, event);
    const inside = landed(bugger, arrival, level, jumps ?? false);
    bugger.update({
      list: moved,
      inside,
      insideProblem: undefined,
      left: 'source',
      previous: moved.selected === list.selected ? state.previous : list.selected,
      ...(jumps && {
        jumps: [...state.jumps.slice(-MAX_JUMPS), { event: list.selected, inside: before }],
      }),
    });
    const why = reasonText(bugger, arrival);
    const name = arrival.stack[0]?.source[0]?.name ?? arrival.stack[0]?.name;
    const isInside = level === undefined && inside.level > 0 && name !== undefined;
    const where = isInside ? `in ${name}, called from here: > goes there` : undefined;
    if (why !== undefined) bugger.say([why.text, where].filter(Boolean).join(', '), why.tone);
    else if (where !== undefined) bugger.say(where);
  }

  private move(
    from: Inside['mark'] | undefined,
    motion: Motion,
    what: string,
    signal: AbortSignal,
  ): Promise<LocatedArrival> {
    const { bugger } = this;
    const since = performance.now();
    const target = Math.max(1, from?.event ?? bugger.position);
    const onProgress = (event: number, preparing?: number) => {
      const share = preparing ?? Math.max(0, Math.min(1, event / target));
      bugger.update({
        work: { what: preparing === undefined ? what : PREPARING, share, since },
      });
    };
    bugger.update({ work: { what, share: 0, since } });
    return bugger.travel.ask((travel, options) => travel.move(from, motion, options), {
      onProgress,
      signal,
    });
  }
}

const MAX_JUMPS = 100;

const LEFT = new Error('gone elsewhere');

/** To right after an event; of the one that ended the run, to the last instruction before it. */
function hereMotion({ reader }: Debugger, position: number): Motion {
  const { outcome } = reader.meta;
  const isEnd = outcome !== undefined && position >= reader.eventCount - 1;
  return isEnd ? { kind: 'end' } : { kind: 'event', event: position };
}

function insideOf({ mark, entered, stack, reason }: LocatedArrival): Inside {
  return { mark, entered, stack, reason, level: 0, call: 0 };
}

/** In the frame that is wanted; a jump that no breakpoint ended, in the program's own code. */
function landed(
  bugger: Debugger,
  arrival: LocatedArrival,
  level: number | undefined,
  isJump: boolean,
): Inside {
  const innermost = insideOf(arrival);
  if (level !== undefined) {
    return arrival.stack[level] === undefined ? innermost : { ...innermost, level };
  }
  return isJump && arrival.reason.kind !== 'break' ? atOwnCode(bugger, innermost) : innermost;
}

function atOwnCode({ sources, state }: Debugger, inside: Inside): Inside {
  if (state.textKind === 'wasm') return inside;
  return { ...inside, ...ownCode(inside.stack, sources) };
}

function isCalledOff(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message === 'called off';
}

function reasonText(
  bugger: Debugger,
  arrival: Arrival,
): { text: string; tone: 'note' | 'problem' } | undefined {
  const causes = [arrival, ...(arrival.others ?? [])];
  const told = causes.flatMap((cause) => causeText(bugger, cause) ?? []);
  const tone = told.some((one) => one.tone === 'problem') ? 'problem' : 'note';
  return told.length === 0 ? undefined : { text: told.map(({ text }) => text).join(' · '), tone };
}

function causeText(
  bugger: Debugger,
  { reason, rule, problem }: Cause,
): { text: string; tone: 'note' | 'problem' } | undefined {
  const number = rule === undefined ? '' : ` ${rule}`;
  if (problem !== undefined) {
    const text = `breakpoint${number}: its condition cannot be tested here: ${problem}`;
    return { text, tone: 'problem' };
  }
  const text = whyText(bugger, reason, rule);
  return text === undefined ? undefined : { text, tone: 'note' };
}

function whyText(
  bugger: Debugger,
  reason: Arrival['reason'],
  rule: number | undefined,
): string | undefined {
  const number = rule === undefined ? '' : ` ${rule}`;
  switch (reason.kind) {
    case 'moved':
      return undefined;
    case 'break':
      return `breakpoint${number}`;
    case 'call':
      return `catchpoint${number}: before a call of ${reason.name}`;
    case 'watch': {
      const point = bugger.state.points.find((one) => one.number === rule);
      const { type } = point?.kind === 'watchpoint' ? point : {};
      const hex = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 8)).toString('hex');
      const text = (type && numberText(type)) || hex;
      const by = reason.by === 'host' ? 'the host' : 'the guest';
      const what =
        reason.did === 'read'
          ? `${text(reason.after)} read`
          : `${text(reason.before)} → ${text(reason.after)}`;
      return `watchpoint${number}: ${what}, by ${by}`;
    }
    case 'start':
      return 'this is the start of the run';
    case 'end':
      return `this is the end of the run${bugger.state.points.length === 0 ? ': no breakpoint is set' : ''}`;
    case 'beyond':
      return 'the recording ends before this, and the program runs on without a call';
  }
}
