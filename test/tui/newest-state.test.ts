/** Every change of the debugger ends in the terminal showing it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawFrame } from '../../tui/view/frame.ts';
import { randomFrom } from '../wasi/random.ts';
import { type FakeScreen, openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

let heapsmash: Recorded;

beforeAll(async () => {
  heapsmash = await recordExample('heapsmash');
});
afterAll(() => heapsmash[Symbol.dispose]());

/** Of the timeline, the panes, prompts and the help; none that stores anything or leaves. */
const KEYS = [
  ...[
    'j',
    'j',
    'k',
    'k',
    'g',
    'G',
    's',
    'S',
    '\u001b[6~',
    '\u001b[5~',
    '\t',
    '+',
    '_',
    '?',
    '\u001b',
  ],
  ...[
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
    '8',
    'l',
    'h',
    'n',
    'N',
    '/read\r',
    ':5\r',
    ':9\r',
    'ffd_read\r',
  ],
  ...['\u001b[<64;10;10M', '\u001b[<65;90;10M', '\u001b[<0;10;8M', '\u001b[<0;90;8M'],
] as unknown as readonly [string, ...string[]];

const SIZES: readonly [Size, ...Size[]] = [
  [140, 30],
  [80, 24],
  [40, 10],
  [200, 60],
];

type Size = readonly [columns: number, rows: number];

async function showsNewest(screen: FakeScreen): Promise<void> {
  const drawn = () => drawFrame(screen.bugger).join('\n');
  await expect.poll(() => screen.raw() === drawn(), { interval: 5, timeout: 30_000 }).toBe(true);
}

describe('the screen', () => {
  it('shows the newest state after any keys, whatever is replayed meanwhile', async () => {
    const random = randomFrom(3);
    await using screen = openScreen(heapsmash.trace);
    for (let round = 0; round < 40; round++) {
      for (let keys = random.below(6); keys >= 0; keys--) screen.type(random.pick(KEYS));
      if (random.below(12) === 0) screen.resize(...random.pick(SIZES));
      await showsNewest(screen);
    }
  });

  it('tells of work that takes long without any progress, and of its end', async () => {
    await using screen = openScreen(heapsmash.trace);
    screen.bugger.update({ work: { what: 'counting', share: 0, since: performance.now() } });
    await screen.until('… counting');
    screen.bugger.update({ work: undefined });
    await showsNewest(screen);
    expect(screen.text()).not.toContain('counting');
  });
});
