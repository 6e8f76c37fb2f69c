/**
 * Lets `node:process` and `node:util` be imported without opening stdin, stdout and stderr. Node makes the
 * exports of a built-in module by reading all properties of it, and these read the three streams, which
 * opens them and makes pipes non-blocking: a guest that is being recorded reads and writes the same
 * pipes, and would get AGAIN. Commander imports both, so this has to be loaded before it.
 */
const NAMES = ['stdin', 'stdout', 'stderr'] as const;

const getters = NAMES.map(
  (name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const,
);
for (const name of NAMES) Object.defineProperty(process, name, { value: null, configurable: true });
await import('node:process');
await import('node:util');
for (const [name, getter] of getters) if (getter) Object.defineProperty(process, name, getter);

export {};
