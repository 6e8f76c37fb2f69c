/** `wasi-rr debug`: gdb's commands on a recorded run, in both directions. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { escapeText, missingEnd, openTimeTravel, storedSource, WasiRrError } from '../../index.ts';
import { ownCode } from '../../tui/source/own-code.ts';
import { type PathChange, SourceFiles } from '../../tui/source/source-files.ts';
import { type Answer, refuse } from '../debug/answer.ts';
import { COMMANDS, type DebugCommand, parseLine } from '../debug/commands.ts';
import { complete } from '../debug/completion.ts';
import { Debugger } from '../debug/debugger.ts';
import { interruptedHint, trappedElsewhere } from '../debug/ending.ts';
import { type CommandLines, inputLines, PROMPT, readScript, scriptLines } from '../debug/lines.ts';
import { jsonFrame, markText, ownCodeText, showStop } from '../debug/show.ts';
import { sourceProblem } from '../frames.ts';
import { INSTANCE_OPTION } from '../instance-argument.ts';
import { jsonLine } from '../json.ts';
import { collecting, wholeNumber } from '../option-values.ts';
import { Progress } from '../progress.ts';
import { leavingWith } from '../run.ts';
import { sourceMapOption, sourceOption } from '../source-options.ts';
import { say, stdout } from '../streams.ts';
import { openNamed } from '../trace-argument.ts';

interface DebugFlags {
  readonly instance?: number;
  readonly script?: readonly string[];
  readonly execute?: readonly string[];
  readonly source?: readonly string[];
  readonly sourceMap?: readonly PathChange[];
  readonly json?: boolean;
}

const EXAMPLES = `
It stands before an instruction: in the beginning before the one that trapped, or where else the run went
wrong. Steps, breakpoints and watchpoints go forwards and backwards; help lists the commands, which are gdb's. Expressions are
those of C and Rust: p u->name, b main.c:12 if n > 3, watch u->score if $value > 100, display arr[i].
Nothing runs but the recorded run, which is replayed for each motion and compared all the while.

Commands come from -x and -e, else from standard input. Those that no one types end at the first error, with
exit code 2. Ctrl-C gives a motion up and stays where it was.

Examples:
  wasi-rr debug
  wasi-rr debug app-3 --source ~/app
  wasi-rr debug -e 'watch 0x12310 4' -e rc -e bt
  echo 'b main.c:12
  rc
  info locals' | wasi-rr debug --json | jq .`;

export function addDebug(program: Command): void {
  program
    .command('debug')
    .description('step through a run by line and instruction, forwards and backwards')
    .argument('[trace]', 'default: the latest')
    .option('-x, --script <file>', 'commands to run; may be repeated', collecting(String))
    .option('-e, --execute <command>', 'a command to run; may be repeated', collecting(String))
    .addOption(sourceOption('where source files are (default: .)'))
    .addOption(sourceMapOption())
    .option(...INSTANCE_OPTION, wholeNumber)
    .option('--batch', "end after -x and -e, which is what happens anyway: gdb's word for it")
    .option('--json', 'one JSON object a command')
    .addHelpText('after', EXAMPLES)
    .action(leavingWith(debugCommand));
}

async function debugCommand(name: string | undefined, flags: DebugFlags): Promise<number> {
  const trace = openNamed(name);
  const travel = openTimeTravel(trace.path, { instance: flags.instance });
  try {
    const stored = (file: string) => storedSource(trace, file);
    const sources = new SourceFiles(flags.source ?? ['.'], stored, flags.sourceMap);
    const loop = new Loop(new Debugger(trace, travel, sources), flags.json ?? false);
    const missing = missingEnd(trace);
    if (missing !== undefined) say(`note: ${missing}`);
    await loop.run(linesOf(flags, loop));
    return 0;
  } finally {
    await stdout.flush();
    await travel.close();
    trace.close();
  }
}

function linesOf({ script, execute }: DebugFlags, loop: Loop): CommandLines {
  if (script === undefined && execute === undefined) {
    return inputLines(
      () => loop.interrupt(),
      (line) => loop.complete(line),
    );
  }
  return scriptLines(script ?? [], execute ?? []);
}

class Loop {
  private readonly debug: Debugger;
  private readonly json: boolean;
  private running: AbortController | undefined;
  private lines: CommandLines | undefined;
  /** What an empty line does again. */
  private last: { readonly command: DebugCommand; readonly rest: string } | undefined;
  /** Whether the last command did, or was given up. */
  private wentWrong = false;

  constructor(debug: Debugger, json: boolean) {
    this.debug = debug;
    this.json = json;
  }

  /** Gives up what is under way; between commands, begins a new line. */
  interrupt(): void {
    if (this.running) this.running.abort();
    else {
      say('quit leaves the debugger');
      this.lines?.ask();
    }
  }

  /** What Tab makes of a line: nothing while a command is under way. */
  async complete(line: string): Promise<[string[], string]> {
    return this.running ? [[], line] : complete(this.debug, COMMANDS, line);
  }

  async run(lines: CommandLines): Promise<void> {
    this.lines = lines;
    try {
      const { debug } = this;
      await this.answer('', async () => opening(debug));
      lines.ask();
      for await (const line of lines.lines) {
        const again =
          lines.interactive && line.trim() === '' && this.last?.command.repeats !== undefined;
        if (isNothing(line) && !again) {
          lines.ask();
          continue;
        }
        if (!(await this.command(line, !lines.interactive)) || stdout.closed) return;
        lines.ask();
      }
    } finally {
      lines.close();
    }
  }

  /**
   * @param echoes whether what no one typed is shown, too
   * @param depth of files that have other files done
   * @returns false to quit. @throws as {@link answer}
   */
  private async command(line: string, echoes: boolean, depth = 0): Promise<boolean> {
    if (echoes && !this.json) await stdout.print(`${PROMPT}${line.trim()}`);
    let file: string | undefined;
    const goesOn = await this.answer(line, () => {
      if (!isNothing(line)) this.last = parseLine(line);
      else if (this.last?.command.repeats === 'onwards') this.last = { ...this.last, rest: '' };
      const { command, rest } = this.last ?? parseLine(line);
      if (command.names[0] === 'source') file = sourced(rest, depth);
      return command.run(this.debug, rest);
    });
    for (const inner of file?.split('\n') ?? []) {
      if (isNothing(inner)) continue;
      if (!(await this.command(inner, true, depth + 1)) || stdout.closed) return false;
      if (this.wentWrong) break;
    }
    return goesOn;
  }

  /** @returns false to quit. @throws what went wrong, unless a person can type something else */
  private async answer(line: string, work: () => Promise<Answer | undefined>): Promise<boolean> {
    const { debug } = this;
    const running = new AbortController();
    this.running = running;
    this.wentWrong = false;
    const progress = new Progress(`replaying ${basename(debug.trace.path)}`);
    const steps = new Progress('stepping', 'steps');
    debug.onStep = steps.update;
    debug.options = {
      signal: running.signal,
      onProgress: progress.replay(debug.trace.eventCount),
    };
    try {
      const answer = await work();
      progress.end();
      steps.end();
      if (answer === undefined) return false;
      if (this.json) await stdout.print(jsonLine({ command: line.trim(), ...answer.json }));
      else for (const text of answer.text) await stdout.print(text);
    } catch (thrown) {
      progress.end();
      steps.end();
      this.wentWrong = true;
      if (running.signal.aborted) say(`given up: ${stillText(debug)}`);
      else if (thrown instanceof WasiRrError) await this.failed(line, thrown);
      else throw thrown;
    } finally {
      this.running = undefined;
      await stdout.flush();
    }
    return true;
  }

  private async failed(line: string, error: WasiRrError): Promise<void> {
    const { code, message } = error;
    if (this.json) await stdout.print(jsonLine({ command: line.trim(), error: { code, message } }));
    if (!this.lines?.interactive) throw error;
    say(message);
  }
}

