/**
 * What one replay met on its way, so that going back from one hit to the one before takes no other. Knows no
 * replay.
 */
import { compareMarks, type Mark } from './mark.ts';
import type { PointHits, Points } from './motions.ts';
import type { Met } from './point-rules.ts';

/** What counts at a place, for each rule. */
type Hit = readonly Met[];

/** The last ones. */
const MOST = 4096;

export class PassedHits {
  private hits: Hit[] = [];
  private key: string | undefined;
  /** The replay ended there. */
  private to: Mark | undefined;
  private complete = true;

  /** Whether it can be remembered at all: hits that are passed over are counted from where one stands. */
  static knows({ rules = [] }: Points): boolean {
    return rules.every(({ skip = 0 }) => skip === 0);
  }

  /** A replay begins. */
  begin(): void {
    this.hits = [];
    this.to = undefined;
    this.complete = true;
  }

  /** Places come in their order; what is met there may come later. */
  add(hit: Hit): void {
    this.hits.push(hit);
    if (this.hits.length < 2 * MOST) return;
    this.hits = this.hits.slice(-MOST);
    this.complete = false;
  }

  /** The replay that began met these points up to there. */
  end(points: Points, to: Mark): void {
    this.key = JSON.stringify(points);
    this.to = to;
  }

  /**
   * What was met at the last place before a mark.
   * @returns met: empty where there is none; undefined where it is not known
   */
  before(
    points: Points,
    from: Mark,
  ): { readonly met: readonly Met[]; readonly hits: readonly PointHits[] } | undefined {
    if (this.to === undefined || compareMarks(from, this.to) > 0) return undefined;
    if (!PassedHits.knows(points) || JSON.stringify(points) !== this.key) return undefined;
    const found = this.hits.findLast(([first]) => first && compareMarks(first.mark, from) < 0);
    if (found === undefined && !this.complete) return undefined;
    const hits = (points.rules ?? []).map(({ number }) => ({
      number,
      hits: found?.filter(({ rule }) => rule === number).length ?? 0,
    }));
    return { met: found ?? [], hits };
  }
}
