/** Calls of a component as lines for people. */
import { type DescribedCall, escapeText, type LogEvent } from '../../index.ts';
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
    const args = call.args.map(({ text }) => text).join(', ');
    const head = `${escapeText(call.name)}(${args})`;
    const width = RESULT_COLUMN - call.interface.length - 1;
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

  private answer({ errno, result }: DescribedCall, { durationNs }: CallTimes): string {
    // the host has answered with an exception where there is no errno
    const text = errno === undefined ? '= failed' : `= ${result ?? '()'}`;
    const shown = errno === 'success' ? text : this.paint('red', text);
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
