/**
 * How the open descriptors stand: file offset, rights and flags, learnt from the recorded calls alone, in
 * order, without replay. What the calls do not tell is unknown, never guessed. It follows what this
 * program did: that another process moved the offset of an inherited file shows with the next
 * fd_tell or fd_seek.
 */
import type { RecordedCall } from './call.ts';
import { callBytes } from './call-columns.ts';
import { effectOf } from './call-memory.ts';
import { ENUMS, FLAGS } from './names.ts';
import { fdArg, lengthArg, u32At, u64At } from './scalars.ts';

/**
 * Bytes from the beginning of the file; a bigint only where a number would not be exact. `none`: it is
 * a stream, a directory or a socket. `unknown`: the trace does not tell.
 */
export type FileOffset = number | bigint | 'none' | 'unknown';

export interface DescriptorRights {
  /** Bits of `rights`. */
  readonly base: bigint;
  readonly inheriting: bigint;
  /**
   * Whether the host said so (fd_fdstat_get), or took them as they are (fd_fdstat_set_rights). Else they
   * are what path_open asked for, of which a host leaves out what does not suit the file.
   */
  readonly confirmed: boolean;
}

export interface DescriptorState {
  readonly offset: FileOffset;
  /** Undefined where the trace does not tell. */
  readonly rights: DescriptorRights | undefined;
  /** Bits of `fdflags`; undefined where the trace does not tell. */
  readonly flags: number | undefined;
}

const UNKNOWN: DescriptorState = { offset: 'unknown', rights: undefined, flags: undefined };
const SOCKET: DescriptorState = { ...UNKNOWN, offset: 'none' };

const APPEND = 1 << FLAGS.fdflags.indexOf('append');
const DIRECTORY_FLAG = 1 << FLAGS.oflags.indexOf('directory');
const EIO = ENUMS.errno.indexOf('io');
const ESPIPE = ENUMS.errno.indexOf('spipe');

/** File types that have no offset. */
const WITHOUT_OFFSET: ReadonlySet<string> = new Set([
  'character_device',
  'directory',
  'socket_dgram',
  'socket_stream',
]);

/** A trace may lie: the table holds what it says, at most one entry a call. */
export class DescriptorStates {
  readonly #states = new Map<number, DescriptorState>();
  /** Standard input, output and error may be one open file with one offset, however they are numbered. */
  readonly #inherited = new Set([0, 1, 2]);

  /** Of a descriptor that is open; {@link UNKNOWN} for one of which nothing was learnt. */
  get(fd: number): DescriptorState {
    return this.#states.get(fd) ?? UNKNOWN;
  }

  /**
   * Learns from a call that returned.
   * @returns the descriptors of which something has changed; those that were closed are not among them
   */
  apply(call: RecordedCall): readonly number[] {
    const learn = LEARN.get(call.name);
    if (learn === undefined) return NONE;
    const fd = fdArg(call.args[0]);
    const next = learn(call, this.get(fd));
    switch (call.name) {
      case 'fd_close':
        if (call.result === 0) this.#forget(fd);
        return NONE;
      case 'fd_renumber':
        return call.result === 0 ? this.#renumber(fd, fdArg(call.args[1])) : NONE;
      case 'path_open':
      case 'sock_accept':
        return next === undefined ? NONE : this.#opened(call, next);
    }
    const changed = next === undefined ? [] : this.#changed(fd, next);
    if (this.#inherited.has(fd) && moves(call)) changed.push(...this.#movedWith(fd));
    return changed;
  }

  #opened(call: RecordedCall, state: DescriptorState): readonly number[] {
    const bytes = effectOf(call, call.name === 'path_open' ? 8 : 2);
    if (bytes === undefined || bytes.length < 4) return NONE;
    const fd = u32At(bytes, 0) | 0;
    this.#inherited.delete(fd);
    this.#states.set(fd, state);
    return [fd];
  }

  #renumber(from: number, to: number): readonly number[] {
    if (from === to) return NONE;
    const state = this.get(from);
    const inherited = this.#inherited.has(from);
    this.#forget(from);
    this.#forget(to);
    this.#states.set(to, state);
    if (inherited) this.#inherited.add(to);
    return [to];
  }

  #forget(fd: number): void {
    this.#states.delete(fd);
    this.#inherited.delete(fd);
  }

  #changed(fd: number, next: DescriptorState): number[] {
    const { offset, rights, flags } = this.get(fd);
    if (next.offset === offset && next.rights === rights && next.flags === flags) return [];
    this.#states.set(fd, next);
    return [fd];
  }

  /** What one inherited descriptor moves may be the offset of the others. */
  #movedWith(fd: number): number[] {
    if (this.get(fd).offset === 'none') return [];
    return [...this.#inherited].filter((other) => {
      const state = this.get(other);
      if (other === fd || typeof state.offset === 'string') return false;
      this.#states.set(other, { ...state, offset: 'unknown' });
      return true;
    });
  }
}

