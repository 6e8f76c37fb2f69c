/** Calls of a component as lines for people. */
import {
  answerText,
  callHead,
  type DescribedCall,
  escapeText,
  type Followed,
  type LogEvent,
  lateAnswerText,
} from '../../index.ts';
import type { Paint } from '../colour.ts';
import { formatSeconds } from '../units.ts';

/** What strace aligns results at; names with interfaces are longer. */
const RESULT_COLUMN = 72;

export interface CallTimes {
  readonly startNs: number;
  /** Undefined for a call that has not returned. */
  readonly durationNs: number | undefined;
}

export class ComponentText {
  private readonly numberWidth: number;
  private readonly paint: Paint;
  private readonly durations: boolean;

  /** @param events how many the trace has, for the width of their numbers */
  constructor(events: number, paint: Paint, durations: boolean) {
    this.numberWidth = `#${Math.max(0, events - 1)}`.length;
    this.paint = paint;
    this.durations = durations;
  }

  /** @param missing why there is no answer: it comes later, or never */
  call(call: DescribedCall, times: CallTimes, missing?: 'begun' | 'never'): string {
    const head = callHead(call.name, call.args);
    const width = RESULT_COLUMN - (call.interface === '' ? 0 : call.interface.length + 1);
    const answer =
      missing === undefined
        ? this.answer(call, times)
        : this.paint('dim', missing === 'begun' ? '…' : '= ?');
    return `${this.margin(call.number, times.startNs)} ${this.from(call)}${head.padEnd(width)} ${answer}`;
  }

  /** The answer to a call whose line was printed before. */
  end({ number, startNs }: LogEvent, call: DescribedCall, times: CallTimes): string {
    const head = this.paint('dim', `#${call.number}`.padEnd(RESULT_COLUMN));
    return `${this.margin(number, startNs)} ${head} ${this.answer(call, times)}`;
  }

  entered(
    { number, startNs }: LogEvent,
    { name, interface: from, args }: { name: string; interface: string; args: readonly string[] },
  ): string {
    const called = `${escapeText(from)} ${escapeText(name)}(${args.join(', ')})`.trimStart();
    return `${this.margin(number, startNs)} ${this.paint('cyan', `→ ${called}`)}`;
  }

  left({ number, startNs }: LogEvent, result: string | undefined): string {
    const returns = result === undefined ? 'returns' : `returns ${result}`;
    return `${this.margin(number, startNs)} ${this.paint('cyan', `← ${returns}`)}`;
  }

  /** A task goes on with what has come. */
  resumed(
    { number, startNs }: LogEvent,
    { task, event, arrived }: Extract<Followed, { kind: 'resumed' }>,
  ): string {
    const what = arrived === undefined ? event : lateAnswerText(arrived);
    const failed = arrived !== undefined && arrived.errno !== 'success';
    const head = this.paint('cyan', `→ ${taskText(task)}:`);
    return `${this.margin(number, startNs)} ${head} ${failed ? this.paint('red', what) : what}`;
  }

  paused(
    { number, startNs }: LogEvent,
    { task, how }: Extract<Followed, { kind: 'paused' }>,
  ): string {
    return `${this.margin(number, startNs)} ${this.paint('cyan', `← ${taskText(task)} ${how}`)}`;
  }

  private answer(call: DescribedCall, { durationNs }: CallTimes): string {
    const { errno, isLater } = call;
    // the host has answered with an exception where there is no errno
    const text = errno === undefined ? '= failed' : answerText(call);
    const shown =
      errno !== 'success' ? this.paint('red', text) : isLater ? this.paint('dim', text) : text;
    if (!this.durations || durationNs === undefined) return shown;
    return `${shown} ${this.paint('dim', `<${formatSeconds(durationNs)}>`)}`;
  }

  private from(call: DescribedCall): string {
    return call.interface === '' ? '' : `${this.paint('dim', escapeText(call.interface))} `;
  }

  private margin(number: number, startNs: number): string {
    const text = `#${number}`.padStart(this.numberWidth);
    return this.paint('dim', `${text} ${formatSeconds(startNs)}`);
  }
}

function taskText(task: Extract<Followed, { kind: 'resumed' }>['task']): string {
  return task === undefined ? 'a task' : `${escapeText(task.name)} of #${task.entered}`;
}
