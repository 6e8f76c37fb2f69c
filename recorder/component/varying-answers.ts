/**
 * Which questions get another answer each time: the time, random bytes, what a stream has next. What they answered
 * stands in the rows of the call index; as a shape of its own each took 4 µs.
 */

/** Different answers to a question after which more of them are expected. */
const FEW = 4;

/** Questions that are remembered. */
const MAX_QUESTIONS = 20_000;

export class VaryingAnswers {
  /** Different answers to each, as many as are few. */
  private readonly seen = new Map<string, string[]>();

  /**
   * Notes an answer, unless there were many.
   * @param question what was called, with its arguments
   * @returns whether it is one of many
   */
  varies(question: string, answer: string): boolean {
    const known = this.seen.get(question);
    if (known === undefined) {
      if (this.seen.size === MAX_QUESTIONS) this.seen.clear();
      this.seen.set(question, [answer]);
      return false;
    }
    if (known.includes(answer)) return false;
    if (known.length === FEW) return true;
    known.push(answer);
    return false;
  }
}
