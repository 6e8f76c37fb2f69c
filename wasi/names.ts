/**
 * The names that WASI Preview 1 gives to its numbers: enumerations by value, flag sets by bit.
 * Source: typenames.witx of WebAssembly/WASI, legacy/preview1; names as there, order is the encoding.
 */

/** Name and what strace would say; the index is the errno. Where POSIX reserves a name, its meaning. */
const ERRNO: readonly (readonly [name: string, description: string])[] = [
  ['success', 'Success'],
  ['2big', 'Argument list too long'],
  ['acces', 'Permission denied'],
  ['addrinuse', 'Address in use'],
  ['addrnotavail', 'Address not available'],
  ['afnosupport', 'Address family not supported'],
  ['again', 'Resource unavailable, or operation would block'],
  ['already', 'Connection already in progress'],
  ['badf', 'Bad file descriptor'],
  ['badmsg', 'Bad message'],
  ['busy', 'Device or resource busy'],
  ['canceled', 'Operation canceled'],
  ['child', 'No child processes'],
  ['connaborted', 'Connection aborted'],
  ['connrefused', 'Connection refused'],
  ['connreset', 'Connection reset'],
  ['deadlk', 'Resource deadlock would occur'],
  ['destaddrreq', 'Destination address required'],
  ['dom', 'Mathematics argument out of domain of function'],
  ['dquot', 'Disk quota exceeded'],
  ['exist', 'File exists'],
  ['fault', 'Bad address'],
  ['fbig', 'File too large'],
  ['hostunreach', 'Host is unreachable'],
  ['idrm', 'Identifier removed'],
  ['ilseq', 'Illegal byte sequence'],
  ['inprogress', 'Operation in progress'],
  ['intr', 'Interrupted function'],
  ['inval', 'Invalid argument'],
  ['io', 'I/O error'],
  ['isconn', 'Socket is connected'],
  ['isdir', 'Is a directory'],
  ['loop', 'Too many levels of symbolic links'],
  ['mfile', 'File descriptor value too large'],
  ['mlink', 'Too many links'],
  ['msgsize', 'Message too large'],
  ['multihop', 'Multihop attempted'],
  ['nametoolong', 'Filename too long'],
  ['netdown', 'Network is down'],
  ['netreset', 'Connection aborted by network'],
  ['netunreach', 'Network unreachable'],
  ['nfile', 'Too many files open in system'],
  ['nobufs', 'No buffer space available'],
  ['nodev', 'No such device'],
  ['noent', 'No such file or directory'],
  ['noexec', 'Executable file format error'],
  ['nolck', 'No locks available'],
  ['nolink', 'Link has been severed'],
  ['nomem', 'Not enough space'],
  ['nomsg', 'No message of the desired type'],
  ['noprotoopt', 'Protocol not available'],
  ['nospc', 'No space left on device'],
  ['nosys', 'Function not supported'],
  ['notconn', 'The socket is not connected'],
  ['notdir', 'Not a directory or a symbolic link to a directory'],
  ['notempty', 'Directory not empty'],
  ['notrecoverable', 'State not recoverable'],
  ['notsock', 'Not a socket'],
  ['notsup', 'Not supported, or operation not supported on socket'],
  ['notty', 'Inappropriate I/O control operation'],
  ['nxio', 'No such device or address'],
  ['overflow', 'Value too large to be stored in data type'],
  ['ownerdead', 'Previous owner died'],
  ['perm', 'Operation not permitted'],
  ['pipe', 'Broken pipe'],
  ['proto', 'Protocol error'],
  ['protonosupport', 'Protocol not supported'],
  ['prototype', 'Protocol wrong type for socket'],
  ['range', 'Result too large'],
  ['rofs', 'Read-only file system'],
  ['spipe', 'Invalid seek'],
  ['srch', 'No such process'],
  ['stale', 'Stale file handle'],
  ['timedout', 'Connection timed out'],
  ['txtbsy', 'Text file busy'],
  ['xdev', 'Cross-device link'],
  ['notcapable', 'Capabilities insufficient'],
];

