/** The documentation says what is there: keys from their table, commands from the command line; its links lead somewhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { keysAsMarkdown } from '../tui/model/keys.ts';

const root = new URL('../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const debugging = readFileSync(new URL('docs/debugging.md', root), 'utf8');

// the formatter aligns tables
const cells = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim().replace(/^-+$/, '---')));

test('the list of keys is that of the key table', () => {
  const [, list = ''] = /<!-- keys:.*?-->\n([\s\S]*?)<!-- \/keys -->/.exec(debugging) ?? [];
  expect(cells(list)).toEqual(cells(keysAsMarkdown()));
});

test('every command is named', () => {
  const help = execFileSync(process.execPath, ['cli/main.ts', '--help'], { cwd: root });
  const [, list = ''] = /Commands:\n([\s\S]*?)\n\n/.exec(help.toString()) ?? [];
  const commands = list.split('\n').map((line) => line.trim().split(' ')[0] ?? '');
  expect(commands.length).toBeGreaterThan(10);
  for (const command of commands.filter((name) => name !== 'help')) {
    expect(readme, command).toMatch(new RegExp(`\`(wasi-rr )?${command}[ \`]`));
  }
});

test('CI runs the test command of the README, and the checks', () => {
  const ci = readFileSync(new URL('.ci/run', root), 'utf8');
  expect(readme).toContain('npm ci && npm test');
  for (const command of ['npm ci', 'npm test', 'npm run check']) expect(ci).toContain(command);
});

test.each(['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: root })])(
  'links of %s lead to files',
  (name) => {
    const text = readFileSync(new URL(name, root), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(
      ([, target = '']) => target,
    );
    const missing = targets.filter((target) => !existsSync(new URL(target, new URL(name, root))));
    expect(missing).toEqual([]);
  },
);
