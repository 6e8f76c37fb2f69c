/**
 * The core instances of a component and how they are linked: what a replay needs besides the log to put
 * them together again. A preview 1 trace has none of these rows; its one instance is implied.
 */
import type { CoreValue, LoggedType } from './events.ts';

/** Where an import of a core instance comes from. */
export type Link = { readonly module: string; readonly name: string } & (
  | { readonly kind: 'instance'; readonly instance: number; readonly export: string }
  /** The host answers it: an id of the function dictionary. */
  | { readonly kind: 'host'; readonly func: number; readonly suspending: boolean }
  /** A global that belongs to the host, numbered in the order of first import, and its value then. */
  | {
      readonly kind: 'global';
      readonly global: number;
      readonly type: LoggedType;
      readonly mutable: boolean;
      /** Decimal text, since JSON has no 64-bit integers. */
      readonly value: string;
    }
);

export interface CoreInstance {
  readonly id: number;
  /** Id in the table `modules`. */
  readonly module: number;
  readonly links: readonly Link[];
}

const TYPES: ReadonlySet<unknown> = new Set(['i32', 'i64', 'f32', 'f64']);

/** The value of a `global` link as WebAssembly takes it. */
export function globalValue(type: LoggedType, text: string): CoreValue {
  return type === 'i64' ? BigInt(text) : Number(text);
}

/** Reads a row's links; undefined for anything that is none. */
export function parseLinks(text: unknown): Link[] | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every(isLink) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLink(value: unknown): value is Link {
  if (typeof value !== 'object' || value === null) return false;
  const link = value as Record<string, unknown>;
  if (typeof link.module !== 'string' || typeof link.name !== 'string') return false;
  switch (link.kind) {
    case 'instance':
      return isIndex(link.instance) && typeof link.export === 'string';
    case 'host':
      return isIndex(link.func) && typeof link.suspending === 'boolean';
    case 'global':
      return (
        isIndex(link.global) &&
        TYPES.has(link.type) &&
        typeof link.mutable === 'boolean' &&
        typeof link.value === 'string' &&
        (link.type === 'i64' ? /^-?\d{1,20}$/ : /^(-?[\d.e+-]{1,32}|NaN|-?Infinity)$/).test(
          link.value,
        )
      );
    default:
      return false;
  }
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