/** Enumerations: the index of a name is its value. */
export const ENUMS = {
  errno: ERRNO.map(([name]) => name),
  clockid: ['realtime', 'monotonic', 'process_cputime_id', 'thread_cputime_id'],
  whence: ['set', 'cur', 'end'],
  filetype: [
    'unknown',
    'block_device',
    'character_device',
    'directory',
    'regular_file',
    'socket_dgram',
    'socket_stream',
    'symbolic_link',
  ],
  advice: ['normal', 'sequential', 'random', 'willneed', 'dontneed', 'noreuse'],
  eventtype: ['clock', 'fd_read', 'fd_write'],
  preopentype: ['dir'],
  signal: (
    'none hup int quit ill trap abrt bus fpe kill usr1 segv usr2 pipe alrm term chld cont stop ' +
    'tstp ttin ttou urg xcpu xfsz vtalrm prof winch poll pwr sys'
  ).split(' '),
} as const satisfies Record<string, readonly string[]>;

export type EnumType = keyof typeof ENUMS;

/** Flag sets: the index of a name is its bit. */
export const FLAGS = {
  fdflags: ['append', 'dsync', 'nonblock', 'rsync', 'sync'],
  oflags: ['creat', 'directory', 'excl', 'trunc'],
  lookupflags: ['symlink_follow'],
  fstflags: ['atim', 'atim_now', 'mtim', 'mtim_now'],
  riflags: ['recv_peek', 'recv_waitall'],
  roflags: ['recv_data_truncated'],
  siflags: [],
  sdflags: ['rd', 'wr'],
  subclockflags: ['subscription_clock_abstime'],
  eventrwflags: ['fd_readwrite_hangup'],
  rights: [
    'fd_datasync',
    'fd_read',
    'fd_seek',
    'fd_fdstat_set_flags',
    'fd_sync',
    'fd_tell',
    'fd_write',
    'fd_advise',
    'fd_allocate',
    'path_create_directory',
    'path_create_file',
    'path_link_source',
    'path_link_target',
    'path_open',
    'fd_readdir',
    'path_readlink',
    'path_rename_source',
    'path_rename_target',
    'path_filestat_get',
    'path_filestat_set_size',
    'path_filestat_set_times',
    'fd_filestat_get',
    'fd_filestat_set_size',
    'fd_filestat_set_times',
    'path_symlink',
    'path_remove_directory',
    'path_unlink_file',
    'poll_fd_readwrite',
    'sock_shutdown',
    'sock_accept',
  ],
} as const satisfies Record<string, readonly string[]>;

export type FlagsType = keyof typeof FLAGS;

/** `noent` for 44; `errno 200` for a number that WASI does not know. */
export function errnoName(errno: number): string {
  return ERRNO[errno]?.[0] ?? `errno ${errno}`;
}

/** `No such file or directory` for 44; undefined for a number that WASI does not know. */
export function errnoDescription(errno: number): string | undefined {
  return ERRNO[errno]?.[1];
}

/** @returns the name of an enumeration's value; undefined where WASI has none */
export function enumName(type: EnumType, value: number): string | undefined {
  return ENUMS[type][value];
}

/**
 * @param value the bits, unsigned
 * @returns the names of the set bits, lowest first, then all unknown bits together in hex (`0x40`)
 */
export function flagNames(type: FlagsType, value: number | bigint): string[] {
  const known: readonly string[] = FLAGS[type];
  const bits = BigInt.asUintN(64, BigInt(value));
  const low = Number(bits & 0xffff_ffffn);
  const names: string[] = [];
  // every set has fewer than 32 known bits, so 32-bit arithmetic does
  for (let bit = 0; bit < known.length; bit++) {
    const name = known[bit];
    if (name !== undefined && (low >>> bit) & 1) names.push(name);
  }
  const unknown = (bits >> BigInt(known.length)) << BigInt(known.length);
  if (unknown !== 0n) names.push(`0x${unknown.toString(16)}`);
  return names;
}
