/** What a guest holds at an instruction, in a form that can be compared; and the same for many, by one replay. */
import { createHash } from 'node:crypto';
import { readFrames } from '../../../replayer/timetravel/frames.ts';
import { replayInstrumented } from '../../../replayer/timetravel/instrumented-replay.ts';
import type { Position } from '../../../replayer/timetravel/position.ts';
import type { StoppedGuest } from '../../../replayer/timetravel/state-at.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import type { Look } from '../../../replayer/values/look.ts';
import { allFunctions } from '../../replayer/instrument/variants.ts';
import type { Subject } from './subject.ts';

export interface State {
  readonly frames: string;
  /** Numbers among them. */
  readonly globals: string;
  readonly memory: string;
  /** Of each frame, as they are shown. */
  readonly variables: string;
}

export function stateOf(guest: StoppedGuest, globals: readonly unknown[], look: Look): State {
  return {
    frames: JSON.stringify(
      guest.frames.map(({ func, pc, locals, types }) => [func, pc, [...types], ...locals]),
      exact,
    ),
    globals: JSON.stringify(globals, exact),
    memory: createHash('sha1').update(guest.memory).digest('hex'),
    variables: JSON.stringify(look.frames(guest), exact),
  };
}

export function stateAtPosition(position: Position, look: Look): State {
  const { frames, memory, globals } = position;
  const values = new Map(globals.map(({ index, value }) => [index, value]));
  const global = (index: number) => {
    const value = values.get(index);
    return typeof value === 'string' ? undefined : value;
  };
  const readable = globals.map(({ value }) => (typeof value === 'string' ? undefined : value));
  return stateOf({ frames, memory, global }, readable, look);
}

function exact(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' && !Number.isInteger(value)) return `${value}`;
  if (Object.is(value, -0)) return '-0';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return value === undefined ? 'undefined' : value;
}

/** Looks at the guest before some instructions, by one replay that stops at every one. */
export async function lookAt(
  subject: Subject,
  indices: ReadonlySet<number>,
  look: (index: number, guest: StoppedGuest, globals: readonly unknown[]) => void,
): Promise<void> {
  const target = new TravelTarget(subject.trace, subject.instance);
  const steps = allFunctions(target.module);
  const plan = { tick: true, frames: 'spill', globals: true, steps } as const;
  let index = 0;
  await replayInstrumented(target, plan, ({ probes, layout, memory }) => {
    probes.global('armed').value = 0x7fffffff;
    probes.set('stop', (pc) => {
      const at = index++;
      if (!indices.has(at)) return;
      const top = Number(probes.global('top').value);
      const frames = readFrames(layout, probes.memory('frames').buffer, top, pc);
      const global = (which: number) => {
        try {
          const value: unknown = probes.own(which)?.value;
          return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
        } catch {
          return undefined;
        }
      };
      const globals = Array.from({ length: layout.globals }, (_, which) => global(which));
      look(at, { frames, memory: memory(), global }, globals);
    });
  });
}
