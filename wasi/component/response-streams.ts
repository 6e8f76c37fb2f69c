/** The streams and futures through which a server of WASI 0.3 gives the bodies and trailers of its responses. */
import { keyOf } from './channel-ends.ts';

export type ResponsePart = 'body' | 'trailers';

/** @typeParam Written what is written, as the guest had it when it began */
export class ResponseStreams<Response, Written> {
  /** Of a readable end the writable one, while the guest has both. */
  private readonly others = new Map<string, string>();
  /** What goes into a writable end. */
  private readonly filled = new Map<
    string,
    { readonly of: Response; readonly part: ResponsePart }
  >();
  private readonly writing = new Map<string, Written>();
  /** How many ends have still to be filled. */
  private readonly left = new Map<Response, number>();

  made(component: number, readable: number, writable: number): void {
    const end = keyOf(component, writable);
    this.others.set(keyOf(component, readable), end);
    this.filled.delete(end);
    this.writing.delete(end);
  }

  /** A readable end was given for a response. @returns false where the guest has not its other end */
  fills(component: number, readable: number, of: Response, part: ResponsePart): boolean {
    const key = keyOf(component, readable);
    const end = this.others.get(key);
    this.others.delete(key);
    if (end === undefined) return false;
    this.filled.set(end, { of, part });
    this.left.set(of, (this.left.get(of) ?? 0) + 1);
    return true;
  }

  partOf(component: number, writable: number): ResponsePart | undefined {
    return this.filled.get(keyOf(component, writable))?.part;
  }

  writes(component: number, writable: number, written: Written): void {
    this.writing.set(keyOf(component, writable), written);
  }

  /** @returns what was taken of it, of bytes as many as were; undefined for nothing */
  wrote(
    component: number,
    writable: number,
    count: number,
  ): { readonly of: Response; readonly written: Written } | undefined {
    const end = keyOf(component, writable);
    const written = this.writing.get(end);
    const of = this.filled.get(end)?.of;
    this.writing.delete(end);
    if (written === undefined || of === undefined || count === 0) return undefined;
    if (!(written instanceof Uint8Array)) return { of, written };
    return { of, written: written.subarray(0, count) as unknown as Written };
  }

  /** Nothing more comes through an end. @returns the response that it was for */
  ended(component: number, handle: number): Response | undefined {
    const end = keyOf(component, handle);
    this.others.delete(end);
    const of = this.filled.get(end)?.of;
    if (of === undefined) return undefined;
    this.filled.delete(end);
    this.writing.delete(end);
    const left = (this.left.get(of) ?? 1) - 1;
    if (left === 0) this.left.delete(of);
    else this.left.set(of, left);
    return of;
  }

  isFilling(of: Response): boolean {
    return this.left.has(of);
  }
}
