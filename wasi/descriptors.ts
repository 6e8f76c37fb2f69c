/**
 * Which descriptors are open at a point of a run, and what they stand for: learnt from the recorded
 * calls alone, in order, without replay. `apply` runs once a call in front of the calls index: hot path.
 */
import type { RecordedCall } from './call.ts';
import { effectOf } from './call-memory.ts';
import { joinPath } from './display-path.ts';
import { type CallShape, shapeOf } from './fields.ts';
import { ENUMS, FLAGS } from './names.ts';
import { pathArgument } from './path-argument.ts';
import { fdArg, lengthArg, u32At } from './scalars.ts';
import { decodeText } from './text.ts';

export type DescriptorKind =
  | 'stdin'
  | 'stdout'
  | 'stderr'
  | 'preopen'
  | 'file'
  | 'directory'
  | 'socket'
  /** Used with success, but the trace does not say how it came to be open. */
  | 'unknown';

export interface Descriptor {
  readonly fd: number;
  readonly kind: DescriptorKind;
  /** Guest path for display; of a preopen the name that the host gave it. */
  readonly path?: string;
  /** Number of the call that opened it, as given to `apply`. */
  readonly openedBy?: number;
}

/**
 * The open descriptors after the calls applied so far. A trace may lie: the table holds what it says,
 * at most one entry a call.
 */
