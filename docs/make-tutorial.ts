/**
 * `node docs/make-tutorial.ts`: writes tutorial.md and screens/ from tutorial.md.in, by doing what
 * it says with the built command (`npm run build` first). Needs tmux. A line of the template that begins
 * with % is a step:
 *
 *     %run COMMAND             a shell command and what it prints, both shown
 *     %run-until REGEX COMMAND the same, from a clean trace folder, until it prints something like that
 *     %let NAME COMMAND        what a command prints becomes {{NAME}} in all that follows
 *     %open TRACE              wasi-rr tui TRACE in a terminal
 *     %press KEYS, %type TEXT  keys by their tmux names; text as it is
 *     %wait REGEX              until the screen shows something like that and is still
 *     %screen NAME REGEX       the screen once it shows that, as text
 *     %svg NAME REGEX          the same as a picture
 *     %expect REGEX            fails where what was shown last is not like that
 *
 * Everything that the tutorial claims should be expected by a step.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { screenSvg } from './screen-svg.ts';
import { TmuxTerminal } from './terminal.ts';

const COLUMNS = 120;
const ROWS = 24;
const ATTEMPTS = 100;

const HERE = import.meta.dirname;
const REPOSITORY = join(HERE, '..');

class Tutorial {
  readonly lines: string[] = [];
  private readonly scratch = mkdtempSync(join(tmpdir(), 'wasi-rr-tutorial-'));
  private readonly home = join(this.scratch, 'home');
  private readonly examples = join(this.scratch, 'examples');
  private readonly env: NodeJS.ProcessEnv;
  private readonly values = new Map<string, string>();
  private terminal: TmuxTerminal | undefined;
  private shown = '';

  constructor() {
    cpSync(join(REPOSITORY, 'examples'), this.examples, { recursive: true });
    const bin = join(this.scratch, 'bin');
    for (const folder of [this.home, bin]) mkdirSync(folder);
    const main = join(REPOSITORY, 'dist/cli/main.js');
    const script = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
    writeFileSync(join(bin, 'wasi-rr'), script, { mode: 0o755 });
    const path = `${bin}:${join(process.execPath, '..')}:${process.env.PATH}`;
    this.env = { PATH: path, HOME: this.home, LANG: 'C.UTF-8', TERM: 'xterm-256color' };
  }

  async line(line: string): Promise<void> {
    const text = this.filled(line);
    const [, step, rest = ''] = /^%(\S+) ?(.*)$/.exec(text) ?? [];
    if (step === undefined) this.lines.push(text);
    else await this.step(step, rest);
  }

  close(): void {
    this.terminal?.close();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  private async step(name: string, rest: string): Promise<void> {
    const [first = '', ...others] = rest.split(' ');
    const other = others.join(' ');
    switch (name) {
      case 'run':
        return this.showRun(rest, this.run(rest));
      case 'run-until':
        return this.showRun(other, this.runUntil(new RegExp(first), other));
      case 'let':
        this.values.set(first, this.run(other).trim());
        return;
      case 'open':
        this.terminal?.close();
        this.terminal = new TmuxTerminal(
          `cd '${this.examples}' && exec wasi-rr tui ${rest}`,
          COLUMNS,
          ROWS,
          this.env,
        );
        await this.terminal.settled(/Timeline/);
        return;
      case 'press':
        return this.terminal?.press(...rest.split(' '));
      case 'type':
        return this.terminal?.type(rest);
      case 'wait':
        this.shown = (await this.terminal?.settled(new RegExp(rest))) ?? '';
        return;
      case 'screen':
        return this.showScreen(first, new RegExp(other));
      case 'svg':
        return this.showPicture(first, new RegExp(other));
      case 'expect':
        if (new RegExp(rest).test(this.shown)) return;
        throw new Error(`what was shown last is not like ${rest}:\n${this.shown}`);
      default:
        throw new Error(`there is no step %${name}`);
    }
  }

  private showRun(command: string, output: string): void {
    this.shown = output;
    this.fence('console', `$ ${command}\n${output}`);
  }

  private async showScreen(name: string, words: RegExp): Promise<void> {
    this.shown = (await this.terminal?.settled(words)) ?? '';
    writeFileSync(join(HERE, 'screens', `${name}.txt`), this.shown);
    this.fence('text', this.shown);
  }

  private async showPicture(name: string, words: RegExp): Promise<void> {
    this.shown = (await this.terminal?.settled(words)) ?? '';
    const screen = (await this.terminal?.settled(words, true)) ?? '';
    const title = `wasi-rr tui: ${name}`;
    writeFileSync(join(HERE, 'screens', `${name}.svg`), screenSvg(screen, COLUMNS, title));
    this.lines.push(`![${title}](screens/${name}.svg)`);
  }

  private fence(language: string, text: string): void {
    if (this.lines.at(-1) !== '') this.lines.push('');
    this.lines.push(`\`\`\`${language}`, text.replace(/\n+$/, ''), '```');
  }

  private filled(line: string): string {
    return line.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = this.values.get(name);
      if (value === undefined) throw new Error(`{{${name}}} is not known yet`);
      return value;
    });
  }

  private runUntil(wanted: RegExp, command: string): string {
    for (let i = 0; i < ATTEMPTS; i++) {
      rmSync(join(this.home, '.local/share/wasi-rr'), { recursive: true, force: true });
      const output = this.run(command);
      if (wanted.test(output)) return output;
    }
    throw new Error(`${ATTEMPTS} times "${command}" gave nothing like ${wanted}`);
  }

  private run(command: string): string {
    const { stdout } = spawnSync('/bin/sh', ['-c', `{ ${command}\n} 2>&1`], {
      cwd: this.examples,
      env: this.env,
      encoding: 'utf8',
    });
    return stdout.replaceAll(this.home, '~');
  }
}

execFileSync('tmux', ['-V']);
rmSync(join(HERE, 'screens'), { recursive: true, force: true });
mkdirSync(join(HERE, 'screens'));
const tutorial = new Tutorial();
try {
  const template = readFileSync(join(HERE, 'tutorial.md.in'), 'utf8');
  for (const line of template.trimEnd().split('\n')) await tutorial.line(line);
} finally {
  tutorial.close();
}
writeFileSync(join(HERE, 'tutorial.md'), `${tutorial.lines.join('\n')}\n`);
