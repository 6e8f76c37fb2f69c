/**
 * Brings guests to places of a run: from a parked one that stands before it, or from the beginning.
 * Keeps parked guests and copies of memory within their limits, and uses idle time to park guests where
 * the next look is likely. Knows nothing of threads.
 */
import { messageOf, WasiRrError } from '../../errors.ts';
import type { TraceReader } from '../../traces/reader.ts';
import type { Divergence } from '../divergence.ts';
import { CostMap } from './cost-map.ts';
import type { EventWatch, Memories, SessionGuest, ShouldPause } from './guest.ts';
import { GuestPool } from './guest-pool.ts';
import { type Image, Images } from './images.ts';
import { LaidTrail } from './laid-trail.ts';
import { type DiffLimits, diffMemories } from './memory-diff.ts';
import type { MemoryDiff, PoolState, SessionLimits } from './messages.ts';
import { bestPlace, candidatePlaces, type RunShape } from './pool-plan.ts';
import type { Look, Trail } from './trail.ts';

const NO_BYTES = new Uint8Array(0);

/** Work ahead of time that saves a seek less than this, in milliseconds on average, is not done. */
const WORTHWHILE_MS = 0.5;

/** Events within which a move back is a step rather than a jump. */
const NEAR = 64;
/** A way that takes less is gone again for the next step. */
const LONG_WAY_MS = 20;
/** A position before any guest. */
const BEGINNING = -2;

/** Why some or all positions of a trace cannot be looked at. */
export interface ReplayProblem {
  /** First event that cannot be looked at. */
  readonly event: number;
  readonly error: WasiRrError;
  readonly divergence: Divergence | undefined;
}

export interface SeekerEvents {
  /** A problem was found, or one that comes earlier than the one known. */
  problem(problem: ReplayProblem): void;
  /** The end was reached, and its memory compared with the recorded one's hash. */
  verified(verified: boolean): void;
}

/** Thrown when `shouldPause` stopped a seek; what was done so far is not lost. */
export class Paused extends Error {}

/** A run ahead of time. */
interface RunAhead {
  readonly guest: SessionGuest;
  readonly to: number;
  /** To be laid on the way. */
  readonly trail?: Trail;
  /** Where the guest stood when it was stopped: from another place it is of no use. */
  readonly at: number;
}

export class Seeker {
  private readonly trace: TraceReader;
  private readonly newGuest: () => SessionGuest;
  private readonly events: SeekerEvents;
  private readonly last: number;
  private readonly costs: CostMap;
  private readonly images: Images;
  private readonly pool: GuestPool;
  /** Position that was looked at last, at which no guest need stand. */
  private focus = -1;
  /** Whether the last moves were steps back, or steps after such. */
  private steppingBack = false;
  private readonly trail: LaidTrail;
  /** A run to where a guest may be wanted, or for a trail, which was stopped for something more urgent. */
  private ahead: RunAhead | undefined;
  private started = 0;
  private problem: ReplayProblem | undefined;
  private matches: boolean | undefined;

  /** @param newGuest makes one that stands before the beginning */
  constructor(
    trace: TraceReader,
    newGuest: () => SessionGuest,
    limits: SessionLimits,
    events: SeekerEvents,
  ) {
    this.trace = trace;
    this.newGuest = newGuest;
    this.events = events;
    this.last = trace.eventCount - 1;
    this.costs = new CostMap(trace.eventCount);
    this.pool = new GuestPool(limits);
    this.images = new Images(limits.imageBytes / 4);
    this.trail = new LaidTrail((limits.imageBytes * 3) / 4);
  }

  /** Whether the memory at the end is the recorded one's; undefined before the end was reached. */
  get verified(): boolean | undefined {
    return this.matches;
  }

  /** Whether {@link look} needs no replay. */
  has(at: number): boolean {
    return this.pool.at(at) !== undefined || this.images.has(at) || this.trail.has(at);
  }

  /**
   * What can be seen after event `at`: live, or a copy that was kept.
   * @throws WasiRrError DIVERGENCE and others where the trace does not replay so far; {@link Paused}
   */
  async look(at: number, shouldPause: ShouldPause): Promise<Image> {
    const kept = this.pool.at(at) === undefined ? this.remembered(at) : undefined;
    if (kept === undefined) return imageOf(await this.guestAt(at, shouldPause));
    this.focusOn(at);
    return kept;
  }

