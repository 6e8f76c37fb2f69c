/** `wasi-rr profile`: which functions of the guest did the work, and which of the host's calls they made. */
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { missingEnd, openTimeTravel, type Profile, TRACE_SUFFIX } from '../../index.ts';
import { INSTANCE_OPTION } from '../instance-argument.ts';
import { jsonLine } from '../json.ts';
import { countOf, wholeNumber } from '../option-values.ts';
import { cpuprofile } from '../profile/cpuprofile.ts';
import { folded } from '../profile/folded.ts';
import { functionTables, functionTotals, treeLines } from '../profile/functions.ts';
import { speedscope } from '../profile/speedscope.ts';
import { Progress } from '../progress.ts';
import { writeResult } from '../result-file.ts';
import { exitingWith } from '../run.ts';
import { say } from '../streams.ts';
import { openNamed } from '../trace-argument.ts';

type Format = 'text' | 'tree' | 'json' | 'speedscope' | 'cpuprofile' | 'folded';

interface ProfileFlags {
  readonly instance?: number;
  readonly format?: Format;
  readonly output?: string;
  readonly top: number;
}

const FORMATS: Readonly<
  Record<Format, (profile: Profile, name: string, top: number) => Iterable<string>>
> = {
  text: (profile, _, top) => functionTables(profile, top),
  tree: (profile) => treeLines(profile, LEAST),
  json: (profile) => jsonOf(profile),
  speedscope,
  cpuprofile,
  folded,
};

/** Share of all ticks below which the tree does not show a call. */
const LEAST = 0.005;
const TOP = 30;

/** What a file's name says of its format, unless --format does. */
const BY_SUFFIX: readonly (readonly [suffix: string, format: Format])[] = [
  ['.cpuprofile', 'cpuprofile'],
  ['.folded', 'folded'],
  ['.txt', 'text'],
  ['.json', 'speedscope'],
];

const EXAMPLES = `
The run is replayed once, instrumented, and compared with the recording all the while. Its measure is the tick:
an entry of a function, or a round of a loop. So a profile is complete, not sampled, and the same every time. Time
that the recorded run spent in calls of the host stands beside it.

Formats: text (functions, then calls of the host), tree (who called whom), json, and for other programs
speedscope (speedscope.app), cpuprofile (Chrome's DevTools, VS Code), folded (flamegraph.pl). A file that is
called .cpuprofile, .folded, .txt or .json gets the format of its name.

Examples:
  wasi-rr profile                              where did the latest run do its work?
  wasi-rr profile app-3 --format tree
  wasi-rr profile -o app.speedscope.json       then drop the file on speedscope.app
  wasi-rr profile --format folded | flamegraph.pl > app.svg`;

export function addProfile(program: Command): void {
  program
    .command('profile')
    .description('which functions did the work, by a replay: a call tree with exact counts')
    .argument('[trace]', 'default: the latest')
    .addOption(new Option('--format <format>', 'default: text').choices(Object.keys(FORMATS)))
    .option('-o, --output <file>', 'write it there instead of to stdout')
    .option(...INSTANCE_OPTION, wholeNumber)
    .option('--top <n>', `as many functions in text (default: ${TOP})`, countOf, TOP)
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(profileCommand));
}

async function profileCommand(name: string | undefined, flags: ProfileFlags): Promise<number> {
  const { output, top } = flags;
  const format = flags.format ?? formatOf(output);
  const trace = openNamed(name);
  const progress = new Progress(`replaying ${basename(trace.path)}`);
  const travel = openTimeTravel(trace.path, { instance: flags.instance });
  try {
    const profile = await travel.profile({
      onProgress: progress.replay(trace.eventCount),
    });
    progress.clear();
    const title = basename(trace.path, TRACE_SUFFIX);
    await writeResult(output, FORMATS[format](profile, title, top));
    const notes = [profile.note, missingEnd(trace), lostText(profile)];
    for (const note of notes) if (note !== undefined) say(`note: ${note}`);
    return 0;
  } finally {
    progress.clear();
    await travel.close();
    trace.close();
  }
}

function formatOf(file: string | undefined): Format {
  return BY_SUFFIX.find(([suffix]) => file?.endsWith(suffix))?.[1] ?? 'text';
}

function lostText({ lost }: Profile): string | undefined {
  if (lost === 0) return undefined;
  return `the tree of calls grew too large: ${lost} calls deep in it are counted with their callers.`;
}

function jsonOf(profile: Profile): string[] {
  return functionTotals(profile).map(({ func: { func, name, place }, ...totals }) =>
    jsonLine({ func: func ?? null, name: name ?? null, place: place ?? null, ...totals }),
  );
}
