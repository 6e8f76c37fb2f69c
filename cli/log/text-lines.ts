/** An event of a log as a line for people. Runs once for every line that is shown. */
import {
  type CallEvent,
  type DescriptorTable,
  describeEvent,
  describeInjection,
  escapeText,
  formatCall,
  formatResult,
  type Injection,
  type LogEvent,
  type LoggedFunction,
  NO_FUNCTION,
  type OpenEvent,
} from '../../index.ts';
import type { Paint } from '../colour.ts';
import { formatSeconds } from '../units.ts';

/** What strace aligns results at. */
const RESULT_COLUMN = 40;

export interface LineOptions {
  readonly durations?: boolean;
  readonly verbose?: boolean;
  /** Characters of data shown. */
  readonly strings?: number;
}

export class TextLines {
  private readonly numberWidth: number;
  private readonly paint: Paint;
  private readonly options: LineOptions;
  private readonly functions: ReadonlyMap<number, LoggedFunction>;

  /**
   * @param events how many the trace has, for the width of their numbers
   * @param functions its dictionary
   */
  constructor(
    events: number,
    paint: Paint,
    options: LineOptions,
    functions: ReadonlyMap<number, LoggedFunction>,
  ) {
    this.functions = functions;
    this.numberWidth = `#${Math.max(0, events - 1)}`.length;
    this.paint = paint;
    this.options = options;
  }

  /**
   * @param table the descriptors before the event
   * @param injected the faults that happened to it
   */
  format(event: LogEvent, table: DescriptorTable, injected: readonly Injection[] = []): string {
    const number = `#${event.number}`.padStart(this.numberWidth);
    const margin = this.paint('dim', `${number} ${formatSeconds(event.startNs)}`);
    const faults = injected.map((one) => escapeText(describeInjection(one))).join(', ');
    const mark = faults === '' ? '' : ` ${this.paint('red', `injected: ${faults}`)}`;
    return `${margin} ${this.body(event, table)}${mark}`;
  }

  private body(event: LogEvent, table: DescriptorTable): string {
    switch (event.kind) {
      case 'call':
      case 'open':
        return this.call(event, table);
      case 'enter':
        return this.paint('cyan', `→ ${escapeText(event.func.name)}(${event.args.join(', ')})`);
      case 'leave':
        return this.paint('cyan', `← ${describeEvent(event, table)}`);
      case 'return':
      case 'throw':
      case 'suspend':
      case 'instantiate':
        return this.paint('dim', describeEvent(event, table));
      case 'unwind':
        return this.paint('cyan', `← ${escapeText(describeEvent(event, table))}`);
    }
  }

  private call(event: CallEvent | OpenEvent, table: DescriptorTable): string {
    const { durations, verbose, strings } = this.options;
    const options = {
      table,
      ...(verbose && { verbose }),
      ...(strings !== undefined && { maxText: strings }),
    };
    const call = (this.withFunctions(event) ?? formatCall(event, options)).padEnd(RESULT_COLUMN);
    const result = formatResult(event, options);
    const shown = event.result ? this.paint('red', result) : answerOf(event, result);
    if (!durations || event.kind === 'open') return `${call} ${shown}`;
    return `${call} ${shown} ${this.paint('dim', `<${formatSeconds(event.durationNs)}>`)}`;
  }

  /** A call that is passed functions, by their names: those of one component that another one's code calls. */
  private withFunctions({ func, name, args }: CallEvent | OpenEvent): string | undefined {
    if (!func.params.includes('funcref')) return undefined;
    const texts = args.map((arg, i) =>
      func.params[i] === 'funcref' ? this.functionText(Number(arg)) : String(arg),
    );
    return `${escapeText(name)}(${texts.join(', ')})`;
  }

  /** `<say of instance 3>` */
  private functionText(id: number): string {
    if (id === NO_FUNCTION) return '<none>';
    const { name, instance = 0 } = this.functions.get(id) ?? {};
    return name === undefined
      ? `<function ${id}>`
      : `<${escapeText(name)} of instance ${instance}>`;
  }
}

/** A function without results answers nothing; that is not to look like no answer. */
function answerOf(event: CallEvent | OpenEvent, result: string): string {
  return event.kind === 'call' && event.func.results.length === 0 ? '= ()' : result;
}
