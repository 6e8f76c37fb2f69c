/** A component in the debugger: its calls by interface, with their values. */
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { record } from '../../recorder/record.ts';
import { masked, openScreen } from './fake-screen.tsx';

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-tui-component-'));
const trace = join(folder, 'heapsmash.wrr');
const cacheHome = process.env.XDG_CACHE_HOME;

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  const nowhere = openSync('/dev/null', 'r+');
  await record({
    module: join(import.meta.dirname, '../components/fixtures/heapsmash-O0g.component.wasm'),
    output: trace,
    preopens: [{ host: join(import.meta.dirname, '../../examples/fs/heapsmash'), guest: '/' }],
    stdin: nowhere,
    stdout: nowhere,
    stderr: nowhere,
  });
}, 60_000);

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  rmSync(folder, { recursive: true, force: true });
});

it('shows a call in detail', async () => {
  await using screen = openScreen(trace);
  screen.type(':36\r');
  const text = await screen.settled('#36 descriptor.open-at');
  await expect(masked(text)).toMatchFileSnapshot('golden/component-call.txt');
});
