/** `wasi-rr attach`: puts debug information and sources into a trace, so that it explains itself anywhere. */
import { type Command, Option } from 'commander';
import { type AttachmentKind, attach, detach, escapeText, WasiRrError } from '../../index.ts';
import type { PathChange } from '../../tui/source/source-files.ts';
import { debugFiles, sourcesFor } from '../attached-files.ts';
import { jsonLine } from '../json.ts';
import { collecting } from '../option-values.ts';
import { exitingWith } from '../run.ts';
import { sourceMapOption, sourceOption } from '../source-options.ts';
import { say, stdout } from '../streams.ts';
import { formatTable } from '../table.ts';
import { openNamed } from '../trace-argument.ts';
import { count, formatBytes } from '../units.ts';

interface AttachFlags {
  readonly debugFile?: readonly string[];
  readonly source?: readonly string[];
  readonly sourceMap?: readonly PathChange[];
  readonly remove?: 'debug' | 'sources';
  readonly json?: boolean;
}

const EXAMPLES = `
Debug information that is not in the module itself: the file that external_debug_info names (emscripten
-gseparate-dwarf), split DWARF (.dwo files, or a .dwp of them), a source map (AssemblyScript, emscripten
-gsource-map). And the source files that debug information names, as far as they are found. Whoever gets the trace then
needs nothing else. What a module names in its own folder, and --debug-file and --source of \`record\`, are put in when it is recorded.

Without options, what the trace holds is listed.

Examples:
  wasi-rr attach --debug-file app.debug.wasm --source ~/app
  wasi-rr attach app-3 --debug-file app.dwp
  wasi-rr attach --source . --source-map /build=src
  wasi-rr attach app-3 --remove sources`;

const COLUMNS = [{ title: 'kind' }, { title: 'size', right: true }, { title: 'name' }];

const REMOVED: Readonly<Record<'debug' | 'sources', readonly AttachmentKind[]>> = {
  debug: ['debug', 'split', 'source-map'],
  sources: ['source'],
};

export function addAttach(program: Command): void {
  program
    .command('attach')
    .description('put debug information and source files into a trace')
    .argument('[trace]', 'default: the latest')
    .option(
      '--debug-file <file>',
      'debug information: wasm, .dwo, .dwp or a source map; may be repeated',
      collecting(String),
    )
    .addOption(sourceOption('put in the source files found below it'))
    .addOption(sourceMapOption())
    .addOption(new Option('--remove <what>', 'take them out again').choices(Object.keys(REMOVED)))
    .option('--json', 'one JSON object a file: kind, name, size')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(attachCommand));
}

async function attachCommand(name: string | undefined, flags: AttachFlags): Promise<number> {
  const { debugFile, source, sourceMap = [], remove } = flags;
  if (sourceMap.length > 0 && source === undefined) {
    throw new WasiRrError('OPTION_INVALID', '--source-map goes with --source.');
  }
  const trace = openNamed(name);
  const { path } = trace;
  try {
    if (remove !== undefined) {
      say(`${count(detach(path, REMOVED[remove]), 'file')} removed from ${path}`);
    }
    if (debugFile !== undefined) {
      const files = debugFiles(trace, debugFile);
      attach(path, files);
      say(`${count(files.length, 'file')} of debug information put into ${path}`);
    }
    // by the debug information that there is now
    if (source !== undefined) {
      const { named, files } = sourcesFor(trace, source, sourceMap);
      attach(path, files);
      say(`${files.length} of ${count(named, 'source file')} put into ${path}`);
    }
    if (debugFile ?? source ?? remove) return 0;
    const entries = trace.attachments();
    const lines = flags.json
      ? entries.map(({ kind, name: own, size }) => jsonLine({ kind, name: own, size }))
      : formatTable(
          COLUMNS,
          entries.map((one) => [one.kind, formatBytes(one.size), escapeText(one.name)]),
        );
    if (entries.length === 0 && !flags.json) say(`${path} holds no files besides its module`);
    else for (const line of lines) await stdout.print(line);
    return 0;
  } finally {
    trace.close();
    await stdout.flush();
  }
}
