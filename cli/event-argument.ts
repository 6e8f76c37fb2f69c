/**
 * The arguments of commands about one point of a run: `[trace] [event]` or `[trace] <event> …`. "At #n" is always
 * right after event n and its effects, before the guest goes on.
 */
import { basename } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { openSession, type Session, type TraceView, WasiRrError } from '../index.ts';
import { formatDivergence } from './divergence.ts';
import { EXIT } from './exit-status.ts';
import { eventNumber } from './option-values.ts';
import { Progress } from './progress.ts';
import { say, stdout } from './streams.ts';
import { isTraceName, tracePath } from './trace-argument.ts';

export const EVENT_HELP = `
An event is a number of \`wasi-rr log\`, 17 or '#17' (a shell takes a bare # for a comment), or one of:
start: the guest is loaded and nothing has called it; end: the last event; failure: where the run went wrong,
which is meant where none is given and nothing else is asked for.
"At #n" means right after event n with all its effects, before the guest goes on.`;

export type Place = number | 'end' | 'failure';

const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  ['start', -1],
  ['end', 'end'],
  ['failure', 'failure'],
]);

export interface Target {
  /** The TRACE argument; undefined for the latest. */
  readonly trace: string | undefined;
  readonly place: Place;
  /** The arguments after the event. */
  readonly rest: readonly string[];
}

/**
 * @param args `[trace] <event> …`
 * @param after names of the arguments after the event
 * @throws WasiRrError OPTION_INVALID
 */
export function targetOf(args: readonly string[], after: readonly string[] = []): Target {
  const { trace, given, rest } = splitTarget(args, 'event', after);
  return { trace, place: placeOf(given), rest };
}

/**
 * @param args `[trace] [event]`; without an event, where the run went wrong
 * @throws WasiRrError OPTION_INVALID
 */
export function eventTarget(args: readonly string[]): Target {
  const [only] = args;
  if (only === undefined) return { trace: undefined, place: 'failure', rest: [] };
  const isEvent = args.length > 1 || PLACES.has(only) || /^#?\d+$/.test(only);
  if (isEvent || !isTraceName(only)) return targetOf(args);
  return { trace: only, place: 'failure', rest: [] };
}

/**
 * @param args `[trace] <what> …`
 * @param after names of the arguments after it
 * @throws WasiRrError OPTION_INVALID
 */
export function splitTarget(args: readonly string[], what: string, after: readonly string[]) {
  const surplus = args.length - (1 + after.length);
  const trace = surplus === 1 ? args[0] : undefined;
  const [given, ...rest] = surplus === 1 ? args.slice(1) : args;
  if (given === undefined || (surplus !== 0 && surplus !== 1)) {
    const wanted = ['[trace]', ...[what, ...after].map((name) => `<${name}>`)].join(' ');
    const found = args.length === 0 ? 'nothing' : `"${args.join(' ')}"`;
    throw new WasiRrError('OPTION_INVALID', `the arguments are ${wanted}, and not ${found}.`);
  }
  return { trace, given, rest };
}

/** @throws WasiRrError OPTION_INVALID */
export function placeOf(text: string): Place {
  const place = PLACES.get(text);
  if (place !== undefined) return place;
  try {
    return eventNumber(text);
  } catch (thrown) {
    if (!(thrown instanceof InvalidArgumentError)) throw thrown;
    throw new WasiRrError(
      'OPTION_INVALID',
      `"${text}" is no event: give a number such as 17, or start, end or failure.`,
    );
  }
}

/** What a look at the guest may use. */
export interface Look {
  /** Stands at the event, whether the trace replays so far or not. */
  readonly session: Session;
  readonly options: { readonly onProgress: (event: number) => void };
}

/**
 * Opens a trace and goes to an event; where that part of the trace does not replay and the work needs
 * it, says why.
 * @param work returns the exit code
 * @throws WasiRrError as openSession and Session.goto
 */
export async function lookAt(
  { trace, place }: Target,
  work: (look: Look) => Promise<number>,
): Promise<number> {
  const path = tracePath(trace);
  const session = await openSession(path, { readAhead: false });
  const progress = new Progress(`replaying ${basename(path)}`);
  const options = { onProgress: (event: number) => progress.update(event, session.lastEvent) };
  try {
    await session.goto(await eventAt(session, place), options);
    return await work({ session, options });
  } catch (thrown) {
    progress.clear();
    const problem = session.replayProblem;
    if (!(thrown instanceof WasiRrError) || problem?.code !== thrown.code) throw thrown;
    await stdout.flush();
    say(problem.divergence === undefined ? problem.message : formatDivergence(problem.divergence));
    return EXIT.failed;
  } finally {
    progress.clear();
    await stdout.flush();
    await session.close();
  }
}

export async function eventAt(trace: TraceView, place: Place): Promise<number> {
  if (place === 'end') return trace.lastEvent;
  return place === 'failure' ? (await trace.failure()).event : place;
}
