/**
 * The guests that stand somewhere in a run, in the order of their positions, within limits. The one that
 * is looked at now is among them, and never given up.
 */
import type { SessionGuest } from './guest.ts';
import type { SessionLimits } from './messages.ts';
import { type RunShape, worths } from './pool-plan.ts';

export class GuestPool {
  private readonly limits: SessionLimits;
  private guests: SessionGuest[] = [];
  /** The guest that is looked at. */
  current: SessionGuest | undefined;

  constructor(limits: SessionLimits) {
    this.limits = limits;
  }

  get positions(): number[] {
    return this.guests.map((guest) => guest.position);
  }

  get bytes(): number {
    return bytesOf(this.guests);
  }

  /** Bytes of the largest guest. */
  get largest(): number {
    return Math.max(0, ...this.guests.map((guest) => guest.bytes));
  }

  at(position: number): SessionGuest | undefined {
    return this.guests.find((guest) => guest.position === position);
  }

  /** The guest that has the shortest way to a position where none stands. */
  before(position: number): SessionGuest | undefined {
    return this.guests.findLast((guest) => guest.position < position);
  }

  /** Whether it is here and not the one that is looked at. */
  canSpare(guest: SessionGuest): boolean {
    return guest !== this.current && this.guests.includes(guest);
  }

  /** Takes a guest out, to run it. */
  take(guest: SessionGuest): void {
    this.guests = this.guests.filter((one) => one !== guest);
    if (guest === this.current) this.current = undefined;
  }

  /** Puts a guest where it stands. */
  put(guest: SessionGuest): void {
    const next = this.guests.findIndex((one) => one.position > guest.position);
    this.guests.splice(next < 0 ? this.guests.length : next, 0, guest);
  }

  /**
   * Makes room for one more guest at a place.
   * @returns one that can be sent there; `room` where a new one may be started; undefined where no guest
   *   is worth so little that it should go
   */
  makeRoom(
    run: RunShape,
    place: { readonly position: number; readonly worth: number },
  ): SessionGuest | 'room' | undefined {
    const spare = this.spare();
    const { poolGuests, poolBytes } = this.limits;
    if (spare.length < poolGuests && bytesOf(spare) + this.largest <= poolBytes) return 'room';
    const least = this.leastWorth(run);
    // twice as good, or guests would be moved about for ever
    if (least === undefined || place.worth < 2 * least.worth) return undefined;
    if (least.guest.position < place.position) return least.guest;
    this.giveUp(least.guest);
    return 'room';
  }

  /** Gives guests up until the limits hold again. */
  trim(run: RunShape): void {
    const { poolGuests, poolBytes } = this.limits;
    for (;;) {
      const spare = this.spare();
      if (spare.length <= poolGuests && bytesOf(spare) <= poolBytes) return;
      const least = this.leastWorth(run);
      if (least === undefined) return;
      this.giveUp(least.guest);
    }
  }

  private spare(): SessionGuest[] {
    return this.guests.filter((guest) => guest !== this.current);
  }

  private leastWorth(run: RunShape): { guest: SessionGuest; worth: number } | undefined {
    const values = worths(run, this.positions);
    let least: { guest: SessionGuest; worth: number } | undefined;
    for (const [i, guest] of this.guests.entries()) {
      const worth = values[i] as number;
      if (guest !== this.current && worth < (least?.worth ?? Number.POSITIVE_INFINITY)) {
        least = { guest, worth };
      }
    }
    return least;
  }

  private giveUp(guest: SessionGuest): void {
    this.take(guest);
    guest.dispose();
  }
}

function bytesOf(guests: readonly SessionGuest[]): number {
  return guests.reduce((sum, guest) => sum + guest.bytes, 0);
}
