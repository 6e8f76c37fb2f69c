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
import type { Access, Subject } from './subject.ts';

/** Something that points wait for. */
export interface Hit {
  /** Of the instruction that does it. */
  readonly index: number;
  /** Before the instruction (a breakpoint, a call), or by it. */
  readonly isAccess: boolean;
  /** Of what one instruction does, what comes first: of a call, what it reads; of a store, that. */
  readonly order: number;
  readonly reason: Reason;
}

/** What a motion is expected to come to. */
export interface Expected {
  readonly index: number;
  readonly reason: Reason;
  readonly rule: number | undefined;
  readonly hits: readonly PointHits[];
}

/** @returns whether a hit is one that a rule's condition lets through */
export type Tests = (rule: PointRule, hit: Hit) => boolean;

/** All hits of the points in the order of the run. */
export function hitsOf(subject: Subject, { breaks, calls, watches }: Points): readonly Hit[] {
  const { marks } = subject;
  const found: Hit[] = [];
  if (breaks.length > 0) {
    const pcs = new Set(breaks);
    for (const [index, { pc }] of marks.entries()) {
      if (pcs.has(pc))
        found.push({ index, isAccess: false, order: 0, reason: { kind: 'break', pc } });
    }
  }
  for (const { index, name } of subject.calls) {
    if (calls.includes(name) || calls.includes('*')) {
      found.push({ index, isAccess: false, order: 1, reason: { kind: 'call', name } });
    }
  }
  for (const watch of watches) found.push(...accessesOf(subject, watch));
  return found.sort((a, b) => a.index - b.index || a.order - b.order);
}

function accessesOf({ marks, accesses, initial }: Subject, watch: Watch): Hit[] {
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
    const mark = marks[index] as Mark;
    const hit = (did: 'read' | 'wrote', after: Uint8Array) => {
      const event = by === 'host' && did === 'wrote' ? { event: mark.event + 1 } : {};
      const reason = { kind: 'watch', watch, did, by, mark, before, after, ...event } as const;
      const first = by === 'host' ? 'read' : 'wrote';
      found.push({ index, isAccess: true, order: did === first ? 2 : 3, reason });
    };
    const told =
      writes && on !== 'read' && (on !== 'change' || Buffer.compare(before, bytes) !== 0);
    // what a call does, it does one after the other
    const apart = on === 'access' && by === 'host';
    if (reads && (on === 'read' || on === 'access') && (!told || apart)) hit('read', before);
    if (told) hit('wrote', bytes);
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
  const hits = hitsOf(subject, points);
  return reverse
    ? continuedBack(hits, from, points, tests)
    : stoppedOn(subject, hits, from, Number.POSITIVE_INFINITY, points, tests);
}

/** @param goal where the motion ends, if nothing stops it before */
function stoppedOn(
  { marks }: Subject,
  hits: readonly Hit[],
  from: number,
  goal: number,
  points: Points,
  tests: Tests,
): Expected {
  const counts = new Map((points.rules ?? []).map(({ number }) => [number, 0]));
  const told = () => [...counts].map(([number, count]) => ({ number, hits: count }));
  let stop: Omit<Expected, 'hits'> | undefined;
  let last = goal;
  for (const hit of hits) {
    const { index, isAccess, reason } = hit;
    if (index < from || (index === from && !isAccess)) continue;
    const where = isAccess ? index + 1 : index;
    // that a call of the host comes next is not told of where a step ends
    if (reason.kind === 'call' && where === goal) continue;
    // what the same instruction does besides is met, too
    if (where > last || (stop && !(isAccess && where === last))) break;
    const { counted, rule } = count(hit, points, tests, counts);
    if (counted && stop === undefined) {
      stop = { index: where, reason, rule };
      last = where;
    }
  }
  const end = marks.length - 1;
  if (stop !== undefined && stop.index <= end) return { ...stop, hits: told() };
  if (goal <= end) return { index: goal, reason: { kind: 'moved' }, rule: undefined, hits: told() };
  return { index: end, reason: { kind: 'end' }, rule: undefined, hits: told() };
}

/** Counts a hit for each rule that it is one of. @returns whether it stops, and by which rule */
function count(
  hit: Hit,
  points: Points,
  tests: Tests,
  counts: Map<number, number>,
): { readonly counted: boolean; readonly rule: number | undefined } {
  let counted = points.rules === undefined;
  let rule: number | undefined;
  for (const one of points.rules ?? []) {
    if (!isOn(one, points, hit.reason) || !tests(one, hit)) continue;
    const hits = (counts.get(one.number) ?? 0) + 1;
    counts.set(one.number, hits);
    if (hits <= (one.skip ?? 0) || counted) continue;
    counted = true;
    rule = one.number;
  }
  return { counted, rule };
}

function continuedBack(hits: readonly Hit[], from: number, points: Points, tests: Tests): Expected {
  const rules = points.rules ?? [];
  const counts = new Map(rules.map(({ number }) => [number, 0]));
  let stop: Omit<Expected, 'hits'> | undefined;
  for (let i = hits.length - 1; i >= 0 && stop === undefined; i--) {
    const hit = hits[i] as Hit;
    const { index, reason } = hit;
    if (index >= from) continue;
    const { counted, rule } = count(hit, points, tests, counts);
    if (counted) stop = { index, reason, rule };
  }
  const told = [...counts].map(([number, count]) => ({ number, hits: count }));
  return { ...(stop ?? { index: 0, reason: { kind: 'start' }, rule: undefined }), hits: told };
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
    const index = goal ?? 0;
    const kind = goal === undefined ? 'start' : 'moved';
    return { index, reason: { kind }, rule: undefined, hits: [] };
  }
  const end = goal ?? Number.POSITIVE_INFINITY;
  return stoppedOn(subject, hitsOf(subject, points), from, end, points, tests);
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
export function calledAt({ marks }: Subject, from: number, level: number): number | undefined {
  const depth = (marks[from]?.depth ?? 0) - level - 1;
  if (depth < 1) return undefined;
  for (let i = from - 1; i >= 0; i--) if ((marks[i]?.depth ?? 0) <= depth) return i;
  return undefined;
}
