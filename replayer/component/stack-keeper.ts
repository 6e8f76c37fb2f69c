/**
 * Guests that suspend have a stack each, of which one runs. Who counts something by stack is told which.
 * A stack is known by the number of the event with which it began: that of its outermost entry.
 */
export interface StackKeeper {
  /**
   * From here on this stack runs, or is looked at.
   * @param stack undefined: none
   * @param resumes its guest was parked, and goes on now
   */
  switched(stack: number | undefined, resumes: boolean): void;
  /** Nothing of it is left, and it does not run. */
  ended(stack: number): void;
  /** A guest is entered on a stack that is in use. @returns what is to be done where it does not return */
  nested(): () => void;
}
