/**
 * Reads all of each trace, replays it, makes its index anew, and says on stdout what came of it, one line
 * of JSON a trace. A program of its own, `node read-all.ts TRACE…`, since what a hostile trace may start
 * cannot be stopped otherwise.
 */
import { openTrace, rebuildIndex } from '../../index.ts';
import { replay } from '../../replayer/replay.ts';

type Said = Record<string, unknown>;

async function attempt<T>(
  said: Said,
  what: string,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    const value = await work();
    said[what] = value;
    return value;
  } catch (thrown) {
    const { name, code, message } = thrown as { name: string; code?: string; message: string };
    // the code of an error of ours; anything else stands out
    said[what] = name === 'WasiRrError' ? code : `${name}: ${message}`;
    return undefined;
  }
}

for (const trace of process.argv.slice(2)) {
  const said: Said = {};
  const readable = await attempt(said, 'open', () => {
    const reader = openTrace(trace);
    reader.close();
    return reader.damage ?? 'whole';
  });
  if (readable !== undefined) await readAll(trace, said);
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

async function readAll(trace: string, said: Said): Promise<void> {
  const reader = openTrace(trace);
  await attempt(said, 'events', () => [...reader.events()].length);
  await attempt(said, 'module', () => reader.module().length);
  await attempt(said, 'snapshots', () =>
    reader.snapshots().map(({ id }) => reader.snapshot(id).length),
  );
  await attempt(said, 'calls', () => {
    const [[calls] = []] = [...reader.query('select count(*) from calls').rows];
    return Number(calls);
  });
  reader.close();
  await attempt(said, 'replay', async () => (await replay({ trace, onOutput: () => {} })).status);
  await attempt(said, 'rebuild', () => rebuildIndex(trace));
}
