/** The interfaces of WASI 0.2 that preview2-shim answers, as jco's generated programs name them. */

/** Interface → what it has, by the names of the generated program. */
export type Interfaces = Record<string, Record<string, unknown>>;

const INTERFACES: ReadonlySet<string> = new Set(
  Object.entries({
    cli: [
      'environment',
      'exit',
      'stderr',
      'stdin',
      'stdout',
      'terminal-input',
      'terminal-output',
      'terminal-stderr',
      'terminal-stdin',
      'terminal-stdout',
    ],
    clocks: ['monotonic-clock', 'wall-clock'],
    filesystem: ['preopens', 'types'],
    http: ['types', 'outgoing-handler'],
    io: ['error', 'poll', 'streams'],
    random: ['insecure', 'insecure-seed', 'random'],
    sockets: [
      'instance-network',
      'ip-name-lookup',
      'network',
      'tcp',
      'tcp-create-socket',
      'udp',
      'udp-create-socket',
    ],
  }).flatMap(([name, interfaces]) => interfaces.map((one) => `wasi:${name}/${one}`)),
);

/** @param name with or without its version */
export function isProvided(name: string): boolean {
  const [bare = name, version = '0.2.0'] = name.split('@');
  return INTERFACES.has(bare) && version.startsWith('0.2.');
}
