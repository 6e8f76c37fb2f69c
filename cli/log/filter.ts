/** Which calls of a log are wanted. Runs once for every event of a trace: cheap tests come first. */
import {
  type CallEvent,
  callPath,
  type DescriptorTable,
  decodeCall,
  errnoName,
  type LogEvent,
  type LoggedFunction,
  type OpenEvent,
  WasiRrError,
} from '../../index.ts';

/** What a user asks for; nothing asks for all events. */
export interface CallWishes {
  /** Function names, separated by commas. */
  readonly call?: string;
  /** An errno by name (`noent`, `ENOENT`) or `any`. */
  readonly errno?: string;
  readonly fd?: number;
  /** Part of a path. */
  readonly path?: string;
}

/** Errnos of WASI Preview 1 are below this. */
const ERRNO_LIMIT = 256;

export class CallFilter {
  /** Whether anything is asked for. Then events that are no calls are left out. */
  readonly active: boolean;
  /** What makes an empty answer likely. */
  readonly warning: string | undefined;
  private readonly names: ReadonlySet<string> | undefined;
  private readonly errno: number | 'any' | undefined;
  private readonly fd: number | undefined;
  private readonly path: string | undefined;

  /**
   * @param functions those of the trace
   * @throws WasiRrError OPTION_INVALID for an errno that WASI does not have
   */
  constructor(wishes: CallWishes, functions: Iterable<LoggedFunction>) {
    const { call, errno, fd, path } = wishes;
    this.names = call === undefined ? undefined : new Set(call.split(',').filter(Boolean));
    this.errno = errno === undefined ? undefined : parseErrno(errno);
    this.fd = fd;
    this.path = path;
    this.active = [call, errno, fd, path].some((wish) => wish !== undefined);
    this.warning = this.names && unknownNames(this.names, functions);
  }

  /** @param table the descriptors before the event */
  takes(event: LogEvent, table: DescriptorTable): boolean {
    if (!this.active) return true;
    if (event.kind !== 'call' && event.kind !== 'open') return false;
    if (this.names !== undefined && !this.names.has(event.name)) return false;
    if (this.errno === 'any' && !event.result) return false;
    if (typeof this.errno === 'number' && event.result !== this.errno) return false;
    if (this.fd !== undefined && !concerns(event, this.fd)) return false;
    return this.path === undefined || callPath(event, table)?.includes(this.path) === true;
  }
}

/** Whether a descriptor is among the arguments or results. */
function concerns(event: CallEvent | OpenEvent, fd: number): boolean {
  const { args, result } = decodeCall(event, { maxBytes: 0 });
  return [...args, ...result].some(({ type, value }) => type === 'fd' && value === fd);
}

function parseErrno(text: string): number | 'any' {
  const name = text.toLowerCase();
  if (name === 'any') return name;
  const find = (wanted: string) => {
    for (let errno = 0; errno < ERRNO_LIMIT; errno++) if (errnoName(errno) === wanted) return errno;
    return undefined;
  };
  // exist is one, and EEXIST is meant to be the same
  const found = find(name) ?? (name.startsWith('e') ? find(name.slice(1)) : undefined);
  if (found !== undefined) return found;
  throw new WasiRrError(
    'OPTION_INVALID',
    `--errno ${text}: WASI has no such errno. They are called noent, badf, acces, notdir…; "any" is any but success.`,
  );
}

function unknownNames(
  wanted: ReadonlySet<string>,
  functions: Iterable<LoggedFunction>,
): string | undefined {
  const imported = [...functions]
    .filter(({ direction }) => direction === 'import')
    .map(({ name }) => name);
  const unknown = [...wanted].filter((name) => !imported.includes(name));
  if (unknown.length === 0) return undefined;
  return `the program does not import ${unknown.join(', ')}. It imports ${imported.sort().join(', ') || 'nothing'}`;
}
