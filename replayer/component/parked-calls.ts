/** Calls that the host answered with a promise, and the waiting for a guest that has parked its stack. */

interface Parked {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export class ParkedCalls {
  private readonly calls = new Map<number, Parked>();
  private wake: (() => void) | undefined;

  /** @returns what parks the guest until the call of this number is taken and settled */
  park(call: number): Promise<unknown> {
    const parked = new Promise((resolve, reject) => {
      this.calls.set(call, { resolve, reject });
    });
    this.handBack();
    return parked;
  }

  /** @returns undefined for a call that is not parked */
  take(call: number): Parked | undefined {
    const parked = this.calls.get(call);
    this.calls.delete(call);
    return parked;
  }

  /** Settles once a guest that may suspend has suspended or ended. */
  handedBack(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  /** It has. */
  handBack(): void {
    const { wake } = this;
    this.wake = undefined;
    wake?.();
  }
}
