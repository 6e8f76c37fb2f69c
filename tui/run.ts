/** Runs the terminal debugger on a trace, from taking the terminal to giving it back. */
import { constants } from 'node:os';
import { render } from 'ink';
import { createElement } from 'react';
import { findFailure } from '../replayer/session/failure.ts';
import { storedSource } from '../replayer/source/debug-files.ts';
import { TraceReader } from '../traces/reader.ts';
import { Timeline } from '../traces/timeline.ts';
import { Debugger } from './debugger/debugger.ts';
import { handleInput } from './debugger/input.ts';
import { SourceFiles } from './source/source-files.ts';
import { Terminal } from './terminal/terminal.ts';
import { chooseColours } from './text/style.ts';
import type { TuiOptions } from './tui.ts';
import { App, type AppControl } from './view/app.ts';
import { drawFrame } from './view/frame.ts';
import { Painter } from './view/painter.ts';

/** See `runTui` in tui.ts. */
export async function run(path: string, { follow, sources, moved }: TuiOptions): Promise<number> {
  const { stdin, stdout } = process;
  chooseColours(process.env);
  const reader = new TraceReader(path);
  const timeline = openTimeline(path);
  const { event: start } = await findFailure(reader, {}).catch(() => ({
    event: reader.eventCount - 1,
  }));
  const nothing = () => {};
  const hooks = { suspend: nothing, redraw: nothing, quit: nothing };
  const bugger = new Debugger({
    path,
    reader,
    timeline,
    start: Math.max(0, start),
    terminal: {
      copy: (text) => terminal.copy(text),
      suspend: () => hooks.suspend(),
      redraw: () => hooks.redraw(),
      quit: () => hooks.quit(),
    },
    follow,
    sources: new SourceFiles(sources, (file) => storedSource(reader, file), moved),
    columns: stdout.columns,
    rows: stdout.rows,
  });
  const terminal = new Terminal(stdin, stdout, (event) => handleInput(bugger, event));
  const painter = new Painter(
    (text) => stdout.write(text),
    () => drawFrame(bugger),
  );
  const resized = () => {
    bugger.update({ columns: stdout.columns, rows: stdout.rows });
    painter.repaint();
  };
  let crash: unknown;
  const crashed = (thrown: unknown) => {
    crash ??= thrown;
    hooks.quit();
  };

  const hold = ({ exit, suspendTerminal }: AppControl) => {
    hooks.quit = () => exit();
    if (ending !== undefined) exit();
    hooks.redraw = () => painter.repaint();
    hooks.suspend = () => {
      painter.hold();
      void suspendTerminal(() => stopped(terminal)).then(() => painter.repaint());
    };
  };

  process.on('uncaughtException', crashed);
  process.on('unhandledRejection', crashed);
  let ending: NodeJS.Signals | undefined;
  const ended = (signal: NodeJS.Signals) => {
    ending = signal;
    hooks.quit();
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, ended);
  stdout.on('resize', resized);
  try {
    terminal.take();
    const instance = render(createElement(App, { onMount: hold }), {
      alternateScreen: true,
      // its frames are empty, and written as they are: otherwise it ends them with a line break, and
      // erases at a resize what it takes to be its own
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
      interactive: true,
    });
    bugger.subscribe((cause) => painter.changed(cause));
    painter.repaint();
    await instance.waitUntilExit();
  } catch (thrown) {
    crash ??= thrown;
  } finally {
    stdout.off('resize', resized);
    painter.hold();
    if (crash === undefined) terminal.release();
    else terminal.restore();
    await bugger.close();
    timeline?.close();
    reader.close();
    for (const signal of ENDING_SIGNALS) process.off(signal, ended);
    process.off('uncaughtException', crashed);
    process.off('unhandledRejection', crashed);
  }
  if (crash === undefined) return ending === undefined ? 0 : 128 + constants.signals[ending];
  const detail = crash instanceof Error ? (crash.stack ?? crash.message) : String(crash);
  process.stderr.write(`wasi-rr: the debugger crashed: ${detail}\n`);
  return 1;
}

const ENDING_SIGNALS = ['SIGTERM', 'SIGHUP'] as const;

/** A damaged trace may have lost its index: then rows come from the log. */
function openTimeline(path: string): Timeline | undefined {
  try {
    return new Timeline(path);
  } catch {
    return undefined;
  }
}

/** Stops this job, as the terminal itself would, until it is continued (`fg`). */
function stopped(terminal: Terminal): Promise<void> {
  return new Promise((resolve) => {
    terminal.release();
    // nothing else keeps the process alive meanwhile, and Ink ends with the event loop
    const awake = setInterval(() => {}, 2 ** 30);
    process.once('SIGCONT', () => {
      clearInterval(awake);
      terminal.take();
      resolve();
    });
    process.kill(0, 'SIGTSTP');
  });
}
