/**
 * What a page of memory became, in words of 32 bits: runs of changed words, each behind a word with how many
 * unchanged ones are skipped (high half) and how many follow (low half); or, as long as the page, all of it. Hot
 * path of the pass that makes keyframes: plain loops, no object a page.
 */

export const PAGE_BYTES = 4096;
export const PAGE_WORDS = PAGE_BYTES / 4;

/** A patch of more words is stored as the whole page: it is read at once, and ends the search for older ones. */
const MOST_WORDS = (PAGE_WORDS * 3) / 4;
/** Unchanged words that cost no more than a run of their own. */
const JOIN = 2;

/**
 * @param before @param after memories; the page begins at word `at` of both
 * @param to where in `out` the patch goes, which has room for a page
 * @returns words of the patch; 0 where nothing changed
 */
export function makePatch(
  before: Int32Array,
  after: Int32Array,
  at: number,
  out: Int32Array,
  to: number,
): number {
  const end = at + PAGE_WORDS;
  let length = 0;
  let position = at;
  for (let i = at; i < end; ) {
    if (before[i] === after[i]) {
      i++;
      continue;
    }
    const from = i;
    let last = i;
    while (++i < end && i - last <= JOIN + 1) if (before[i] !== after[i]) last = i;
    i = last + 1;
    const count = i - from;
    if (length + 1 + count > MOST_WORDS) return copyPage(after, at, out, to);
    out[to + length++] = ((from - position) << 16) | count;
    for (let j = from; j < i; j++) out[to + length++] = after[j] as number;
    position = i;
  }
  return length;
}

/** The whole page as its patch. @returns its words */
export function copyPage(from: Int32Array, at: number, out: Int32Array, to: number): number {
  out.set(from.subarray(at, at + PAGE_WORDS), to);
  return PAGE_WORDS;
}

/**
 * @param page begins at word `at` of `into`
 * @returns whether it was a patch
 */
export function applyPatch(
  patches: Int32Array,
  from: number,
  words: number,
  into: Int32Array,
  at: number,
): boolean {
  const end = from + words;
  if (end > patches.length) return false;
  if (words === PAGE_WORDS) {
    into.set(patches.subarray(from, end), at);
    return true;
  }
  let position = 0;
  for (let i = from; i < end; ) {
    const run = patches[i++] as number;
    const count = run & 0xffff;
    position += run >>> 16;
    if (position + count > PAGE_WORDS || i + count > end) return false;
    for (let left = count; left > 0; left--) into[at + position++] = patches[i++] as number;
  }
  return true;
}
