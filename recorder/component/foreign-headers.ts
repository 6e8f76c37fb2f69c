/**
 * Which headers a guest has from its host, and need not have looked at: those of what it was sent, and copies of them.
 * Changes classes of the shims: this is for a thread that runs one component.
 */

type Headers = object;

/** A class of a shim. */
interface ShimClass {
  readonly prototype: Record<string, ((this: object, ...args: never[]) => unknown) | undefined>;
}

export class ForeignHeaders {
  private readonly known = new WeakSet<Headers>();

  has(headers: Headers): boolean {
    return this.known.has(headers);
  }

  /** @param isGuests whether the guest made what has the headers */
  ofMessages(
    classes: readonly ShimClass[],
    method: string,
    isGuests: (message: object) => boolean = () => false,
  ): void {
    const { known } = this;
    for (const { prototype } of classes) {
      const get = prototype[method];
      if (get === undefined) continue;
      prototype[method] = function () {
        const headers = get.call(this) as Headers;
        if (!isGuests(this)) known.add(headers);
        return headers;
      };
    }
  }

  ofCopies({ prototype }: ShimClass): void {
    const { known } = this;
    const { clone } = prototype;
    if (clone === undefined) return;
    prototype.clone = function () {
      const copy = clone.call(this) as Headers;
      if (known.has(this)) known.add(copy);
      return copy;
    };
  }
}

/** As a trace keeps them. */
export function headerLines(entries: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap(([name, value]) => [Buffer.from(`${name}: `, 'latin1'), value, CRLF]),
  );
}

const CRLF = Buffer.from('\r\n');
