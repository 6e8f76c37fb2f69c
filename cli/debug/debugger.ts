/**
 * The state of a debugger on the command line: where it stands, which frame is selected, what stops it.
 * Moves through the library; prints nothing.
 */
import {
  type Cause,
  describeOutcome,
  type LinePlace,
  type LocatedArrival,
  type LocatedFrame,
  type Mark,
  type Motion,
  type RequestOptions,
  type StopPoint,
  type TimeTravel,
  type TraceReader,
  TraceView,
} from '../../index.ts';
import type { SourceFiles } from '../../tui/source/source-files.ts';
import { refuse } from './answer.ts';
import { DisplayList } from './displays.ts';
import type { Format } from './examine.ts';
import { PointList } from './points.ts';

/** Why it stopped, and the point of the user's that says so. */
export interface StopCause extends Cause {
  readonly point: StopPoint | undefined;
}

export interface Stop extends LocatedArrival, StopCause {
  readonly others?: readonly StopCause[];
}

export class Debugger {
  readonly travel: TimeTravel;
  readonly trace: TraceReader;
  readonly sources: SourceFiles;
  readonly points = new PointList();
  readonly displays = new DisplayList();
  /** Given with every request. */
  options: RequestOptions = {};
  /** Told after each of many steps. */
  onStep: (done: number, total: number) => void = () => {};
  private arrival: LocatedArrival | undefined;
  private selected = 0;
  /** What `history` listed last. */
  changes: readonly Mark[] = [];
  /** What `list` showed last: lines from one on to before another. */
  listed: { readonly file: string; readonly from: number; readonly to: number } | undefined;
  /** Where `x` goes on, and in which format. */
  examined: { readonly address: number; readonly format: Format } | undefined;
  /** Number of the point at which the last motion ended. */
  stoppedAt: number | undefined;
  /** By their numbers, from 1. */
  readonly checkpoints = new Map<number, Mark>();
  private checkpointsMade = 0;
  /** Values that were shown, each with a number: `$1`. */
  private valuesShown = 0;

  constructor(trace: TraceReader, travel: TimeTravel, sources: SourceFiles) {
    this.trace = trace;
    this.travel = travel;
    this.sources = sources;
  }

  /** Goes to where the run went wrong. */
  async begin(): Promise<Stop> {
    const { event, kind } = await new TraceView(this.trace).failure(this.options);
    return this.move(kind === 'call' ? { kind: 'event', event } : { kind: 'end' });
  }

  async move(motion: Motion): Promise<Stop> {
    const isFromHere = motion.kind === 'step' || motion.kind === 'continue';
    const from = isFromHere ? this.mark : this.arrival?.mark;
    const arrival = await this.travel.move(from, motion, this.options);
    this.arrival = arrival;
    this.selected = 0;
    this.listed = undefined;
    const pointed = (cause: Cause) => ({ ...cause, point: this.points.find(cause.rule) });
    const { others, ...alone } = arrival;
    const { point } = pointed(arrival);
    const stop = { ...alone, point, ...(others && { others: others.map(pointed) }) };
    this.points.passed(arrival);
    this.stoppedAt = point?.number;
    return stop;
  }

  /** @returns the number of a new checkpoint, here */
  keepMark(): number {
    const number = ++this.checkpointsMade;
    this.checkpoints.set(number, this.mark);
    return number;
  }

  /** Number for the value that is shown next. */
  get nextValue(): number {
    return this.valuesShown + 1;
  }

  /** It was shown under {@link nextValue}. */
  showedValue(): void {
    this.valuesShown++;
  }

  get isSomewhere(): boolean {
    return this.arrival !== undefined;
  }

  get mark(): Mark {
    return this.standing.mark;
  }

  /** Of a component whose guests take turns: the event with which this one was entered. */
  get entered(): number | undefined {
    return this.standing.entered;
  }

  get stack(): readonly LocatedFrame[] {
    return this.standing.stack;
  }

  get frame(): LocatedFrame {
    const frame = this.stack[this.selected];
    if (frame === undefined) throw refuse('no function of the guest is running here.');
    return frame;
  }

  get frameNumber(): number {
    return this.selected;
  }

  select(number: number): void {
    if (this.stack[number] === undefined) {
      throw refuse(`there is no frame ${number}: the stack has ${this.stack.length}.`);
    }
    this.selected = number;
    this.listed = undefined;
  }

  /** Where the selected frame stands in the source. */
  get place(): LinePlace | undefined {
    return this.frame.source[0]?.place;
  }

  get outcome(): string {
    return describeOutcome(this.trace.meta.outcome);
  }

  private get standing(): LocatedArrival {
    if (this.arrival === undefined)
      throw refuse('the debugger has not gone anywhere yet: goto start or goto failure.');
    return this.arrival;
  }
}