export class DescriptorTable {
  readonly #open = new OpenDescriptors([
    [0, { fd: 0, kind: 'stdin' }],
    [1, { fd: 1, kind: 'stdout' }],
    [2, { fd: 2, kind: 'stderr' }],
  ]);

  /** Grows with every change: at the same version, the same call says the same. */
  get version(): number {
    return this.#open.version;
  }

  /** @returns undefined where nothing is open under this number */
  get(fd: number): Descriptor | undefined {
    return this.#open.get(fd);
  }

  /** All open descriptors by number. */
  entries(): Descriptor[] {
    return [...this.#open.values()].sort((left, right) => left.fd - right.fd);
  }

  /**
   * The path that a call names, joined with that of its directory, for display.
   *
   * @param directory descriptor that it is resolved against
   */
  resolve(directory: number, path: string): string {
    return joinPath(this.#open.get(directory)?.path, path);
  }

  /**
   * Learns from a call. Only calls that succeeded change anything.
   *
   * @param callNumber becomes `openedBy` of what it opens
   */
  apply(call: RecordedCall, callNumber?: number): void {
    if (call.result !== 0) return;
    const shape = shapeOf(call.name);
    if (shape?.fd === undefined) return;
    const fd = fdArg(call.args[shape.fd]);
    if (!this.#open.has(fd)) this.#open.set(fd, { fd, kind: 'unknown' });
    const learn = LEARN.get(call.name);
    if (learn !== undefined) learn(this.#open, call, shape, callNumber);
  }
}

/** A map that counts its changes. */
class OpenDescriptors extends Map<number, Descriptor> {
  declare version: number;

  override set(fd: number, descriptor: Descriptor): this {
    // the constructor of Map comes here before any field is there
    this.version = (this.version ?? 0) + 1;
    return super.set(fd, descriptor);
  }

  override delete(fd: number): boolean {
    this.version++;
    return super.delete(fd);
  }
}

type Open = OpenDescriptors;
type Learn = (
  open: Open,
  call: RecordedCall,
  shape: CallShape,
  callNumber: number | undefined,
) => void;

/** The functions that say more of a descriptor than that it is open. */
const LEARN: ReadonlyMap<string, Learn> = new Map<string, Learn>([
  ['fd_prestat_get', learnGiven],
  ['fd_prestat_dir_name', learnPreopenName],
  ['fd_fdstat_get', (open, call) => learnFiletype(open, call, 0)],
  ['fd_filestat_get', (open, call) => learnFiletype(open, call, 16)],
  ['fd_readdir', (open, call) => learnKind(open, call, 'directory')],
  ['fd_close', (open, call) => void open.delete(fdArg(call.args[0]))],
  ['fd_renumber', learnRenumber],
  ['path_open', learnOpen],
  ['sock_accept', learnAccepted],
]);

function refine(open: Open, call: RecordedCall, change: Partial<Descriptor>): void {
  const known = open.get(fdArg(call.args[0]));
  if (known === undefined) return;
  const { kind = known.kind, path = known.path } = change;
  if (kind === known.kind && path === known.path) return;
  open.set(known.fd, { ...known, ...change });
}

const GIVEN_DIRECTORY = ENUMS.preopentype.indexOf('dir');

/** Of what the guest was given, only directories have a type of their own; the rest are sockets. */
function learnGiven(open: Open, call: RecordedCall): void {
  const type = effectOf(call, 1)?.[0] ?? GIVEN_DIRECTORY;
  refine(open, call, { kind: type === GIVEN_DIRECTORY ? 'preopen' : 'socket' });
}

function learnPreopenName(open: Open, call: RecordedCall): void {
  const name = effectOf(call, 1);
  const isSocket = open.get(fdArg(call.args[0]))?.kind === 'socket';
  if (name === undefined || isSocket) return;
  // the guest passes the size of its buffer, and some hosts count a terminator
  const terminator = name.indexOf(0);
  const path = decodeText(terminator < 0 ? name : name.subarray(0, terminator));
  refine(open, call, { kind: 'preopen', path });
}

function learnRenumber(open: Open, call: RecordedCall): void {
  const from = fdArg(call.args[0]);
  const to = fdArg(call.args[1]);
  const moved = open.get(from);
  if (moved === undefined || from === to) return;
  open.delete(from);
  open.set(to, { ...moved, fd: to });
}

function learnAccepted(
  open: Open,
  call: RecordedCall,
  _shape: CallShape,
  callNumber: number | undefined,
): void {
  learnKind(open, call, 'socket');
  add(open, call, 2, { kind: 'socket' }, callNumber);
}

/** Index of path_open's oflags. */
const OFLAGS = 4;
const DIRECTORY_FLAG = 1 << FLAGS.oflags.indexOf('directory');

function learnOpen(
  open: Open,
  call: RecordedCall,
  shape: CallShape,
  callNumber: number | undefined,
): void {
  const named = pathArgument(call, shape);
  // without the flag it may be a directory all the same; later calls tell
  const kind = lengthArg(call.args[OFLAGS]) & DIRECTORY_FLAG ? 'directory' : 'file';
  const path = named && joinPath(open.get(named.directory)?.path, named.path);
  add(open, call, 8, path === undefined ? { kind } : { kind, path }, callNumber);
}

/** @param result index of the parameter through which the host returned the new descriptor */
function add(
  open: Open,
  call: RecordedCall,
  result: number,
  what: Pick<Descriptor, 'kind' | 'path'>,
  callNumber: number | undefined,
): void {
  const bytes = effectOf(call, result);
  if (bytes === undefined || bytes.length < 4) return;
  const fd = u32At(bytes, 0) | 0;
  open.set(fd, callNumber === undefined ? { fd, ...what } : { fd, ...what, openedBy: callNumber });
}

const KIND_OF_FILETYPE: ReadonlyMap<string, DescriptorKind> = new Map([
  ['directory', 'directory'],
  ['regular_file', 'file'],
  ['socket_dgram', 'socket'],
  ['socket_stream', 'socket'],
]);

/** @param offset of the filetype in the structure that the host wrote */
function learnFiletype(open: Open, call: RecordedCall, offset: number): void {
  const filetype = effectOf(call, 1)?.[offset];
  const name = filetype === undefined ? undefined : ENUMS.filetype[filetype];
  const kind = name === undefined ? undefined : KIND_OF_FILETYPE.get(name);
  if (kind !== undefined) learnKind(open, call, kind);
}

/** Sharpens a guess; what is a standard stream or a preopen stays one, whatever is behind it. */
function learnKind(open: Open, call: RecordedCall, kind: DescriptorKind): void {
  const known = open.get(fdArg(call.args[0]))?.kind;
  if (known === 'file' || known === 'unknown') refine(open, call, { kind });
}
