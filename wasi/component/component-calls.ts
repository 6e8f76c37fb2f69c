/**
 * Follows the log of a component and says what its calls are for people: functions of interfaces, with
 * arguments and results as text. All events have to pass, in order: what a handle stands for comes from
 * the calls before, and what a call returned lies in memory that was written since it began.
 */
import type { CoreNumber } from '../../wasm/component/flat-values.ts';
import { Lifter } from '../../wasm/component/lifter.ts';
import { type Piece, PieceMemory, WrittenMemory } from '../../wasm/component/pieces.ts';
import type { WitFunction } from '../../wasm/component/types.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import type { CoreMeanings, Meaning } from './core-meanings.ts';
import { handlesIn, ResourceLabels } from './resource-labels.ts';
import { formatWitValue, type ValueTextOptions } from './value-text.ts';

/** An event of a log, as far as it matters here (traces/events.ts). */
export interface Crossing {
  readonly kind: string;
  readonly number: number;
  readonly func?: { readonly id: number; readonly instance?: number; readonly name: string };
  readonly args?: readonly CoreNumber[];
  readonly results?: readonly CoreNumber[];
  readonly opened?: number;
  readonly hostReads?: {
    readonly places: readonly {
      readonly form: string;
      readonly address?: number;
      readonly length?: number;
    }[];
    readonly kept: Uint8Array;
  };
  readonly changes?: readonly {
    readonly kind: string;
    readonly memory?: number;
    readonly address?: number;
    readonly bytes?: Uint8Array;
  }[];
}

export interface DescribedCall {
  readonly number: number;
  /** With its version. */
  readonly interface: string;
  /** `descriptor.open-at`. */
  readonly name: string;
  readonly args: readonly { readonly name: string; readonly text: string }[];
  /** Undefined before it has returned, and for a function without a result. */
  readonly result: string | undefined;
  /** `success`, or the case of the error; undefined before it has returned. */
  readonly errno: string | undefined;
  /** What it is about. Not escaped. */
  readonly path: string | undefined;
  /** Bytes in lists that were passed or returned. */
  readonly bytes: number | undefined;
}

/** What an event is. */
export type Followed =
  | { readonly kind: 'call' | 'begun' | 'ended'; readonly call: DescribedCall }
  /** The host has answered a call with an exception. */
  | { readonly kind: 'failed'; readonly call: DescribedCall }
  | {
      readonly kind: 'entered';
      readonly name: string;
      readonly interface: string;
      readonly args: readonly string[];
    }
  | { readonly kind: 'left'; readonly result: string | undefined }
  /** What was entered ended otherwise. */
  | { readonly kind: 'unwound' }
  /** Of the component runtime's making, and of no interest to most. */
  | { readonly kind: 'core' };

/** Sees the handles that a guest gets and gives away. */
export interface HandleWatch {
  /** @param by number of the call, or entry, that gave it */
  opened(handle: OpenedHandle, by: number, event: number): void;
  closed(resource: number, handle: number, event: number): void;
}

export interface OpenedHandle {
  /** Index of the resource in the component's words. */
  readonly resource: number;
  readonly handle: number;
  /** Name of the resource: `descriptor`. */
  readonly name: string;
  /** With what it stands for: `descriptor#3 "/data/in.txt"`. Safe to print. */
  readonly text: string;
  /** Not escaped. */
  readonly path: string | undefined;
}

/** Bytes that are kept of what is written while a call is open. */
const MAX_OPEN = 4 << 20;

interface OpenCall {
  readonly meaning: Meaning;
  readonly core: readonly CoreNumber[];
  readonly args: readonly WitValue[];
  readonly call: DescribedCall;
  readonly pieces: Piece[];
  size: number;
}

const CORE: Followed = { kind: 'core' };

export class ComponentCalls {
  private readonly meanings: CoreMeanings;
  private readonly lifter: Lifter;
  private readonly labels = new ResourceLabels();
  private readonly text: ValueTextOptions;
  private readonly watch: HandleWatch | undefined;
  private readonly open = new Map<number, OpenCall>();
  private readonly entered = new Map<number, WitFunction | undefined>();

  constructor(
    meanings: CoreMeanings,
    limits: Pick<ValueTextOptions, 'maxText' | 'maxItems'>,
    watch?: HandleWatch,
  ) {
    this.meanings = meanings;
    this.watch = watch;
    this.lifter = new Lifter(meanings.words);
    this.text = {
      ...limits,
      // handles of several tables cannot be told apart
      label: (...handle) => (meanings.ofOneMemory ? this.labels.text(...handle) : undefined),
      resourceName: (resource) => meanings.words.resources[resource]?.name ?? '',
    };
  }

  /** Whether an event can matter to a call before it: one that has no answer yet. */
  get isFollowing(): boolean {
    return this.open.size > 0;
  }

  /** Changes with what handles stand for. */
  get version(): number {
    return this.labels.version;
  }

  follow(event: Crossing): Followed {
    if (event.changes !== undefined) {
      for (const call of this.open.values()) keep(call, event);
    }
    switch (event.kind) {
      case 'call':
      case 'open':
        return this.call(event);
      case 'return':
      case 'throw':
        return this.answer(event);
      case 'enter':
        return this.enter(event);
      case 'leave':
      case 'unwind':
        return this.leave(event);
      default:
        return CORE;
    }
  }

