import type { TypeRef } from './types.ts';

/** Values of a component's functions, as they were read out of core values and memory. */
export type WitValue =
  /** A number or a truth value, in WAVE text. */
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'char'; readonly text: string }
  /** `cut` where the trace holds but its beginning. */
  | { readonly kind: 'string'; readonly text: string; readonly cut: boolean }
  /** A list of u8: as many of its `length` bytes as the trace holds. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly length: number }
  /** `items` may be but the first of them. */
  | { readonly kind: 'list'; readonly items: readonly WitValue[]; readonly length: number }
  | { readonly kind: 'tuple'; readonly items: readonly WitValue[] }
  | {
      readonly kind: 'record';
      readonly fields: readonly { readonly name: string; readonly value: WitValue }[];
    }
  | { readonly kind: 'flags'; readonly names: readonly string[] }
  /** A case of a variant, an enum, an option or a result. A variant's or enum's own `none` is `%none`, as in WAVE. */
  | { readonly kind: 'case'; readonly name: string; readonly value: WitValue | undefined }
  | {
      readonly kind: 'handle';
      /** Index into the resources of the types. */
      readonly resource: number;
      readonly own: boolean;
      /** Its number in the guest's table. */
      readonly handle: number;
    }
  /** An end of a stream or of a future. */
  | {
      readonly kind: 'channel';
      readonly channel: 'stream' | 'future';
      /** What it carries. */
      readonly of: TypeRef | null;
      /** Its number in the guest's table. */
      readonly handle: number;
    }
  /** The trace does not hold it, or what it holds is no value of the type. */
  | { readonly kind: 'unreadable' };

export const UNREADABLE: WitValue = { kind: 'unreadable' };
