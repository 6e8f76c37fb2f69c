/**
 * `npm run fuzz -- [--seconds N] [--first CASE] [--target NAME]`: reads mutated modules, logs and traces until time is up.
 * Runs the cases in a process of their own, so that a crash and a hang are findings as well. Exits with 1 if there are any;
 * `--seconds 0.001 --first CASE` runs one again.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { scriptOptions } from '../script-options.ts';

/** A case that takes as many times longer than it may is a hang. */
const PATIENCE = 7;

const { values } = scriptOptions('npm run fuzz -- [--seconds N] [--first CASE] [--target NAME]', {
  options: {
    seconds: { type: 'string', default: '60' },
    first: { type: 'string', default: String(Date.now()) },
    target: { type: 'string' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-fuzz-'));
/** Its number, and how many milliseconds it may take. */
const currentCase = (): readonly [number: string, allowed: string] => {
  try {
    const [number = '', allowed = ''] = readFileSync(join(folder, 'case'), 'utf8')
      .trim()
      .split(' ');
    return [number, allowed];
  } catch {
    return ['', ''];
  }
};

const end = Date.now() + Number(values.seconds) * 1000;
const cases: Record<string, number> = {};
let findings = 0;
let next = Number(values.first);
do {
  const last = await run(next, Math.max(0.001, (end - Date.now()) / 1000));
  // after a crash or a hang, go on behind it
  next = last + 1;
} while (Date.now() < end);
rmSync(folder, { recursive: true, force: true });
const total = Object.values(cases).reduce((sum, count) => sum + count, 0);
console.log(`${total} cases from ${values.first}, ${findings} findings ${JSON.stringify(cases)}`);
process.exitCode = findings > 0 ? 1 : 0;

function found(what: object): void {
  findings++;
  console.log(JSON.stringify(what));
}

/** @returns the number of the last case */
async function run(first: number, seconds: number): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '--no-warnings',
      // runs that end in a stack overflow are gone through in the thread itself
      ...(values.target === 'sessions' ? ['--stack-size=7000'] : []),
      join(import.meta.dirname, 'fuzz-child.ts'),
      folder,
      String(first),
      String(seconds),
      ...(values.target === undefined ? [] : [values.target]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let seen = '';
  let since = Date.now();
  const watch = setInterval(() => {
    const [now, allowed] = currentCase();
    if (now !== seen) {
      seen = now;
      since = Date.now();
    } else if (now !== '' && Date.now() - since > PATIENCE * Number(allowed)) child.kill('SIGKILL');
  }, 500);
  const ended = new Promise<NodeJS.Signals | number | null>((done) =>
    child.once('close', (code, signal) => done(signal ?? code)),
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { finding?: string; cases?: Record<string, number> };
    if (said.finding !== undefined) found(said);
    for (const [name, count] of Object.entries(said.cases ?? {})) {
      cases[name] = (cases[name] ?? 0) + count;
    }
  }
  const how = await ended;
  clearInterval(watch);
  const last = Number(currentCase()[0]);
  if (how !== 0) found({ finding: `the process ended by ${how} (SIGKILL: a hang)`, case: last });
  return last;
}
