/** Who wrote to some bytes, as the debugger lists it, and as a list of all that happened says. */
import { deepStrictEqual } from 'node:assert';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { writesTo } from '../../../replayer/timetravel/writes.ts';
import type { Subject } from './subject.ts';

export interface Asked {
  readonly address: number;
  readonly length: number;
  /** Index of the instruction before which it was written; all unless given. */
  readonly until: number | undefined;
  readonly keep: number;
}

/** @throws AssertionError where it is something else */
export async function checkWrites(subject: Subject, asked: Asked): Promise<void> {
  const { address, length, until, keep } = asked;
  const mark = until === undefined ? undefined : subject.marks.at(until);
  const { writes, total } = await writesTo(new TravelTarget(subject.trace), {
    ...{ address, length, keep, until: mark },
  });
  const expected = expectedWrites(subject, asked);
  const found = writes.map(({ by, mark: at, address: to, length: size, from, before, after }) => {
    const where = by === 'guest' ? at : at.event;
    return [by, where, to, size, from, hex(before), hex(after)];
  });
  deepStrictEqual({ total, found }, { total: expected.length, found: expected.slice(-keep) });
}

function expectedWrites({ marks, accesses, initial }: Subject, { address, length, until }: Asked) {
  const known = new Uint8Array(length);
  known.set(initial.subarray(address, address + length));
  const found: unknown[][] = [];
  for (const one of accesses) {
    if (until !== undefined && one.index >= until) break;
    const from = Math.max(one.address, address);
    const to = Math.min(one.address + one.length, address + length);
    if (one.did === 'read' || from >= to) continue;
    const before = hex(known.subarray(from - address, to - address));
    const after = one.bytes.subarray(from - one.address, to - one.address);
    known.set(after, from - address);
    const mark = marks.at(one.index) as Mark;
    const where = one.by === 'guest' ? mark : mark.event + 1;
    found.push([one.by, where, one.address, one.length, from, before, hex(after)]);
  }
  return found;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