const NONE: readonly number[] = [];

/** Whether the call may have moved the offset of its descriptor. */
function moves(call: RecordedCall): boolean {
  if (call.result !== 0) return call.result === EIO;
  if (call.name === 'fd_seek') return true;
  return (call.name === 'fd_read' || call.name === 'fd_write') && callBytes(call) !== 0;
}

/** @returns how the descriptor stands after the call; undefined where the call says nothing of it */
type Learn = (call: RecordedCall, state: DescriptorState) => DescriptorState | undefined;

const onSuccess =
  (learn: Learn): Learn =>
  (call, state) =>
    call.result === 0 ? learn(call, state) : undefined;

/** The functions that move an offset, change rights or flags, or tell of them; no other does. */
const LEARN: ReadonlyMap<string, Learn> = new Map<string, Learn>([
  ['fd_read', (call, state) => moved(call, state, false)],
  ['fd_write', (call, state) => moved(call, state, true)],
  ['fd_seek', (call, state) => told(call, state, 3)],
  ['fd_tell', (call, state) => told(call, state, 1)],
  ['fd_fdstat_get', onSuccess(learnFdstat)],
  ['fd_filestat_get', onSuccess((call, state) => ofType(effectOf(call, 1)?.[16], state))],
  ['fd_fdstat_set_flags', onSuccess((call, state) => ({ ...state, flags: flagsArg(call, 1) }))],
  ['fd_fdstat_set_rights', onSuccess((call, state) => ({ ...state, rights: rightsArgs(call, 1) }))],
  ['fd_readdir', onSuccess((_, state) => ({ ...state, offset: 'none' }))],
  ['fd_prestat_get', onSuccess((_, state) => ({ ...state, offset: 'none' }))],
  ['path_open', onSuccess(openedState)],
  ['sock_accept', onSuccess(() => SOCKET)],
  ['fd_close', () => undefined],
  ['fd_renumber', () => undefined],
]);

function moved(
  call: RecordedCall,
  state: DescriptorState,
  writes: boolean,
): DescriptorState | undefined {
  const { offset, flags } = state;
  if (typeof offset === 'string') return undefined;
  // where it stands after an I/O error is not specified
  if (call.result === EIO) return { ...state, offset: 'unknown' };
  if (call.result !== 0) return undefined;
  const count = callBytes(call);
  if (count === 0) return undefined;
  // appending goes on from the end of the file, wherever that is
  const appends = writes && (flags === undefined || (flags & APPEND) !== 0);
  if (count === undefined || appends) return { ...state, offset: 'unknown' };
  return { ...state, offset: exact(BigInt(offset) + BigInt(count)) };
}

function told(
  call: RecordedCall,
  state: DescriptorState,
  result: number,
): DescriptorState | undefined {
  if (call.result === ESPIPE) return { ...state, offset: 'none' };
  if (call.result !== 0) return undefined;
  const bytes = effectOf(call, result);
  if (bytes === undefined || bytes.length < 8) return { ...state, offset: 'unknown' };
  return { ...state, offset: exact(BigInt(u64At(bytes, 0))) };
}

function learnFdstat(call: RecordedCall, state: DescriptorState): DescriptorState | undefined {
  const stat = effectOf(call, 1);
  if (stat === undefined || stat.length < 24) return undefined;
  const flags = u32At(stat, 2) & 0xffff;
  const base = BigInt(u64At(stat, 8));
  const inheriting = BigInt(u64At(stat, 16));
  const { rights: known } = state;
  const isSame = known?.confirmed && known.base === base && known.inheriting === inheriting;
  const rights = isSame ? known : { base, inheriting, confirmed: true };
  return { ...(ofType(stat[0], state) ?? state), flags, rights };
}

function ofType(filetype: number | undefined, state: DescriptorState): DescriptorState | undefined {
  const name = filetype === undefined ? undefined : ENUMS.filetype[filetype];
  // of a device that can be told an offset, the offset stays
  if (name === undefined || !WITHOUT_OFFSET.has(name) || state.offset === 'none') return undefined;
  return { ...state, offset: 'none' };
}

function openedState(call: RecordedCall): DescriptorState {
  const isDirectory = (lengthArg(call.args[4]) & DIRECTORY_FLAG) !== 0;
  return {
    offset: isDirectory ? 'none' : 0,
    rights: { ...rightsArgs(call, 5), confirmed: false },
    flags: flagsArg(call, 7),
  };
}

function flagsArg(call: RecordedCall, index: number): number {
  return lengthArg(call.args[index]) & 0xffff;
}

/** @param index of the base rights; the inheriting ones follow */
function rightsArgs(call: RecordedCall, index: number): DescriptorRights {
  const bits = (at: number) => BigInt.asUintN(64, BigInt(call.args[at] ?? 0));
  return { base: bits(index), inheriting: bits(index + 1), confirmed: true };
}

function exact(offset: bigint): number | bigint {
  return offset <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(offset) : offset;
}
