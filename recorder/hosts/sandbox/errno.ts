/** How a call of the sandbox fails, and what an error of node:fs is in WASI. */
import { systemCode } from '../../../errors.ts';
import { ENUMS } from '../../../wasi/names.ts';

const name = ENUMS.errno;

function numberOf(errno: string): number {
  return name.indexOf(errno);
}

/** The errnos that the sandbox gives of its own accord; all others come from the system. */
export const ERRNO = {
  again: numberOf('again'),
  badf: numberOf('badf'),
  exist: numberOf('exist'),
  fault: numberOf('fault'),
  fbig: numberOf('fbig'),
  inval: numberOf('inval'),
  io: numberOf('io'),
  isdir: numberOf('isdir'),
  loop: numberOf('loop'),
  mfile: numberOf('mfile'),
  nametoolong: numberOf('nametoolong'),
  noent: numberOf('noent'),
  nosys: numberOf('nosys'),
  notcapable: numberOf('notcapable'),
  notconn: numberOf('notconn'),
  notdir: numberOf('notdir'),
  notsock: numberOf('notsock'),
  notsup: numberOf('notsup'),
  overflow: numberOf('overflow'),
  perm: numberOf('perm'),
  pipe: numberOf('pipe'),
  spipe: numberOf('spipe'),
} as const;

/**
 * Thrown to end a call with an errno. No Error: a program may probe for files by the million, and a
 * stack trace of the guest's frames costs more than the call.
 */
export class Refusal {
  readonly errno: number;

  constructor(errno: number) {
    this.errno = errno;
  }
}

const REFUSALS = name.map((_, errno) => new Refusal(errno));

/** @throws Refusal always */
export function refuse(errno: number): never {
  throw REFUSALS[errno] ?? new Refusal(errno);
}

/** By the `code` of a system error. POSIX has two names for some, Node and libuv a few of their own. */
const BY_CODE: ReadonlyMap<string, number> = new Map([
  ...name.map((one, errno) => [`E${one.toUpperCase()}`, errno] as const),
  ['EOPNOTSUPP', numberOf('notsup')],
  ['EWOULDBLOCK', numberOf('again')],
  ['ECHARSET', numberOf('ilseq')],
  ['EUNATCH', numberOf('io')],
  ['EREMOTEIO', numberOf('io')],
  ['UNKNOWN', numberOf('io')],
  ['ERR_FS_FILE_TOO_LARGE', numberOf('fbig')],
  ['ERR_OUT_OF_RANGE', numberOf('overflow')],
]);

/**
 * The errno that ends a call.
 * @throws what was thrown where it is neither a refusal nor a system error: a defect, or the stack's end
 */
export function errnoOf(thrown: unknown): number {
  if (thrown instanceof Refusal) return thrown.errno;
  const errno = BY_CODE.get(systemCode(thrown) ?? '');
  if (errno === undefined) throw thrown;
  return errno;
}

/** @param code of a system error, `ECONNRESET` */
export function errnoOfCode(code: string): number {
  return BY_CODE.get(code) ?? ERRNO.io;
}

/** Whether a system call failed in this way. @param code `ENOENT` */
export function failedWith(thrown: unknown, code: string): boolean {
  return systemCode(thrown) === code;
}
