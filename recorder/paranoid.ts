/**
 * `--paranoid`: compares the whole memory around every host call and finds writes that the rules do not
 * know. Two passes over the memory a call: for tests and for proving a host, not for daily use.
 */
export class ParanoidWatch {
  private shadow = new Uint8Array(0);

  /** Right before the host is asked. */
  before(memory: Uint8Array): void {
    if (this.shadow.length !== memory.length) this.shadow = new Uint8Array(memory.length);
    this.shadow.set(memory);
  }

  /**
   * Before the call is logged; tells the first address that changed and was not expected to.
   * @param expected where the log says that the host wrote
   */
  after(
    memory: Uint8Array,
    expected: readonly (readonly [address: number, length: number])[],
  ): string | undefined {
    const { shadow } = this;
    for (const [address, length] of expected) {
      // nothing, where the guest passed an address beyond its memory
      if (length > 0) shadow.set(memory.subarray(address, address + length), address);
    }
    if (Buffer.compare(shadow, memory) === 0) return undefined;
    const at = memory.findIndex((byte, i) => byte !== shadow[i]);
    const changed = memory.reduce((count, byte, i) => count + (byte === shadow[i] ? 0 : 1), 0);
    return `${changed} bytes from address 0x${at.toString(16)} changed`;
  }
}
