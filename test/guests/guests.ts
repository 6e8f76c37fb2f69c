/** Every guest, by family and by name. */
import { calls } from './calls.ts';
import { endlessGuests } from './endless.ts';
import { exits } from './exits.ts';
import type { Guest } from './guest.ts';
import { links } from './links.ts';
import { memory } from './memory.ts';
import { paths } from './paths.ts';
import { shapes } from './shapes.ts';
import { traps } from './traps.ts';
import { vectors } from './vectors.ts';
import { compileWat } from './wat.ts';

/** Every guest. Names are unique. */
export const guests: readonly Guest[] = [
  ...exits,
  ...traps,
  ...shapes,
  ...links,
  ...memory,
  ...vectors,
  ...paths,
  ...calls,
  ...endlessGuests,
];

/** The guest of this name; throws when there is none. */
export function guest(name: string): Guest {
  const found = guests.find((one) => one.name === name);
  if (!found) throw new Error(`no guest is called ${name}`);
  return found;
}

/** The module of the guest of this name. */
export function guestModule(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return compileWat(guest(name).wat);
}
