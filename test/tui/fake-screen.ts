/** The UI on a terminal that is none: what is written is taken for what it means, keys are put in. */
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { TraceReader } from '../../traces/reader.ts';
import { Timeline } from '../../traces/timeline.ts';
import { Debugger } from '../../tui/debugger/debugger.ts';
import { handleInput } from '../../tui/debugger/input.ts';
import { SourceFiles } from '../../tui/source/source-files.ts';
import { InputParser } from '../../tui/terminal/keypress.ts';
import { ERASE_BELOW } from '../../tui/terminal/modes.ts';
import { drawFrame } from '../../tui/view/frame.ts';
import { Painter } from '../../tui/view/painter.ts';

/** Keeps the rows of the screen as they were written, codes included. */
class FakeStdout extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  private readonly screen = new Map<number, string>();

  constructor(columns: number, rows: number) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    const text = String(chunk).replaceAll(MODES, '');
    for (const [, row, code, line] of text.matchAll(ROW)) {
      const at = Number(row) - 1;
      if (code === ERASE_BELOW) this.eraseFrom(at);
      else this.screen.set(at, line ?? '');
    }
    done();
  }

  get frame(): string {
    const rows = Math.max(-1, ...this.screen.keys()) + 1;
    return Array.from({ length: rows }, (_, row) => this.screen.get(row) ?? '').join('\n');
  }

  private eraseFrom(first: number): void {
    for (const row of this.screen.keys()) if (row >= first) this.screen.delete(row);
  }
}

/** Modes that are switched on or off. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: codes begin with one
const MODES = /\u001b\[\?\d+[hl]/g;

/** A row, from its beginning to where the next one begins: erased, and written. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: codes begin with one
const ROW = /\u001b\[(\d+)H(\u001b\[[KJ])((?:(?!\u001b\[\d+H).)*)/gs;

export interface FakeScreen extends AsyncDisposable {
  readonly bugger: Debugger;
  readonly copied: string[];
  readonly calls: string[];
  /** Text on the screen, without codes and without spaces at the ends of rows. */
  text(): string;
  /** With them. */
  raw(): string;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** Waits until the screen shows something. @throws with the screen, after a long while */
  until(wanted: string | RegExp): Promise<string>;
  /** As {@link until}, and then until nothing changes and nothing is being read or replayed any more. */
  settled(wanted: string | RegExp): Promise<string>;
}

/** Milliseconds without a change that mean rest. */
const REST_MS = 250;

const WAIT_MS = 100_000;

/** Folder in which the sources of the examples are found. */
const EXAMPLES = join(import.meta.dirname, '../../examples');

export function openScreen(
  trace: string,
  columns = 140,
  rows = 30,
  { follow = false, sources = [EXAMPLES] }: { follow?: boolean; sources?: readonly string[] } = {},
): FakeScreen {
  const stdout = new FakeStdout(columns, rows);
  const reader = new TraceReader(trace);
  const timeline = new Timeline(trace);
  const copied: string[] = [];
  const calls: string[] = [];
  const bugger = new Debugger({
    path: trace,
    reader,
    timeline,
    start: reader.eventCount - 1,
    follow,
    sources: new SourceFiles(sources),
    columns,
    rows,
    terminal: {
      copy: (text) => copied.push(text),
      suspend: () => calls.push('suspend'),
      redraw: () => calls.push('redraw'),
      quit: () => calls.push('quit'),
    },
  });
  const painter = new Painter(
    (text) => stdout.write(text),
    () => drawFrame(bugger),
  );
  bugger.subscribe((cause) => painter.changed(cause));
  painter.repaint();
  const parser = new InputParser();
  const text = () => stripVTControlCharacters(stdout.frame).replace(/ +$/gm, '');
  const until = async (wanted: string | RegExp) => {
    const end = performance.now() + WAIT_MS;
    const found = () =>
      typeof wanted === 'string' ? text().includes(wanted) : wanted.test(text());
    while (!found()) {
      if (performance.now() > end) throw new Error(`never shown: ${wanted}\n${text()}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return text();
  };
  return {
    bugger,
    copied,
    calls,
    text,
    raw: () => stdout.frame,
    type(keys) {
      for (const event of parser.push(keys)) handleInput(bugger, event);
      for (const event of parser.flush()) handleInput(bugger, event);
    },
    resize(newColumns, newRows) {
      stdout.columns = newColumns;
      stdout.rows = newRows;
      bugger.update({ columns: newColumns, rows: newRows });
      painter.repaint();
    },
    until,
    async settled(wanted) {
      await until(wanted);
      for (let seen = ''; seen !== stdout.frame || isBusy(bugger); ) {
        seen = stdout.frame;
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
      }
      return until(wanted);
    },
    async [Symbol.asyncDispose]() {
      painter.hold();
      await bugger.close();
      timeline.close();
      reader.close();
    },
  };
}

/** Whether something is still on its way to the screen. */
function isBusy({ state, guest }: Debugger): boolean {
  const { overview, work } = state;
  const isOpening = guest.ready === undefined && guest.failed === undefined;
  return overview.length === 0 || work !== undefined || isOpening || guest.seeking !== undefined;
}

/** What differs from run to run: times, guest-time bars and minimap, paths of temporary folders, versions. */
export function masked(screen: string): string {
  return screen
    .replace(/\b\d+\.\d{4}(\d\d)?\b/g, (text) => '#'.repeat(text.length))
    .replace(/[·░▒▓](?=[│┃])/g, ' ')
    .replace(/[█▉▊▋▌▍▎▏]+/g, (text) => ' '.repeat(text.length))
    .replace(/(took|guest before)( +)[\d.]+(ns|µs|ms|s)\s*/g, (text, name: string) =>
      name.padEnd(text.length),
    )
    .replace(/\+\s*[\d.]+(ns|µs|ms|s)/g, (text) => ' '.repeat(text.length));
}
