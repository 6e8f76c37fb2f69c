/**
 * The ends of streams and futures that a component holds, and where what passes through them comes from or goes
 * to: an end that came with a call is of what that call was about; one whose other end was given away is for
 * whom that went to. Numbers are used again once an end is given away or dropped.
 */
import type { WitValue } from '../../wasm/component/value.ts';
import { escapeText, quoteText } from '../escape.ts';
import { MAX_LOOKED_THROUGH, type ResourceLabel } from './resource-labels.ts';

export type ChannelEnd = Extract<WitValue, { kind: 'channel' }>;

export class ChannelEnds {
  private readonly labels = new Map<string, ResourceLabel>();
  /** Of an end the other one, while the same component holds both. */
  private readonly others = new Map<string, string>();
  /** Changes with any label. */
  version = 0;

  get(component: number, handle: number): ResourceLabel | undefined {
    return this.labels.get(keyOf(component, handle));
  }

  /** The label as it stands behind a handle. Safe to print. */
  text(component: number, handle: number): string | undefined {
    const label = this.get(component, handle);
    return label?.kind === 'path' ? quoteText(label.path) : label && `<${escapeText(label.name)}>`;
  }

  /** `stream.new`, `future.new`. */
  made(component: number, readable: number, writable: number): void {
    const [reads, writes] = [keyOf(component, readable), keyOf(component, writable)];
    this.set(reads, undefined);
    this.set(writes, undefined);
    this.others.set(reads, writes);
    this.others.set(writes, reads);
  }

  /** The component was given an end. */
  got(component: number, handle: number, label: ResourceLabel | undefined): void {
    const key = keyOf(component, handle);
    this.forget(key);
    this.set(key, label);
  }

  /** It gave one away. @param label of what it is for. @returns the other end, where the component has that */
  gave(component: number, handle: number, label: ResourceLabel | undefined): number | undefined {
    const key = keyOf(component, handle);
    const other = this.others.get(key);
    this.forget(key);
    if (other === undefined) return undefined;
    this.set(other, label);
    return Number(other.split(' ')[1]);
  }

  dropped(component: number, handle: number): void {
    this.forget(keyOf(component, handle));
  }

  /** Whichever component was given an end of this number, or gave one away. */
  moved(handle: number): void {
    const known = new Set([...this.labels.keys(), ...this.others.keys()]);
    const many = known.size > MAX_LOOKED_THROUGH;
    for (const key of known) if (many || key.endsWith(` ${handle}`)) this.forget(key);
  }

  private forget(key: string): void {
    const other = this.others.get(key);
    this.others.delete(key);
    if (other !== undefined) this.others.delete(other);
    this.set(key, undefined);
  }

  private set(key: string, label: ResourceLabel | undefined): void {
    if (label === undefined) {
      if (this.labels.delete(key)) this.version++;
      return;
    }
    this.labels.set(key, label);
    this.version++;
  }
}

/** All waitables of a component have numbers of one table. */
export function keyOf(component: number, handle: number): string {
  return `${component} ${handle}`;
}

/** All ends in a value. */
export function channelsIn(value: WitValue): ChannelEnd[] {
  switch (value.kind) {
    case 'channel':
      return [value];
    case 'list':
    case 'tuple':
      return value.items.flatMap(channelsIn);
    case 'record':
      return value.fields.flatMap(({ value: of }) => channelsIn(of));
    case 'case':
      return value.value === undefined ? [] : channelsIn(value.value);
    default:
      return [];
  }
}
