/** The interfaces of WASI that the shims answer, as jco's generated programs name them. */

/** Interface → what it has, by the names of the generated program. */
export type Interfaces = Record<string, Record<string, unknown>>;

/** What the names of interfaces of WASI 0.3 end in; those of 0.2 have no version. */
export const LATER = '@0.3';

const COMMON = {
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
  filesystem: ['preopens', 'types'],
  random: ['insecure', 'insecure-seed', 'random'],
};

const PROVIDED = {
  '0.2': namesOf({
    ...COMMON,
    clocks: ['monotonic-clock', 'wall-clock'],
    http: ['types', 'outgoing-handler'],
    io: ['error', 'poll', 'streams'],
    sockets: [
      'instance-network',
      'ip-name-lookup',
      'network',
      'tcp',
      'tcp-create-socket',
      'udp',
      'udp-create-socket',
    ],
  }),
  '0.3': namesOf({
    ...COMMON,
    clocks: ['monotonic-clock', 'system-clock'],
    http: ['types', 'client'],
    sockets: ['types', 'ip-name-lookup'],
  }),
};

function namesOf(packages: Readonly<Record<string, readonly string[]>>): ReadonlySet<string> {
  return new Set(
    Object.entries(packages).flatMap(([name, interfaces]) =>
      interfaces.map((one) => `wasi:${name}/${one}`),
    ),
  );
}

/** As the generated program calls an interface: without its version, but for those of WASI 0.3. */
export function programName(name: string): string {
  const [bare = name, version = ''] = name.split('@');
  return version.startsWith('0.3.') && isProvided(name) ? `${bare}${LATER}` : bare;
}

/** @param name with or without its version */
export function isProvided(name: string): boolean {
  const [bare = name, version = '0.2'] = name.split('@');
  const [, of] = /^(0\.[23])(\.|$)/.exec(version) ?? [];
  return of === '0.2' || of === '0.3' ? PROVIDED[of].has(bare) : false;
}
