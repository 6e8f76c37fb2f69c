/**
 * The core instances of a component and how they are linked: what a replay needs besides the log to put
 * them together again. A preview 1 trace has none of these rows; its one instance is implied.
 */
import {
  ENCODINGS,
  isPrimitive,
  type StringEncoding,
  type TypeRef,
} from '../wasm/component/types.ts';
import type { CoreValue, LoggedType } from './events.ts';

/** Which function of an interface an import is, and how its values are passed. */
export interface LoweredLink {
  /** Index into the functions that the component's types list (`component` of the meta table). */
  readonly func: number;
  /** Number of the memory that pointers point into; absent where there are none. */
  readonly memory?: number;
  readonly encoding: StringEncoding;
  /** Whether the caller goes on before the function has returned. */
  readonly async?: boolean;
}

/** Which function of the component runtime an import is, and how its values are passed. */
export interface BuiltinLink {
  /** As the component model names it: `stream.write`. */
  readonly name: string;
  /** The type of what a stream or a future holds, or of what is returned. */
  readonly type: TypeRef | null;
  readonly memory?: number;
  readonly encoding: StringEncoding;
  /** Whether it gives back at once though it has to wait. */
  readonly async?: boolean;
  /** Number of what is kept for a task. */
  readonly slot?: number;
}

/** Where an import of a core instance comes from. */
export type Link = { readonly module: string; readonly name: string } & (
  | { readonly kind: 'instance'; readonly instance: number; readonly export: string }
  /** The host answers it: an id of the function dictionary. */
  | {
      readonly kind: 'host';
      readonly func: number;
      readonly suspending: boolean;
      /** Absent for what the component runtime does itself. */
      readonly lowered?: LoweredLink;
      /** Not in traces made before. */
      readonly builtin?: BuiltinLink;
    }
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
      return (
        isIndex(link.func) &&
        typeof link.suspending === 'boolean' &&
        (link.lowered === undefined || isLowered(link.lowered)) &&
        (link.builtin === undefined || isBuiltin(link.builtin))
      );
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

function isLowered(value: unknown): value is LoweredLink {
  if (typeof value !== 'object' || value === null) return false;
  const { func, ...passing } = value as Record<string, unknown>;
  return isIndex(func) && isPassing(passing);
}

function isBuiltin(value: unknown): value is BuiltinLink {
  if (typeof value !== 'object' || value === null) return false;
  const { name, type, slot, ...passing } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    (type === null || isPrimitive(type) || isIndex(type)) &&
    (slot === undefined || isIndex(slot)) &&
    isPassing(passing)
  );
}

function isPassing({ memory, encoding, async }: Record<string, unknown>): boolean {
  return (
    (memory === undefined || isIndex(memory)) &&
    (async === undefined || typeof async === 'boolean') &&
    ENCODINGS.some((one) => one === encoding)
  );
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
