/** Memory that the trace itself holds for an event: shown before the replay comes there, then checked. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openSession } from '../../replayer/session/session.ts';
import { addSnapshots } from '../../traces/annotations.ts';
import { FIRST_MOMENT, passedAt } from '../../traces/keyframes/moments.ts';
import { storeKeyframes } from '../../traces/keyframes/store.ts';
import { KeyframeWriter } from '../../traces/keyframes/writer.ts';
import { TraceReader } from '../../traces/reader.ts';
import { GuestView } from '../../tui/guest/guest-view.ts';
import { forgeLog } from '../traces/edit-trace.ts';
import { openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

/** At #11 bytes of a file were read to it: `2,ev…`. */
const ADDRESS = 0x115e8;

let heapsmash: Recorded;
/** As the replay has it at #11. */
let memory: Uint8Array;
beforeAll(async () => {
  heapsmash = await recordExample('heapsmash');
  const session = await openSession(heapsmash.trace);
  await session.goto(11);
  memory = (await session.memory.read(0, 1 << 20)).bytes;
  await session.close();
});
afterAll(() => heapsmash[Symbol.dispose]());

function withSnapshot(name: string, change: (memory: Uint8Array) => void): string {
  const path = join(heapsmash.folder, `${name}.wrr`);
  copyFileSync(heapsmash.trace, path);
  const stored = memory.slice();
  change(stored);
  addSnapshots(path, [{ event: 11, label: 'by hand', memory: stored }]);
  return path;
}

/** With keyframes that have this memory at every event. */
function withKeyframes(name: string, change: (memory: Uint8Array) => void): string {
  const path = join(heapsmash.folder, `${name}.wrr`);
  copyFileSync(heapsmash.trace, path);
  const kept = memory.slice();
  change(kept);
  const words = new Int32Array(kept.buffer);
  const writer = new KeyframeWriter(1 << 24);
  writer.resize(FIRST_MOMENT, 0, kept.length / 65536);
  for (let page = 0; page < kept.length / 4096; page++) writer.page(0, page, words);
  writer.step(FIRST_MOMENT);
  writer.unchanged(FIRST_MOMENT, passedAt(14));
  const trace = new TraceReader(path);
  storeKeyframes(path, trace.segments, writer.finish());
  trace.close();
  return path;
}

const WISH = {
  position: 11,
  previous: undefined,
  tab: 'memory',
  address: ADDRESS,
  length: 4,
  head: undefined,
  stack: false,
  following: false,
} as const;

/** What was shown one after the other, up to what a replay gave. */
async function shownAt(
  path: string,
): Promise<{ readonly seen: string[]; readonly guest: GuestView }> {
  const seen: string[] = [];
  const guest: GuestView = new GuestView(path, () => {
    if (guest.memory === undefined) return;
    const text = `${Buffer.from(guest.memory.value.bytes)} ${guest.isStored(11) ? 'stored' : 'replayed'}`;
    if (seen.at(-1) !== text) seen.push(text);
  });
  onTestFinished(() => guest.close());
  guest.show(WISH);
  await expect.poll(() => seen.at(-1)).toMatch(/replayed$/);
  return { seen, guest };
}

it('is shown at once, and then what the replay gives: the same', async () => {
  const { seen, guest } = await shownAt(withSnapshot('same', () => {}));
  expect(seen).toEqual(['2,ev stored', '2,ev replayed']);
  expect(guest.storedDifference).toBeUndefined();
});

it('is something else than the replay gives: that is said', async () => {
  const path = withSnapshot('other', (stored) => stored.set(Buffer.from('XX'), ADDRESS + 1));
  const { seen, guest } = await shownAt(path);
  expect(seen).toEqual(['2XXv stored', '2,ev replayed']);
  expect(guest.storedDifference).toEqual({ position: 11, address: ADDRESS + 1 });
  await using screen = openScreen(path);
  screen.type(':11\r3');
  await screen.until(
    'the memory that the trace holds for #11 is not what its replay gives: they differ at 0x115e9',
  );
  await screen.until(/000115e8 {2}32◂2c 65 76/);
});

it('of keyframes is shown at once, and then what the replay gives: the same', async () => {
  const { seen, guest } = await shownAt(withKeyframes('keyframes', () => {}));
  expect(seen).toEqual(['2,ev stored', '2,ev replayed']);
  expect(guest.storedDifference).toBeUndefined();
});

it('of keyframes is something else than the replay gives: that is said', async () => {
  const path = withKeyframes('other-keyframes', (kept) => kept.set(Buffer.from('X'), ADDRESS + 2));
  const { seen, guest } = await shownAt(path);
  expect(seen).toEqual(['2,Xv stored', '2,ev replayed']);
  expect(guest.storedDifference).toEqual({ position: 11, address: ADDRESS + 2 });
});

it('is shown where no replay comes', async () => {
  const path = join(heapsmash.folder, 'forged.wrr');
  forgeLog(
    withSnapshot('unforged', () => {}),
    path,
    (events) =>
      events.map((event) =>
        event.kind === 'call' && event.number === 9
          ? { ...event, args: [77, ...event.args.slice(1)] }
          : event,
      ),
  );
  await using screen = openScreen(path);
  screen.type(':11\r3');
  await screen.until(/no memory, stack or globals from #9 on/);
  await screen.until(/000115e8 {2}32◂2c 65 76/);
  await screen.until('stored, not checked');
  screen.type(':12\r');
  await screen.until(/┃the trace does not replay beyond event 8/);
  expect(screen.text()).not.toContain('32◂2c');
});