/** How the run ended, where the debugger stands in the beginning, and where the program's own code is. */
async function opening(debug: Debugger): Promise<Answer> {
  const { text, json } = await showStop(debug, await debug.begin());
  const { outcome, stack, sources } = debug;
  const { level = 0 } = ownCode(stack, sources) ?? {};
  const own = level === 0 ? undefined : stack[level];
  const elsewhere = trappedElsewhere(debug);
  const problem = sourceProblem(stack);
  const hint = interruptedHint(debug);
  return {
    text: [
      `how the run ended: ${escapeText(outcome)}`,
      ...(elsewhere ? [elsewhere] : []),
      ...text,
      ...ownCodeText(debug),
      ...(problem ? [`no lines of the source: ${escapeText(problem)}`] : []),
      ...hint,
    ],
    json: {
      ...json,
      outcome,
      ...(elsewhere && { elsewhere }),
      ...(problem && { sourceProblem: problem }),
      ...(own && { ownFrame: jsonFrame(own, level) }),
    },
  };
}

function stillText(debug: Debugger): string {
  if (debug.isSomewhere) return `still ${markText(debug.mark)}`;
  return 'nowhere yet, but goto start, goto #17 and goto failure lead somewhere';
}

/** Files that have files done. */
const MAX_DEPTH = 10;

/** @throws WasiRrError OPTION_INVALID */
function sourced(file: string, depth: number): string {
  if (file === '') throw refuse('give a file with commands: source steps.txt.');
  if (depth >= MAX_DEPTH) throw refuse(`${file}: so many files that do each other's commands.`);
  return readScript(file);
}

/** Empty, or a comment. */
function isNothing(line: string): boolean {
  return /^\s*(#|$)/.test(line);
}
