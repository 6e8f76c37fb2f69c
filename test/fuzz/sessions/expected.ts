/** Where motions end and what stops them, said once more over a list of all that happened (subject.ts). */
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import type {
  PointHits,
  PointRule,
  Points,
  Reason,
  StepSize,
  Watch,
} from '../../../replayer/timetravel/motions.ts';
import { StackSteps } from './stack-steps.ts';
import type { Access, Subject } from './subject.ts';

/** Instructions that are looked at at once, and how many times as many the next time: hits may be millions. */
const PART = 4096;
const GROWTH = 4;

/** Something that points wait for. */
export interface Hit {
  /** Of the instruction that does it. */
  readonly index: number;
  /** Before the instruction (a breakpoint, a call), or by it. */
  readonly isAccess: boolean;
  readonly reason: Reason;
}

/** One that counts, and for which rule. */
interface Counted {
  readonly reason: Reason;
  readonly rule: number | undefined;
}

/** What a motion is expected to come to. */
export interface Expected {
  readonly index: number;
  /** All that is met there. */
  readonly causes: readonly Counted[];
  readonly hits: readonly PointHits[];
}

/** @returns whether a hit is one that a rule's condition lets through */
export type Tests = (rule: PointRule, hit: Hit) => boolean;

/** Hits of the points: those of instructions from one on until before another one. */
export function hitsOf(
  subject: Subject,
  { breaks, calls, watches }: Points,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): readonly Hit[] {
  const { marks } = subject;
  const found: Hit[] = [];
  for (const index of marks.indicesOf(new Set(breaks), from, to)) {
    found.push({ index, isAccess: false, reason: { kind: 'break', pc: marks.pcAt(index) } });
  }
  for (const { index, name } of subject.calls) {
    if (index >= from && index < to && (calls.includes(name) || calls.includes('*'))) {
      found.push({ index, isAccess: false, reason: { kind: 'call', name } });
    }
  }
  for (const watch of watches) {
    for (const hit of accessesOf(subject, watch, from, to)) found.push(hit);
  }
  return found;
}

function accessesOf(
  { marks, accesses, initial }: Subject,
  watch: Watch,
  from: number,
  to: number,
): Hit[] {
  const { address, length, on } = watch;
  const found: Hit[] = [];
  let bytes = new Uint8Array(length);
  bytes.set(initial.subarray(address, address + length));
  const touches = (one: Access) =>
    one.address < address + length && one.address + one.length > address;
  for (let at = 0; at < accesses.length; ) {
    const { index, by } = accesses[at] as Access;
    let reads = false;
    let writes = false;
    const before = bytes;
    for (; accesses[at]?.index === index; at++) {
      const one = accesses[at] as Access;
      if (!touches(one)) continue;
      if (one.did === 'read') reads = true;
      else {
        writes = true;
        bytes = bytes.slice();
        for (const [i, value] of one.bytes.entries()) {
          const place = one.address + i - address;
          if (place >= 0 && place < length) bytes[place] = value;
        }
      }
    }
    if (index < from) continue;
    if (index >= to) break;
    const mark = marks.at(index) as Mark;
    const hit = (did: 'read' | 'wrote', after: Uint8Array) => {
      const event = by === 'host' && did === 'wrote' ? { event: mark.event + 1 } : {};
      const reason = { kind: 'watch', watch, did, by, mark, before, after, ...event } as const;
      found.push({ index, isAccess: true, reason });
    };
    const told =
      writes && on !== 'read' && (on !== 'change' || Buffer.compare(before, bytes) !== 0);
    if (told) hit('wrote', bytes);
    else if (reads && (on === 'read' || on === 'access')) hit('read', before);
  }
  return found;
}

export function continued(
  subject: Subject,
  from: number,
  reverse: boolean,
  points: Points,
  tests: Tests,
): Expected {
  return reverse
    ? continuedBack(subject, from, points, tests)
    : stoppedOn(subject, from, Number.POSITIVE_INFINITY, points, tests);
}

