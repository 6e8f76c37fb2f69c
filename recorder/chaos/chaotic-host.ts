/** A host with faults: any host's functions, with those of a plan around them. */
import type { Host, HostFunction } from '../hosts/host.ts';
import { clockJumps } from './clock-jumps.ts';
import type { FaultName } from './faults.ts';
import { GuestAccess } from './guest-access.ts';
import type { Chances, Injector } from './injector.ts';
import { type ChaosPlan, diceOf } from './plan.ts';
import { pollDelays } from './poll-delays.ts';
import { readdirOrder } from './readdir-order.ts';
import { fullDisk, interruptions, notReady } from './refusals.ts';
import { shortReads, shortWrites } from './short-transfers.ts';

/** Innermost first: what refuses a call stands outside, so that the host is not asked at all. */
const INJECTORS: readonly (readonly [FaultName, Injector])[] = [
  ['short-read', shortReads],
  ['short-write', shortWrites],
  ['readdir-order', readdirOrder],
  ['clock-jump', clockJumps],
  ['no-space', fullDisk],
  ['again', notReady],
  ['interrupt', interruptions],
  ['poll-delay', pollDelays],
];

/**
 * @param note told of every fault that happens, while the call that it happens to is being answered
 */
export function chaoticHost(
  host: Host,
  plan: ChaosPlan,
  note: (fault: FaultName, detail: string) => void,
): Host {
  const guest = new GuestAccess(host);
  const functions = new Map<string, HostFunction>(host.functions);
  for (const [name, inject] of INJECTORS) {
    const rate = plan.faults.find((fault) => fault.name === name)?.rate;
    if (rate === undefined) continue;
    const dice = diceOf(plan, name);
    const chances: Chances = {
      guest,
      dice,
      time: host.time,
      strikes: () => dice.chance(rate),
      note: (detail) => note(name, detail),
    };
    for (const [call, around] of Object.entries(inject(chances))) {
      const inner = functions.get(call);
      if (inner !== undefined) functions.set(call, around(inner, call));
    }
  }
  return {
    functions,
    sizes: host.sizes,
    time: host.time,
    bind: (memory) => {
      guest.bind(memory);
      host.bind(memory);
    },
  };
}
