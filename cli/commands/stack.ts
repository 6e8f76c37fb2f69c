/** `wasi-rr stack`: which functions of the guest were running at an event, or past the last one. */
import type { Command } from 'commander';
import { type StackFrame, WasiRrError } from '../../index.ts';
import { EVENT_HELP, eventTarget, lookAt } from '../event-argument.ts';
import { formatFrames, formatVariables } from '../frames.ts';
import { lookInside } from '../inside.ts';
import { INSTANCE_OPTION, instanceOf } from '../instance-argument.ts';
import { jsonLine } from '../json.ts';
import { wholeNumber } from '../option-values.ts';
import { formatPast, jsonPast } from '../past.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';

interface StackFlags {
  readonly instance?: number;
  readonly locals?: boolean;
  readonly json?: boolean;
  /** Milliseconds; true without a number. */
  readonly past?: number | true;
}

/** Milliseconds for `--past` without a number: some thousand samples. */
const PAST_MS = 1000;

const EXAMPLES = `${EVENT_HELP}

Innermost first. The byte is the place in the module of what is executed; of a caller, its call.
Of a component it goes through all core instances, and each frame says whose it is; --instance leaves only those
of one. After a trap it is the stack from which it came. Where the module has debug information (DWARF), lines of
the source are shown, and the calls that the compiler inlined.

With --locals (of a component: of one instance) the variables of every call stand under it, as that debug information has them: of a program that
was compiled with -g. What the optimizer removed is <optimized out>; -O0 removes nothing.

With --past a run that was interrupted runs on from its last event: the stack is that of the guest when
the time is over, and a sample says in which functions it spent that time. It gets as far as its next call,
to which no answer was recorded. --json then prints one object for all.

Examples:
  wasi-rr stack failure
  wasi-rr stack failure --locals         what was in the variables when it failed?
  wasi-rr stack app-3 1234 --json
  wasi-rr stack hang-2 --past 500        what was it doing when it hung?`;

export function addStack(program: Command): void {
  program
    .command('stack')
    .description('the call stack of the guest at an event')
    .usage('[options] [trace] [event]')
    .argument('[trace-or-event...]', 'one argument is an event of the latest trace')
    .option('--locals', 'with the variables of every call')
    .option(...INSTANCE_OPTION, wholeNumber)
    .option('--past [ms]', `run on past the end (default: ${PAST_MS} ms)`, wholeNumber)
    .option('--json', 'one JSON object a frame')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(stackCommand));
}

function stackCommand(args: readonly string[], flags: StackFlags): Promise<number> {
  if (flags.past !== undefined) return stackPast(args, flags);
  if (flags.locals) return stackLocals(args, flags);
  return lookAt(eventTarget(args), async (look) => {
    const { session, options } = look;
    const all = await session.stack(options);
    const wanted = flags.instance === undefined ? undefined : await instanceOf(look, flags);
    const levels = [...all.entries()].filter(
      ([, { instance }]) => wanted === undefined || (instance?.id ?? 0) === wanted.id,
    );
    if (flags.json) {
      for (const [depth, frame] of levels) {
        await stdout.print(jsonFrame(session.position, depth, frame));
      }
      return 0;
    }
    const frames = levels.map(([, frame]) => frame);
    for (const line of formatFrames(frames, frames.length)) await stdout.print(line.trimStart());
    if (frames.length === 0) say(nothingRuns(session.position));
    return 0;
  });
}

function stackLocals(args: readonly string[], { json, instance }: StackFlags): Promise<number> {
  return lookInside(
    eventTarget(args),
    async ({ travel, event, options, done }) => {
      const frames = await travel.variables(event, options);
      done();
      for (const [depth, frame] of frames.entries()) {
        const { source, variables } = frame;
        const calls = source.map((call, i) => ({ ...call, variables: variables[i] ?? [] }));
        if (json) await stdout.print(jsonFrame(event, depth, { ...frame, source: calls }));
        else for (const line of formatVariables(frame)) await stdout.print(line);
      }
      if (frames.length === 0) say(nothingRuns(event));
      else if (frames.every(({ source }) => source.length === 0)) {
        say(
          'note: the module has no debug information that fits: compile it with -g for variables.',
        );
      }
      return 0;
    },
    instance,
  );
}

/** @param source with or without variables */
function jsonFrame(event: number, depth: number, frame: StackFrame): string {
  const { func, offset, name, mangled, source, instance } = frame;
  const names = { name: name ?? null, mangled: mangled ?? null };
  return jsonLine({ event, depth, ...(instance && { instance }), func, offset, ...names, source });
}

function nothingRuns(event: number): string {
  return `no function of the guest is running at #${event}.`;
}

/** @param args the trace; the event may be left out, and can be the end only */
function stackPast(args: readonly string[], { past, json }: StackFlags): Promise<number> {
  const names = args.at(-1) === 'end' ? args.slice(0, -1) : args;
  const trace = names[0];
  if (names.length > 1) {
    throw new WasiRrError(
      'OPTION_INVALID',
      `--past goes on from the end of the run: leave out the event "${names[1]}".`,
    );
  }
  const sliceMs = typeof past === 'number' ? past : PAST_MS;
  return lookAt({ trace, place: 'end', rest: [] }, async ({ session }) => {
    const problem = session.replayProblem;
    if (problem !== undefined) throw new WasiRrError(problem.code, problem.message);
    const stop = await session.continuePast(sliceMs);
    if (json) await stdout.print(jsonPast(stop, session.lastEvent));
    else for (const line of formatPast(stop)) await stdout.print(line);
    return 0;
  });
}
