/** Answers questions about the inside of a run. One method a request. */
import { WasiRrError } from '../../errors.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { FrameNames } from '../source/frame-names.ts';
import { Inspection } from '../values/inspection.ts';
import type { FrameVariables } from '../values/messages.ts';
import { BreakPlaces } from './break-places.ts';
import { Engine } from './engine.ts';
import { framesAt } from './frames-at.ts';
import type { LocatedWrites, TravelRequests } from './messages.ts';
import { type StoppedGuest, stateAt } from './state-at.ts';
import { writesTo } from './writes.ts';

type Handlers = {
  readonly [K in keyof TravelRequests]: (
    params: TravelRequests[K]['params'],
    onEvent: (event: number) => void,
  ) => TravelRequests[K]['answer'];
};

export class Traveller implements Handlers {
  private readonly trace: TraceReader;
  private readonly names: FrameNames;
  private made: Engine | undefined;
  private breakPlaces: BreakPlaces | undefined;

  /** @throws WasiRrError REPLAY_FAILED for a component's trace; and as TraceReader.module */
  constructor(trace: TraceReader) {
    if (trace.meta.flavour === 'component') {
      throw new WasiRrError(
        'REPLAY_FAILED',
        'the run is that of a component, and those cannot be looked into between their calls so far. replay, verify, log and query work.',
      );
    }
    this.trace = trace;
    this.names = new FrameNames(trace.module());
  }

  /** @throws as writesTo */
  writes(
    query: TravelRequests['writes']['params'],
    onEvent: (event: number) => void,
  ): LocatedWrites {
    const { writes, ...rest } = writesTo(this.trace, query, onEvent);
    const located = writes.map((write) => {
      const { by, mark } = write;
      return by === 'host'
        ? { ...write, frame: undefined, call: this.callAt(mark.event) }
        : { ...write, frame: this.names.frame(mark.pc), call: undefined };
    });
    return { ...rest, writes: located };
  }

  /** @throws as framesAt */
  stack({ mark }: TravelRequests['stack']['params'], onEvent: (event: number) => void) {
    return framesAt(this.trace, mark, onEvent).map(({ func, pc }) => this.names.frame(pc, func));
  }

  /** @throws as stateAt */
  variables({ event }: TravelRequests['variables']['params'], onEvent: (event: number) => void) {
    const look = (guest: StoppedGuest) => this.inspect(guest);
    return stateAt(this.trace, event, look, onEvent);
  }

  /** @throws as Engine.move */
  move({ from, motion }: TravelRequests['move']['params'], onEvent: (event: number) => void) {
    const arrival = this.engine.move(from, motion, onEvent);
    const { frames } = this.engine.at(arrival.mark, onEvent);
    const stack = frames.map(({ func, pc, locals }) => ({ ...this.names.frame(pc, func), locals }));
    return { ...arrival, stack };
  }

  /** @throws as Engine.at */
  frames({ mark }: TravelRequests['frames']['params'], onEvent: (event: number) => void) {
    const { frames, memory, globals } = this.engine.at(mark, onEvent);
    const values = new Map(globals.map(({ index, value }) => [index, value]));
    const global = (index: number) => {
      const value = values.get(index);
      return typeof value === 'string' ? undefined : value;
    };
    return this.inspect({ frames, memory, global });
  }

  /** @throws as Engine.at */
  globals({ mark }: TravelRequests['globals']['params'], onEvent: (event: number) => void) {
    return this.engine.at(mark, onEvent).globals;
  }

  /** @throws as Engine.at */
  memory(
    { mark, address, length }: TravelRequests['memory']['params'],
    onEvent: (event: number) => void,
  ) {
    const { memory } = this.engine.at(mark, onEvent);
    return { address, bytes: memory.slice(address, address + length), size: memory.length };
  }

  /** @throws as BreakPlaces.find */
  places({ spec }: TravelRequests['places']['params']) {
    this.breakPlaces ??= new BreakPlaces(this.trace.module(), this.names, this.engine.lines);
    return this.breakPlaces.find(spec).map((pc) => this.names.frame(pc));
  }

  private inspect(guest: StoppedGuest): readonly FrameVariables[] {
    const { names } = this;
    const frames = guest.frames.map(({ func, pc }) => names.frame(pc, func));
    const { source } = names;
    if (source === undefined) return frames.map((frame) => ({ ...frame, variables: [] }));
    const inspection = new Inspection(source, guest, (index) => names.functionInTable(index));
    return frames.map((frame, level) => ({
      ...frame,
      variables: inspection.calls
        .filter((stacked) => stacked.level === level)
        .map((stacked) => inspection.variablesOf(stacked)),
    }));
  }

  private get engine(): Engine {
    this.made ??= new Engine(this.trace, this.names);
    return this.made;
  }

  private callAt(number: number): string | undefined {
    const [event] = this.trace.events(number, number + 1);
    return event?.kind === 'call' ? event.name : undefined;
  }
}