  /**
   * What differs in a memory between two events.
   * @throws as {@link look}
   */
  async diff(
    { from, to, memory }: { readonly from: number; readonly to: number; readonly memory: number },
    limits: DiffLimits,
    shouldPause: ShouldPause,
  ): Promise<MemoryDiff> {
    const known = this.trail.diff(from, to, memory, limits);
    if (known !== undefined) return known;
    // a copy: going on to the other event may take the same guest
    const before = (await this.look(from, shouldPause)).memories[memory]?.slice() ?? NO_BYTES;
    const after = (await this.look(to, shouldPause)).memories[memory] ?? NO_BYTES;
    return diffMemories(before, after, limits);
  }

  private focusOn(at: number): void {
    const by = at - this.focus;
    this.steppingBack = Math.abs(by) <= NEAR && (by < 0 || this.steppingBack);
    this.focus = at;
  }

  private remembered(at: number): Image | undefined {
    return this.images.get(at) ?? this.trail.at(at);
  }

  /**
   * A guest that stands after event `at`.
   * @throws as {@link look}
   */
  async guestAt(at: number, shouldPause: ShouldPause): Promise<SessionGuest> {
    const there = this.pool.at(at);
    if (there !== undefined) {
      this.pool.current = there;
      this.focusOn(at);
      return there;
    }
    if (this.problem !== undefined && at >= this.problem.event) throw this.problem.error;
    const guest = this.pool.before(at) ?? this.start();
    if (guest === this.pool.current) this.keepImage(guest);
    const trail = this.trailTo(at, guest);
    await this.run(guest, at, shouldPause, trail);
    if (trail?.has(at)) this.trail.replace(trail);
    if (guest.position < at) throw new Paused('paused');
    this.pool.current = guest;
    this.focusOn(at);
    this.pool.trim(this.shape());
    return guest;
  }

  /** A trail to lay on the way to `at`, if it looks as if the user steps back and it is a long way. */
  private trailTo(at: number, guest: SessionGuest): Trail | undefined {
    const steppingBack = at < this.focus && this.focus - at <= NEAR;
    if (!steppingBack || this.costs.between(guest.position, at) < LONG_WAY_MS) return undefined;
    const piece = this.trail.pieceTo(at, guest.position, this.pool.largest);
    return piece && this.trail.begin(piece, seen(guest), 'alone');
  }

  /**
   * Runs a guest that stands at `from` on to `to`, watched.
   * @throws as {@link look}
   */
  async watch(
    from: number,
    to: number,
    shouldPause: ShouldPause,
    watchFrom: (memories: Memories) => EventWatch,
  ): Promise<void> {
    const guest = await this.guestAt(from, shouldPause);
    this.keepImage(guest);
    await this.run(guest, to, shouldPause, watchFrom(guest.contents));
    if (guest.position < to) throw new Paused('paused');
    this.pool.trim(this.shape());
  }

  /**
   * Parks guests where the next look is likely, one after the other, until `shouldPause` says so or
   * nothing is worth the while. @returns whether there was anything to do
   */
  async readAhead(shouldPause: ShouldPause): Promise<boolean> {
    const { ahead } = this;
    this.ahead = undefined;
    if (
      ahead !== undefined &&
      ahead.at === ahead.guest.position &&
      this.pool.canSpare(ahead.guest)
    ) {
      await this.runAhead(ahead, shouldPause);
      return true;
    }
    // guests near the place serve the first steps back, and any jump; a trail all the steps after those
    if (this.steppingBack && (await this.layAhead(shouldPause))) return true;
    return (await this.parkAhead(shouldPause)) || this.layAhead(shouldPause);
  }

  private async parkAhead(shouldPause: ShouldPause): Promise<boolean> {
    const run = this.shape();
    const places = candidatePlaces(run, (ms) => this.costs.positionAt(ms));
    const place = bestPlace(run, this.pool.positions, places);
    if (place === undefined || place.worth < WORTHWHILE_MS) return false;
    const found = this.pool.makeRoom(run, place);
    if (found === undefined) return false;
    const guest = found === 'room' ? this.start() : found;
    await this.runAhead({ guest, to: place.position }, shouldPause);
    return true;
  }

  /** Lays the next piece of trail, for steps back that may come. */
  private async layAhead(shouldPause: ShouldPause): Promise<boolean> {
    const { focus } = this;
    if (this.costs.between(BEGINNING, focus) < LONG_WAY_MS) return false;
    const piece = this.trail.pieceAhead(focus, this.pool.largest);
    if (piece === undefined) return false;
    const guest = this.pool.before(piece.from) ?? this.start();
    const trail = this.trail.begin(piece, seen(guest), 'beside');
    await this.runAhead({ guest, to: piece.to, trail }, shouldPause);
    return true;
  }