  private call(event: Crossing): Followed {
    const { number, func, args: core = [] } = event;
    const meaning = func && this.meanings.imported(func.id);
    if (meaning === undefined) return CORE;
    const memory = new PieceMemory(piecesRead(event));
    const args = this.lifter.params(meaning.func, core, memory, meaning.encoding);
    const { params, interface: of, name } = meaning.func;
    const call: DescribedCall = {
      number,
      interface: of,
      name,
      args: args.map((value, i) => ({ name: params[i]?.name ?? '', text: this.format(value) })),
      result: undefined,
      errno: undefined,
      path: this.meanings.ofOneMemory ? this.labels.pathOf(meaning.func, args) : undefined,
      bytes: bytesIn(args),
    };
    const opened: OpenCall = { meaning, core, args, call, pieces: [], size: 0 };
    if (event.kind === 'open') {
      this.open.set(number, opened);
      return { kind: 'begun', call };
    }
    keep(opened, event);
    return { kind: 'call', call: this.answered(opened, event) };
  }

  private answer(event: Crossing): Followed {
    const opened = this.open.get(event.opened ?? -1);
    if (opened === undefined) return CORE;
    this.open.delete(opened.call.number);
    if (event.kind === 'throw') return { kind: 'failed', call: opened.call };
    return { kind: 'ended', call: this.answered(opened, event) };
  }

  private answered(opened: OpenCall, { number, results = [] }: Crossing): DescribedCall {
    const { meaning, core, args, call, pieces } = opened;
    const { func, encoding } = meaning;
    const value = this.lifter.result(func, core, results, new WrittenMemory(pieces), encoding);
    this.labels.apply(func, args, value);
    if (this.watch !== undefined) {
      for (const { own, resource, handle } of args.flatMap(handlesIn)) {
        if (own) this.watch.closed(resource, handle, number);
      }
      if (value !== undefined) this.got(value, call.number, number);
    }
    return {
      ...call,
      result: value && this.format(value),
      errno: errorOf(value) ?? 'success',
      bytes: bytesIn([...args, ...(value === undefined ? [] : [value])]),
    };
  }

  private enter({ number, func, args = [] }: Crossing): Followed {
    const meant = func && this.meanings.exported(func.instance ?? 0, func.name);
    this.entered.set(number, meant);
    if (meant === undefined) return CORE;
    const values = this.lifter.params(meant, args, new PieceMemory([]), 'utf8');
    for (const value of values) this.got(value, number, number);
    const { name, interface: of } = meant;
    return { kind: 'entered', name, interface: of, args: values.map((one) => this.format(one)) };
  }

  private leave({ kind, opened = -1, results = [] }: Crossing): Followed {
    const isEntry = this.entered.has(opened);
    const func = this.entered.get(opened);
    this.entered.delete(opened);
    // what is no entry is the making of an instance, whose start function trapped
    if (kind === 'unwind') return isEntry && func === undefined ? CORE : { kind: 'unwound' };
    if (func === undefined) return CORE;
    const value = this.lifter.returned(func, results);
    return { kind: 'left', result: value && this.format(value) };
  }

  /** The guest is given a value. */
  private got(value: WitValue, by: number, event: number): void {
    const { watch, labels } = this;
    if (watch === undefined) return;
    for (const one of handlesIn(value)) {
      if (!one.own) continue;
      const { resource, handle } = one;
      const label = labels.get(resource, handle);
      const path = label?.kind === 'path' ? label.path : undefined;
      const name = this.text.resourceName(resource);
      watch.opened({ resource, handle, name, path, text: this.format(one) }, by, event);
    }
  }

  private format(value: WitValue): string {
    return formatWitValue(value, this.text);
  }
}

/** What the host read of memory when it was called. */
function piecesRead({ hostReads }: Crossing): Piece[] {
  if (hostReads === undefined) return [];
  const pieces: Piece[] = [];
  let at = 0;
  for (const { address = 0, length = 0 } of hostReads.places) {
    pieces.push({ address, bytes: hostReads.kept.subarray(at, at + length) });
    at += length;
  }
  return pieces;
}

/** What the host wrote before an event may be part of what a call returns. Its bytes may be gone then. */
function keep(opened: OpenCall, { changes = [] }: Crossing): void {
  for (const { memory, address, bytes } of changes) {
    if (bytes === undefined || address === undefined || memory !== opened.meaning.memory) continue;
    opened.size += bytes.length;
    if (opened.size <= MAX_OPEN) opened.pieces.push({ address, bytes: bytes.slice() });
  }
}

/** The case of an error, `error` where it has none; undefined for what is none. */
function errorOf(value: WitValue | undefined): string | undefined {
  if (value?.kind !== 'case' || value.name !== 'err') return undefined;
  return value.value?.kind === 'case' ? value.value.name : 'error';
}

function bytesIn(values: readonly WitValue[]): number | undefined {
  let bytes: number | undefined;
  for (const value of values) {
    const inner =
      value.kind === 'bytes'
        ? value.length
        : value.kind === 'case' && value.value !== undefined
          ? bytesIn([value.value])
          : undefined;
    if (inner !== undefined) bytes = (bytes ?? 0) + inner;
  }
  return bytes;
}
