/** `wasi-rr coverage`: which lines of the source recorded runs came to, for people and for lcov. */
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import {
  type Coverage,
  type FileCoverage,
  missingEnd,
  openTimeTravel,
  storedSource,
  WasiRrError,
} from '../../index.ts';
import { type PathChange, SourceFiles } from '../../tui/source/source-files.ts';
import { lcov } from '../coverage/lcov.ts';
import { merged } from '../coverage/merged.ts';
import { annotated, coverageTable } from '../coverage/text.ts';
import { INSTANCE_OPTION } from '../instance-argument.ts';
import { jsonLine } from '../json.ts';
import { wholeNumber } from '../option-values.ts';
import { Progress } from '../progress.ts';
import { writeResult } from '../result-file.ts';
import { exitingWith } from '../run.ts';
import { sourceMapOption, sourceOption } from '../source-options.ts';
import { say } from '../streams.ts';
import { openNamed } from '../trace-argument.ts';

type Format = 'text' | 'lcov' | 'json';

interface CoverageFlags {
  readonly format?: Format;
  readonly output?: string;
  readonly source?: readonly string[];
  readonly sourceMap?: readonly PathChange[];
  readonly annotate?: string;
  readonly instance?: number;
}

const FORMATS: Readonly<Record<Format, (files: readonly FileCoverage[]) => Iterable<string>>> = {
  text: coverageTable,
  lcov,
  json: (files) => files.map(jsonLine),
};

const EXAMPLES = `
Each run is replayed once, instrumented, and compared with the recording all the while. The program needs debug
information (-g), and no other build or run: coverage of what happened in CI is made from its traces. Counts are exact.
Of a line whose code is in several places of a function, the place that was come to most often counts.

With --source only files that are found below these folders are shown, by their paths there: what comes from
libraries is left out. A file that is called .info or .lcov gets the format lcov.

Of a component it is coverage of the instance that holds the program, or of --instance N (wasi-rr info lists them).

Examples:
  wasi-rr coverage --source .                        of the latest run
  wasi-rr coverage --source . --annotate main.c      each line with its count
  wasi-rr coverage a.wrr b.wrr --source . -o app.info && genhtml app.info`;

export function addCoverage(program: Command): void {
  program
    .command('coverage')
    .description('which lines of the source the run came to, by a replay: text or lcov')
    .argument('[trace...]', 'default: the latest; of several, the sums')
    .addOption(new Option('--format <format>', 'default: text').choices(Object.keys(FORMATS)))
    .option('-o, --output <file>', 'write it there instead of to stdout')
    .addOption(sourceOption('where source files are'))
    .addOption(sourceMapOption())
    .option('--annotate <file>', 'show this source file with the counts of its lines')
    .option(...INSTANCE_OPTION, wholeNumber)
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(coverageCommand));
}

async function coverageCommand(names: readonly string[], flags: CoverageFlags): Promise<number> {
  const { output, source, annotate } = flags;
  const format = flags.format ?? (/\.(info|lcov)$/.test(output ?? '') ? 'lcov' : 'text');
  const sources = new SourceFiles(
    source ?? ['.'],
    (file) => storedIn(names, file),
    flags.sourceMap,
  );
  const runs: Coverage[] = [];
  for (const name of names.length > 0 ? names : [undefined])
    runs.push(await coverageOf(name, flags));
  const files = merged(runs);
  if (annotate !== undefined) {
    await writeResult(output, annotatedFile(files, annotate, sources));
    return 0;
  }
  const shown = source === undefined ? files : found(files, sources);
  if (shown.length === 0) {
    throw new WasiRrError(
      'OPTION_INVALID',
      `none of the ${files.length} files that the debug information names is below ${source?.join(', ')}: such as ${files[0]?.file}.`,
    );
  }
  await writeResult(output, FORMATS[format](shown));
  return 0;
}

async function coverageOf(
  name: string | undefined,
  { instance }: CoverageFlags,
): Promise<Coverage> {
  const trace = openNamed(name);
  const progress = new Progress(`replaying ${basename(trace.path)}`);
  const travel = openTimeTravel(trace.path, { instance });
  try {
    const coverage = await travel.coverage({
      onProgress: progress.replay(trace.eventCount),
    });
    progress.clear();
    for (const note of [coverage.note, missingEnd(trace)]) {
      if (note !== undefined) say(`note: ${basename(trace.path)}: ${note}`);
    }
    return coverage;
  } finally {
    progress.clear();
    await travel.close();
    trace.close();
  }
}

/** Text of a source file in one of the traces. */
function storedIn(names: readonly string[], file: string): string | undefined {
  for (const name of names.length > 0 ? names : [undefined]) {
    const trace = openNamed(name);
    try {
      const text = storedSource(trace, file);
      if (text !== undefined) return text;
    } finally {
      trace.close();
    }
  }
  return undefined;
}

function found(files: readonly FileCoverage[], sources: SourceFiles): FileCoverage[] {
  return files.flatMap((one) => {
    const file = sources.pathOf(one.file);
    return file === undefined ? [] : [{ ...one, file }];
  });
}

/** @param name a path of the debug information, or its end */
function annotatedFile(
  files: readonly FileCoverage[],
  name: string,
  sources: SourceFiles,
): string[] {
  const one = files.find(({ file }) => file === name || file.endsWith(`/${name}`));
  if (one === undefined) {
    throw new WasiRrError('OPTION_INVALID', `no code comes from a file "${name}".`);
  }
  const lines = sources.lines(one.file);
  if (lines !== undefined) return annotated(one, lines);
  throw new WasiRrError(
    'OPTION_INVALID',
    `${one.file} is not found here: name its folder with --source.`,
  );
}
