/**
 * Which descriptors were open, and how they stood, after any call of a run. Fed with the calls in their
 * order; keeps what changed and when, so that a million reads of one file are a million numbers.
 */
import type { CallEvent } from '../../traces/events.ts';
import { effectOf } from '../../wasi/call-memory.ts';
import {
  type DescriptorRights,
  type DescriptorState,
  DescriptorStates,
  type FileOffset,
} from '../../wasi/descriptor-state.ts';
import { type Descriptor, DescriptorTable } from '../../wasi/descriptors.ts';
import { shapeOf } from '../../wasi/fields.ts';
import { fdArg, u32At } from '../../wasi/scalars.ts';

/** A descriptor that is open, and how it stands. */
export interface OpenFile extends Descriptor, DescriptorState {}

export class DescriptorHistory {
  /** The descriptors after the calls learnt so far. */
  readonly table = new DescriptorTable();
  private readonly states = new DescriptorStates();
  private readonly byNumber = new Map<number, Past>();

  constructor() {
    for (const { fd } of this.table.entries()) this.note(-1, fd);
  }

  learn(call: CallEvent): void {
    const { number } = call;
    this.table.apply(call, number);
    const moved = this.states.apply(call);
    for (const fd of named(call)) this.note(number, fd);
    for (const fd of moved) this.note(number, fd);
  }

  /**
   * The open descriptors after event `at`, by number.
   * @param at event number, before that of any call not learnt yet
   */
  at(at: number): readonly OpenFile[] {
    const open: OpenFile[] = [];
    for (const past of this.byNumber.values()) {
      const descriptor = past.descriptor.at(at);
      const access = past.access.at(at);
      const offset = past.offset.at(at);
      if (descriptor === undefined || access === undefined || offset === undefined) continue;
      open.push({ ...descriptor, offset, ...access });
    }
    return open.sort((left, right) => left.fd - right.fd);
  }

  /** Keeps how a descriptor stands after an event, as far as that is new. */
  private note(event: number, fd: number): void {
    const descriptor = this.table.get(fd);
    let past = this.byNumber.get(fd);
    if (past === undefined) {
      if (descriptor === undefined) return;
      past = { descriptor: new Changes(), offset: new Changes(), access: new Changes() };
      this.byNumber.set(fd, past);
    }
    past.descriptor.add(event, descriptor);
    if (descriptor === undefined) return;
    const { offset, rights, flags } = this.states.get(fd);
    past.offset.add(event, offset);
    const { last } = past.access;
    const isSame = last !== undefined && last.rights === rights && last.flags === flags;
    if (!isSame) past.access.add(event, { rights, flags });
  }
}

interface Access {
  readonly rights: DescriptorRights | undefined;
  readonly flags: number | undefined;
}

interface Past {
  readonly descriptor: Changes<Descriptor | undefined>;
  readonly offset: Changes<FileOffset>;
  readonly access: Changes<Access>;
}

/** The descriptors that a call may have opened, closed or shown to be something else. */
function named(call: CallEvent): readonly number[] {
  const index = shapeOf(call.name)?.fd;
  if (index === undefined) return [];
  const fd = fdArg(call.args[index]);
  if (call.name === 'fd_renumber') return [fd, fdArg(call.args[1])];
  const result = OPENED.get(call.name);
  const opened = result === undefined ? undefined : effectOf(call, result);
  return opened === undefined || opened.length < 4 ? [fd] : [fd, u32At(opened, 0) | 0];
}

/** The parameters through which a new descriptor is returned. */
const OPENED: ReadonlyMap<string, number> = new Map([
  ['path_open', 8],
  ['sock_accept', 2],
]);

/** A value that changes at events. */
class Changes<Value> {
  private readonly events: number[] = [];
  private readonly values: Value[] = [];

  get last(): Value | undefined {
    return this.values.at(-1);
  }

  /** Nothing new is not kept. */
  add(event: number, value: Value): void {
    if (this.values.length > 0 && this.last === value) return;
    this.events.push(event);
    this.values.push(value);
  }

  /** After event `at`; undefined before the first change. */
  at(at: number): Value | undefined {
    const { events } = this;
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((events[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return this.values[low - 1];
  }
}