  private async runAhead(ahead: Omit<RunAhead, 'at'>, shouldPause: ShouldPause): Promise<void> {
    const { guest, to, trail } = ahead;
    await this.run(guest, to, shouldPause, trail);
    if (guest.position < to) this.ahead = { ...ahead, at: guest.position };
    else if (trail !== undefined) this.trail.add(trail, to, this.focus);
    this.pool.trim(this.shape());
  }

  state(): PoolState {
    return {
      guests: this.pool.positions,
      guestBytes: this.pool.bytes,
      images: this.images.positions,
      imageBytes: this.images.bytes + this.trail.bytes,
      trail: this.trail.range,
      started: this.started,
    };
  }

  private start(): SessionGuest {
    this.started++;
    return this.newGuest();
  }

  /** Runs a guest and puts it back in its place, or away where it has come off the recorded run. */
  private async run(
    guest: SessionGuest,
    to: number,
    shouldPause: ShouldPause,
    watch?: EventWatch,
  ): Promise<void> {
    const { costs } = this;
    this.pool.take(guest);
    costs.begin(guest.position);
    const paused: ShouldPause = (position) => {
      costs.reach(position);
      return shouldPause(position);
    };
    await guest.advance(to, paused, watch);
    costs.reach(guest.position);
    const lost = guest.end?.kind === 'replayed' && guest.position < to;
    if (!guest.usable || lost) {
      const problem = this.problemOf(guest);
      // the memory may differ at the end of a run that matched at every event
      if (problem.event <= this.last) {
        guest.dispose();
        throw problem.error;
      }
    }
    if (guest.end?.kind === 'replayed' && guest.end.toItsEnd) {
      this.compared(guest.end.note === undefined);
    }
    this.pool.put(guest);
  }

  private compared(comparable: boolean): void {
    const { meta, complete } = this.trace;
    if (!complete || !comparable || meta.finalMemory === undefined) return;
    if (this.matches === undefined) this.events.verified(true);
    this.matches = true;
  }

  private problemOf(guest: SessionGuest): ReplayProblem {
    const { end, failure } = guest;
    let problem: ReplayProblem;
    if (end?.kind === 'diverged') {
      const { divergence } = end;
      const { event } = divergence;
      const error = new WasiRrError(
        'DIVERGENCE',
        `the trace does not replay beyond event ${event - 1}: at event ${event} the guest did something else than when it was recorded.`,
        { event },
      );
      if (divergence.mismatch.what === 'final-memory') {
        this.matches = false;
        this.events.verified(false);
      }
      problem = { event, error, divergence };
    } else {
      const known = failure instanceof WasiRrError ? failure : undefined;
      const event = Math.max(known?.event ?? guest.position + 1, -1);
      const what = end?.kind === 'replayed' ? end.note : `the replay failed: ${messageOf(failure)}`;
      const error =
        known ?? new WasiRrError('REPLAY_FAILED', `${what}.`, { event, cause: failure });
      problem = { event, error, divergence: undefined };
    }
    if (this.problem === undefined || problem.event < this.problem.event) {
      this.problem = problem;
      this.events.problem(problem);
    }
    return problem;
  }

  /** What was seen where a guest leaves, so that going back there is free. */
  private keepImage(guest: SessionGuest): void {
    if (guest.position >= 0 && !this.images.has(guest.position)) {
      if (this.images.accepts(guest.bytes)) this.images.add(imageOf(guest));
    }
  }

  private shape(): RunShape {
    // what lies on the trail is there without a run
    const current = this.trail.has(this.focus) ? (this.trail.range?.from ?? 0) : this.focus;
    const last = this.problem ? Math.min(this.problem.event - 1, this.last) : this.last;
    return { current, last, cost: (from, to) => this.costs.between(from, to) };
  }
}

/** What a trail is to remember besides the memories. */
function seen(guest: SessionGuest): Look {
  return () => ({ stack: guest.stack, globals: guest.globals });
}

/** With views of the guest's memories. */
function imageOf(guest: SessionGuest): Image {
  return {
    position: guest.position,
    memories: guest.contents,
    stack: guest.stack,
    globals: guest.globals,
  };
}
