/** The handles that guests of a component get and give away, what each stands for, and how values with them are spelt. */
import { typeName } from '../../wasm/component/type-name.ts';
import type { TypeRef } from '../../wasm/component/types.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import { type ChannelEnd, ChannelEnds, channelsIn } from './channel-ends.ts';
import type { CoreMeanings, Meaning } from './core-meanings.ts';
import {
  type CallSubject,
  handlesIn,
  type ResourceLabel,
  ResourceLabels,
} from './resource-labels.ts';
import { formatWitValue, type ValueTextOptions } from './value-text.ts';

/** Sees the handles that a guest gets and gives away. */
export interface HandleWatch {
  /** @param by number of the call, or entry, that gave it */
  opened(handle: OpenedHandle, by: number, event: number): void;
  closed(component: number, resource: number, handle: number, event: number): void;
  /** A component within gave another one what had this number, and it is not told which of them did. */
  moved(handle: number, event: number): void;
}

export interface OpenedHandle {
  /** Which of the components within holds it; 0 is the outermost. */
  readonly component: number;
  /** Index of the resource in the component's words; streams and futures have the two after the last one. */
  readonly resource: number;
  readonly handle: number;
  /** Name of the resource: `descriptor`; `stream`, `future`. */
  readonly name: string;
  /** With what it stands for: `descriptor#3 "/data/in.txt"`. Safe to print. */
  readonly text: string;
  /** Not escaped. */
  readonly path: string | undefined;
}

export class HandleFlow {
  private readonly meanings: CoreMeanings;
  private readonly watch: HandleWatch | undefined;
  /** By component. */
  private readonly labels = new Map<number, ResourceLabels>();
  private readonly ends = new ChannelEnds();
  private readonly text: Omit<ValueTextOptions, 'label'>;
  private readonly names = new Map<TypeRef, string>();

  constructor(
    meanings: CoreMeanings,
    limits: Pick<ValueTextOptions, 'maxText' | 'maxItems'>,
    watch: HandleWatch | undefined,
  ) {
    this.meanings = meanings;
    this.watch = watch;
    this.text = {
      ...limits,
      resourceName: (resource) => meanings.words.resources[resource]?.name ?? '',
      typeName: (type) => this.typeName(type),
    };
  }

  /** Changes with what handles stand for. */
  get version(): number {
    let version = this.ends.version;
    for (const labels of this.labels.values()) version += labels.version;
    return version;
  }

  /** @param component whose handles are in it */
  format(value: WitValue, component: number): string {
    const channelLabel = (handle: number) =>
      this.meanings.seesChannels ? this.ends.text(component, handle) : undefined;
    const label = (resource: number, handle: number) =>
      this.meanings.tellsTables ? this.labelsOf(component).text(resource, handle) : undefined;
    return formatWitValue(value, { ...this.text, label, channelLabel });
  }

  /** The path that a call is about. */
  pathOfCall({ func, component }: Meaning, args: readonly WitValue[]): string | undefined {
    return this.meanings.tellsTables ? this.labelsOf(component).pathOf(func, args) : undefined;
  }

  /** Of what an end is the end, where that is a file. */
  pathOf(component: number, handle: number): string | undefined {
    const label = this.ends.get(component, handle);
    return label?.kind === 'path' ? label.path : undefined;
  }

  /** A function was given its arguments. */
  passed({ func, component }: Meaning, args: readonly WitValue[], event: number): CallSubject {
    const labels = this.labelsOf(component);
    const subject = labels.about(func, args);
    const label = labels.ofChannels(func, subject);
    labels.passed(args);
    for (const [i, value] of args.entries()) {
      const what = `${func.name} ${func.params[i]?.name ?? ''}`;
      this.gave(value, component, event, what, label);
    }
    return subject;
  }

  /** It has returned. @param by its number */
  returned(
    { func, component }: Meaning,
    args: readonly WitValue[],
    subject: CallSubject,
    value: WitValue | undefined,
    by: number,
    event: number,
  ): void {
    const labels = this.labelsOf(component);
    const label = labels.ofChannels(func, subject);
    labels.apply(func, args, value, subject);
    if (value !== undefined) this.got(value, component, by, event, func.name, label);
  }

  /**
   * The guest is given a value.
   * @param by number of the call, or entry, that gives it
   * @param what gives it, for ends of which nothing else is known
   */
  got(
    value: WitValue,
    component: number,
    by: number,
    event: number,
    what: string,
    label: ResourceLabel = { kind: 'name', name: what },
  ): void {
    for (const end of channelsIn(value)) {
      this.ends.got(component, end.handle, label);
      this.opened(end, component, by, event);
    }
    if (this.watch === undefined) return;
    for (const one of handlesIn(value)) {
      if (!one.own) continue;
      const { resource, handle } = one;
      const known = this.labelsOf(component).get(resource, handle);
      const path = known?.kind === 'path' ? known.path : undefined;
      const name = this.text.resourceName(resource);
      const text = this.format(one, component);
      this.watch.opened({ component, resource, handle, name, path, text }, by, event);
    }
  }

  /** The guest gives a value away. */
  gave(
    value: WitValue,
    component: number,
    event: number,
    what: string,
    label: ResourceLabel = { kind: 'name', name: what },
  ): void {
    for (const end of channelsIn(value)) {
      const other = this.ends.gave(component, end.handle, label);
      this.closed(end, component, event);
      // what it is the end of is known now
      if (other !== undefined) this.opened({ ...end, handle: other }, component, event, event);
    }
    for (const { own, resource, handle } of handlesIn(value)) {
      if (own) this.watch?.closed(component, resource, handle, event);
    }
  }

  /** `stream.new`, `future.new`. */
  made(readable: ChannelEnd, writable: ChannelEnd, component: number, event: number): void {
    this.ends.made(component, readable.handle, writable.handle);
    for (const end of [readable, writable]) this.opened(end, component, event, event);
  }

  dropped(end: ChannelEnd, component: number, event: number): void {
    this.ends.dropped(component, end.handle);
    this.closed(end, component, event);
  }

  /**
   * One component within gave another a handle: which of them is not told, nor whose numbers these are. So nothing
   * is known any more of what has them.
   * @param given number that is the giver's no more
   * @param got number that it has now
   */
  moved(given: number | undefined, got: number, event: number): void {
    if (given !== undefined) this.watch?.moved(given, event);
    for (const number of given === undefined ? [got] : [given, got]) {
      for (const labels of this.labels.values()) labels.forget(number);
      this.ends.moved(number);
    }
  }

  private labelsOf(component: number): ResourceLabels {
    const known = this.labels.get(component) ?? new ResourceLabels();
    this.labels.set(component, known);
    return known;
  }

  private opened(end: ChannelEnd, component: number, by: number, event: number): void {
    if (this.watch === undefined) return;
    const { channel, handle } = end;
    const path = this.pathOf(component, handle);
    const text = this.format(end, component);
    const resource = this.tableOf(channel);
    this.watch.opened({ component, resource, handle, name: channel, path, text }, by, event);
  }

  private closed({ channel, handle }: ChannelEnd, component: number, event: number): void {
    this.watch?.closed(component, this.tableOf(channel), handle, event);
  }

  /** Ends come after all resources. */
  private tableOf(channel: ChannelEnd['channel']): number {
    return this.meanings.words.resources.length + (channel === 'stream' ? 0 : 1);
  }

  private typeName(type: TypeRef): string {
    const known = this.names.get(type);
    if (known !== undefined) return known;
    const name = typeName(type, this.meanings.words);
    this.names.set(type, name);
    return name;
  }
}