/** @param goal where the motion ends, if nothing stops it before */
function stoppedOn(
  subject: Subject,
  from: number,
  goal: number,
  points: Points,
  tests: Tests,
): Expected {
  const end = subject.marks.length - 1;
  const counter = new Counter(points, tests);
  // what the last call read has no instruction behind it
  const placeOf = ({ index, isAccess }: Hit) => Math.min(end, isAccess ? index + 1 : index);
  for (let [at, size] = [from, PART]; at <= Math.min(goal, end); at += size, size *= GROWTH) {
    const hits = hitsOf(subject, points, at - 1, at + size).filter((hit) => {
      const { index, isAccess } = hit;
      const place = placeOf(hit);
      return index >= (isAccess ? from : from + 1) && place >= at && place < at + size;
    });
    for (const [index, there] of placesOf(hits, placeOf)) {
      if (index > goal) break;
      const causes = counter.meet(there);
      if (causes.length > 0) return { index, causes, hits: counter.hits };
    }
  }
  const kind = goal <= end ? 'moved' : 'end';
  const causes = [{ reason: { kind }, rule: undefined } as const];
  return { index: Math.min(goal, end), causes, hits: counter.hits };
}

/** Hits by where they are met, in the order of the run. */
function placesOf(hits: readonly Hit[], placeOf: (hit: Hit) => number) {
  const places = new Map<number, Hit[]>();
  for (const hit of hits) {
    const place = placeOf(hit);
    const there = places.get(place) ?? [];
    places.set(place, there);
    there.push(hit);
  }
  return [...places].sort(([a], [b]) => a - b);
}

/** Counts hits for each rule that they are one of. */
class Counter {
  private readonly points: Points;
  private readonly tests: Tests;
  private readonly counts: Map<number, number>;

  constructor(points: Points, tests: Tests) {
    this.points = points;
    this.tests = tests;
    this.counts = new Map((points.rules ?? []).map(({ number }) => [number, 0]));
  }

  get hits(): readonly PointHits[] {
    return [...this.counts].map(([number, hits]) => ({ number, hits }));
  }

  /** @returns those of a place that are to be told, by number */
  meet(hits: readonly Hit[]): readonly Counted[] {
    const { points, tests, counts } = this;
    if (points.rules === undefined) {
      const { watches } = points;
      const rank = ({ reason }: Hit) =>
        reason.kind === 'watch'
          ? 2 + watches.indexOf(reason.watch)
          : Number(reason.kind === 'call');
      const sorted = [...hits].sort((a, b) => rank(a) - rank(b));
      return sorted.map(({ reason }) => ({ reason, rule: undefined }));
    }
    const found: Counted[] = [];
    for (const rule of points.rules) {
      for (const hit of hits) {
        if (!isOn(rule, points, hit.reason) || !tests(rule, hit)) continue;
        const count = (counts.get(rule.number) ?? 0) + 1;
        counts.set(rule.number, count);
        if (count > (rule.skip ?? 0)) found.push({ reason: hit.reason, rule: rule.number });
      }
    }
    return found;
  }
}

function continuedBack(subject: Subject, from: number, points: Points, tests: Tests): Expected {
  const counter = new Counter(points, tests);
  for (let [to, size] = [from, PART]; to > 0; to -= size, size *= GROWTH) {
    const hits = hitsOf(subject, points, to - size, to);
    for (const [index, there] of placesOf(hits, (hit) => hit.index).reverse()) {
      const causes = counter.meet(there);
      if (causes.length > 0) return { index, causes, hits: counter.hits };
    }
  }
  const causes = [{ reason: { kind: 'start' }, rule: undefined } as const];
  return { index: 0, causes, hits: counter.hits };
}

export function stepped(
  subject: Subject,
  from: number,
  size: StepSize,
  reverse: boolean,
  points: Points,
  tests: Tests,
): Expected {
  const goal = subject.steps.step(from, size, reverse);
  // what stops a step back is not said: it is for who continues
  if (reverse) {
    const kind = goal === undefined ? 'start' : 'moved';
    return { index: goal ?? 0, causes: [{ reason: { kind }, rule: undefined }], hits: [] };
  }
  return stoppedOn(subject, from, goal ?? Number.POSITIVE_INFINITY, points, tests);
}

function isOn({ on }: PointRule, points: Points, reason: Reason): boolean {
  switch (on.kind) {
    case 'break':
      return reason.kind === 'break' && on.pcs.includes(reason.pc);
    case 'call':
      return reason.kind === 'call' && (on.name === '*' || on.name === reason.name);
    case 'watch':
      return reason.kind === 'watch' && reason.watch === points.watches[on.watch];
  }
}

/** Where the frame `level` above the innermost was called. */
export function calledAt(
  { marks, steps }: Subject,
  from: number,
  level: number,
): number | undefined {
  if (steps instanceof StackSteps) return steps.calledAt(from, level);
  const depth = marks.depthAt(from) - level - 1;
  if (depth < 1) return undefined;
  for (let i = from - 1; i >= 0; i--) if (marks.depthAt(i) <= depth) return i;
  return undefined;
}
